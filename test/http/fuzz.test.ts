/**
 * Any request to any described path is answered as described: never a 500, and errors only as problems
 * whose codes the description names.
 *
 * The requests come from the description itself, so that whatever is added to it is tried as well.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ErrorCode, errorDefinition } from "../../shared/errors.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { apiDocument } from "../../worker/app.ts";
import { codesOf } from "../../worker/openapi/parts.ts";
import { bodyOf, jsonLike, type Schema } from "./from-schema.ts";
import { call } from "./service.ts";

const RUNS = 60;
const METHODS = ["get", "put", "post", "delete", "patch", "head"] as const;

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly schema?: Schema;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema?: Schema }> };
  readonly responses: Record<string, unknown>;
}

const description = JSON.parse(JSON.stringify(apiDocument()));
const components: Record<string, Schema> = description.components.schemas;

const operations = Object.entries<Record<string, Operation>>(description.paths).flatMap(
  ([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined
        ? []
        : [{ name: `${method} ${path}`, method, path, operation }];
    }),
);

/** Text that has gone wrong somewhere before: empty, huge, half encoded, from another alphabet. */
const odd = fc.oneof(
  fc.constantFrom(
    "",
    ".",
    "..",
    "*",
    "0",
    "-1",
    "1e999",
    "null",
    "{}",
    "{a}b",
    "__proto__",
    "\u0000",
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({ unit: "grapheme", maxLength: 600 }),
  fc.nat().map(String),
);

const segment = odd.map((text) => encodeURIComponent(text));
const raw = fc.oneof(segment, fc.constantFrom("%", "%2", "%ff", "%c3%28", "a%2Fb", "a/b", "%0A"));

/** What a header may hold: visible ASCII, with anything in its middle. */
const headerValue = fc
  .oneof(odd, fc.constantFrom('"1"', "*", 'W/"1"', "application/json", "text/html", "gzip"))
  .map((text) => text.replace(/[^\x20-\x7e]/g, "?").trim());

const namespace = fc.oneof({ weight: 6, arbitrary: fc.constant("default") }, raw);

function pathOf(path: string): fc.Arbitrary<string> {
  const parts = path.split("/").map((part) => {
    if (part === "{ns}") return namespace;
    return part.startsWith("{") ? raw : fc.constant(part);
  });
  return fc.tuple(...parts).map((texts) => texts.join("/"));
}

function queryOf(parameters: readonly Parameter[]): fc.Arbitrary<string> {
  const names = parameters.filter((parameter) => parameter.in === "query");
  const pair = (parameter: Parameter) =>
    fc
      .oneof(odd, jsonLike(parameter.schema ?? {}, components).map(String))
      .map((text) => `${parameter.name}=${encodeURIComponent(text)}`);
  const known = names.map((parameter) =>
    fc.oneof(fc.constant(""), fc.constant(""), pair(parameter)),
  );
  const unknown = fc.option(fc.constantFrom("nonsense=1", "%=%", "=", "limit", "a=%ff"), {
    nil: "",
  });
  return fc
    .tuple(...known, fc.oneof({ weight: 4, arbitrary: fc.constant("") }, unknown))
    .map((texts) => texts.filter((text) => text !== "").join("&"))
    .map((text) => (text === "" ? "" : `?${text}`));
}

function headersOf(parameters: readonly Parameter[]): fc.Arbitrary<Record<string, string>> {
  const names = parameters.filter((parameter) => parameter.in === "header").map(({ name }) => name);
  // Most requests come without most headers, or few would get past the first.
  const header = (value: fc.Arbitrary<string>) =>
    fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
  const record = Object.fromEntries(
    [...names, "Accept", "Content-Type"].map((name) => [name, header(headerValue)]),
  );
  return fc
    .record(record)
    .map((headers) =>
      Object.fromEntries(
        Object.entries(headers).filter(
          (entry): entry is [string, string] => entry[1] !== undefined,
        ),
      ),
    );
}

describe.each(operations)("$name", ({ method, path, operation }) => {
  const parameters = operation.parameters ?? [];
  const described: ErrorCode[] = Object.values(operation.responses).flatMap(codesOf);
  // What is put into a path may make it another's.
  const elsewhere: ErrorCode[] = [
    "not-found",
    "method-not-allowed",
    "unauthenticated",
    "bad-request",
  ];

  it("is answered as described, whatever is asked", async () => {
    await fc.assert(
      fc.asyncProperty(
        pathOf(path),
        queryOf(parameters),
        headersOf(parameters),
        bodyOf(operation.requestBody?.content, components),
        fc.oneof({ weight: 9, arbitrary: fc.constant("dev") }, headerValue),
        async (target, query, headers, body, token) => {
          const sent = method === "get" || method === "head" ? {} : { body };
          const answer = await call(method.toUpperCase(), target + query, {
            token,
            headers,
            ...sent,
          });
          expect(answer.headers.get("Holdfast-Request-Id")).toBeTruthy();
          if (answer.status < 400 || method === "head") {
            await answer.body?.cancel();
            if (answer.status < 400) expect(operation.responses).toHaveProperty(`${answer.status}`);
            return;
          }
          expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
          const problem = problemSchema.parse(await answer.json());
          expect(problem.code).not.toBe("internal");
          expect([...described, ...elsewhere]).toContain(problem.code);
          expect(answer.status).toBe(errorDefinition(problem.code).status);
          expect(problem.status).toBe(answer.status);
          if (problem.code === "bad-request") expect(problem.errors?.length).not.toBe(0);
        },
      ),
      { numRuns: RUNS },
    );
  });
});
