/** Answers and requests in JSON. */
import type { Context } from "hono";
import type * as z from "zod";
import { readBody } from "./body.ts";
import type { AppEnv } from "./context.ts";
import { faultsOf, isOnlyTooLarge } from "./faults.ts";
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
  return conform(await readAnyJson(c, bytesMax, whenEmpty), schema);
}

/** The request's body, whatever JSON it is. */
export async function readAnyJson(
  c: Context<AppEnv>,
  bytesMax: number,
  whenEmpty?: unknown,
): Promise<unknown> {
  const mediaType = c.req.raw.headers.get("Content-Type");
  if (mediaType !== null && !isJson(mediaType)) {
    throw new Problem("unsupported-media-type", `the body must be ${JSON_MEDIA_TYPE}`);
  }
  const bytes = await readBody(c.req.raw, bytesMax);
  return bytes.byteLength === 0 && whenEmpty !== undefined ? whenEmpty : parseJson(bytes);
}

/** A body as the schema wants it. What is too large is told as such, unless something else is wrong as well. */
export function conform<Schema extends z.ZodType>(body: unknown, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const errors = faultsOf(result.error);
  if (!isOnlyTooLarge(result.error)) {
    throw malformed(errors.map(({ path, message }) => `${path} ${message}`).join("; "), errors);
  }
  const detail = errors.map(({ path, message }) => `${path} ${message}`).join("; ");
  throw new Problem("too-large", detail, { errors });
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
