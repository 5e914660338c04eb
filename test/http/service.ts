/** The service as its clients see it: requests over HTTP, inside the Workers runtime. */
import { env as bindings, exports } from "cloudflare:workers";
import { expect } from "vitest";
import { type ErrorCode, errorDefinition } from "../../shared/errors.ts";
import { type ProblemBody, problemSchema } from "../../shared/wire/problem.ts";
import type { Env } from "../../worker/context.ts";

export const ROOT_TOKEN = "dev";
export const ORIGIN = "http://holdfast.test";

/** The bindings that the tests run with. */
export const env = bindings as unknown as Env;

const service = (exports as unknown as { default: Fetcher }).default;

export interface Call {
  /** The token to send; null for none. The root token by default. */
  readonly token?: string | null;
  /** Sent as JSON, unless it is a string, bytes or a stream. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export function request(method: string, path: string, call: Call = {}): Request {
  const { token = ROOT_TOKEN, body } = call;
  const headers = new Headers(call.headers);
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  const isRaw =
    typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
  if (body !== undefined && !isRaw && !headers.has("Content-Type")) {
    headers.set("Content-Type", "application/json");
  }
  const sent = body === undefined ? null : isRaw ? (body as BodyInit) : JSON.stringify(body);
  return new Request(`${ORIGIN}${path}`, { method, headers, body: sent, redirect: "manual" });
}

export const call = (method: string, path: string, about: Call = {}): Promise<Response> =>
  service.fetch(request(method, path, about));

/** Checks that an answer is a whole problem document of this code, and gives it. */
export async function expectProblem(response: Response, code: ErrorCode): Promise<ProblemBody> {
  const text = await response.text();
  expect(text, "a problem").toContain(`"code":"${code}"`);
  const problem = problemSchema.parse(JSON.parse(text));
  const { status, title, definite, retryable } = errorDefinition(code);
  expect(problem).toMatchObject({ code, status, title, definite, retryable });
  expect(problem.type).toBe(`/docs/errors#${code}`);
  expect(problem.instance).toMatch(/^\//);
  expect(response.status).toBe(status);
  expect(response.headers.get("Content-Type")).toBe("application/problem+json");
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(response.headers.get("Holdfast-Request-Id")).toMatch(/^[\w-]{16}\.[0-9a-z]+$/);
  return problem;
}

let names = 0;

/** A name that no other test of the file uses. */
export const freshName = (): string => `ns-${++names}`;

/** Creates a namespace and gives its name. */
export async function freshNamespace(): Promise<string> {
  const name = freshName();
  const created = await call("PUT", `/v1/${name}`, { body: { regions: ["weur"] } });
  expect(created.status).toBe(201);
  return name;
}

export interface MadeToken {
  readonly id: string;
  readonly token: string;
}

export async function makeToken(
  namespace: string,
  asked: Readonly<Record<string, unknown>>,
  by: string = ROOT_TOKEN,
): Promise<MadeToken> {
  const made = await call("POST", `/v1/${namespace}/tokens`, { body: asked, token: by });
  expect(made.status).toBe(201);
  return made.json();
}

/** The value of one of this isolate's counters, summed over its series. */
export async function counter(name: string, labels = ""): Promise<number> {
  const text = await (await call("GET", "/metrics")).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`));
  return lines
    .filter((line) => line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}
