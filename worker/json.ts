/** Answers and requests in JSON. */
import type { Context } from "hono";
import type * as z from "zod";
import { readBody } from "./body.ts";
import type { AppEnv } from "./context.ts";
import { faultsOf } from "./faults.ts";
import { accepts, isJson } from "./media-type.ts";
import { Problem } from "./problem.ts";

const JSON_MEDIA_TYPE = "application/json";

export function jsonResponse(
  c: Context<AppEnv>,
  status: number,
  body: unknown,
  more?: Readonly<Record<string, string>>,
): Response {
  const headers = {
    "Content-Type": JSON_MEDIA_TYPE,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Holdfast-Request-Id": c.get("requestId"),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: more === undefined ? headers : { ...headers, ...more },
  });
}

/** Refuses a request whose `Accept` rules JSON out. */
export function requireAcceptsJson(c: Context<AppEnv>): void {
  if (accepts(c.req.raw.headers.get("Accept"), JSON_MEDIA_TYPE)) return;
  throw new Problem("not-acceptable", `this resource comes as ${JSON_MEDIA_TYPE} only`);
}

/** The request's body as the schema wants it. An empty body is read as `whenEmpty`, where that is given. */
export async function readJson<Schema extends z.ZodType>(
  c: Context<AppEnv>,
  schema: Schema,
  bytesMax: number,
  whenEmpty?: unknown,
): Promise<z.output<Schema>> {
  const mediaType = c.req.raw.headers.get("Content-Type");
  if (mediaType !== null && !isJson(mediaType)) {
    throw new Problem("unsupported-media-type", `the body must be ${JSON_MEDIA_TYPE}`);
  }
  const bytes = await readBody(c.req.raw, bytesMax);
  const body = bytes.byteLength === 0 && whenEmpty !== undefined ? whenEmpty : parseJson(bytes);
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw malformed("the body is not what this resource takes", faultsOf(result.error));
}

function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw malformed("the body is not UTF-8", [{ path: "body", message: "must be UTF-8" }]);
  }
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the body, which may hold a secret.
    throw malformed("the body is not JSON", [{ path: "body", message: "must be JSON" }]);
  }
}

const malformed = (detail: string, errors: { path: string; message: string }[]): Problem =>
  new Problem("bad-request", detail, { errors });
