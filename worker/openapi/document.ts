/**
 * The OpenAPI 3.1 document: what the routes say of themselves, and what is true of all of them.
 *
 * Made when it is first asked for. What the way in (middleware/admit.ts) and the error handler may answer
 * stands here once, so that no route can forget it.
 */
import * as z from "zod";
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathItemObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from "zod-openapi";
import { version } from "../../package.json";
import type { ErrorCode } from "../../shared/errors.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { codesOf, problems } from "./parts.ts";

const METHODS = ["get", "put", "post", "delete", "patch", "head", "options"] as const;

/** What any request may be answered with, beside what its route says. */
const ANY_REQUEST: readonly ErrorCode[] = ["not-configured", "internal"];
const WITH_TOKEN: readonly ErrorCode[] = ["unauthenticated", "overloaded", "deadline-exceeded"];
const WITH_NAMESPACE: readonly ErrorCode[] = ["bad-request", "namespace-not-found"];
const WITH_JSON: readonly ErrorCode[] = ["not-acceptable"];

const REQUEST_ID_HEADER = "Holdfast-Request-Id";

const requestIdSchema = z.string().meta({
  description: "Names this request; quote it when you report a fault.",
  header: { id: "RequestId" },
});

export type Document = ReturnType<typeof createDocument>;

export function describeApi(...groups: readonly ZodOpenApiPathsObject[]): Document {
  const paths: ZodOpenApiPathsObject = {};
  for (const group of groups) {
    for (const [path, item] of Object.entries(group)) {
      paths[path] = { ...paths[path], ...withCommonAnswers(path, item) };
    }
  }
  return createDocument({
    openapi: "3.1.1",
    info: {
      title: "Holdfast",
      version,
      summary: "A consistency service on Cloudflare Workers and Durable Objects.",
      description:
        "Every error is a problem document (RFC 9457) with a stable `code`; see [the list](/docs/errors).",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "This deployment" }],
    security: [{ token: [] }],
    tags: [
      { name: "Keys", description: "Reading and writing keys." },
      { name: "Transactions", description: "Changing and reading keys of many groups at once." },
      { name: "Locks", description: "Mutual exclusion with fencing tokens." },
      { name: "Elections", description: "Locks whose holder says something of itself." },
      { name: "Watch", description: "Changes, as they happen." },
      { name: "Groups", description: "How keys that share a leader stand, and who leads them." },
      { name: "Namespaces", description: "Where keys live." },
      { name: "Tokens", description: "Who may do what in a namespace." },
      { name: "Service", description: "The deployment itself." },
      { name: "Development", description: "Switches that only `HOLDFAST_DEV=1` turns on." },
    ],
    paths,
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "The root token, or a token of the namespace.",
        },
      },
    },
  });
}

function withCommonAnswers(path: string, item: ZodOpenApiPathItemObject): ZodOpenApiPathItemObject {
  const whole: ZodOpenApiPathItemObject = { ...item };
  for (const method of METHODS) {
    const operation = item[method];
    if (operation === undefined) continue;
    whole[method] = {
      ...operation,
      responses: withRequestId(withCommonProblems(path, operation)),
    };
  }
  return whole;
}

function withCommonProblems(
  path: string,
  operation: ZodOpenApiOperationObject,
): ZodOpenApiResponsesObject {
  if (path === "/healthz") return operation.responses;
  const common = [...ANY_REQUEST];
  if (operation.security === undefined) common.push(...WITH_TOKEN);
  if (path.startsWith("/v1/{ns}")) common.push(...WITH_NAMESPACE);
  if (answersJson(operation)) common.push(...WITH_JSON);
  const said = Object.values(operation.responses).flatMap(codesOf);
  return { ...operation.responses, ...problems(...new Set([...said, ...common])) };
}

function answersJson({ responses }: ZodOpenApiOperationObject): boolean {
  const json = (response: unknown) =>
    Object.hasOwn(
      (response as { content?: object } | undefined)?.content ?? {},
      "application/json",
    );
  return Object.values(responses).some(json);
}

function withRequestId(responses: ZodOpenApiResponsesObject): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [
      status,
      { ...response, headers: headersWithRequestId(response.headers) },
    ]),
  );
}

/** Headers are described by a schema, or one by one. */
function headersWithRequestId(headers: ZodOpenApiResponseObject["headers"]) {
  if (headers === undefined) return z.object({ [REQUEST_ID_HEADER]: requestIdSchema });
  if (headers instanceof z.ZodObject)
    return headers.extend({ [REQUEST_ID_HEADER]: requestIdSchema });
  return { ...headers, [REQUEST_ID_HEADER]: { $ref: "#/components/headers/RequestId" } };
}
