/** What came back: an answer of the service, or the error that stands for it. */
import type { ErrorCode, Problem } from "./api.ts";
import { HoldfastError } from "./errors.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** Of an error that the caller takes for an answer. */
  readonly problem: Problem | null;
  /**
   * When the request that was answered was sent. Under an idempotency key an answer may be that of an earlier try, told
   * again, so there it is when the first one was.
   */
  readonly sentAt: SentAt;
}

/** A moment, on both clocks of the ports. */
export interface SentAt {
  readonly now: number;
  readonly wallNow: number;
}

/** What the sender of a request knows of it, to judge what its failure means. */
export interface About {
  /** Whether it has no effect in any case. */
  readonly isRead: boolean;
  readonly idempotencyKey: string | null;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of these bytes; null where they are no UTF-8. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** The JSON of these bytes; undefined where they are none. */
export function decodeJson(bytes: Uint8Array): unknown {
  const text = decodeText(bytes);
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The body of an answer that must be JSON. */
export function bodyOf<Body>(answer: Answer, about: About): Body {
  const body = decodeJson(answer.bytes);
  if (typeof body === "object" && body !== null) return body as Body;
  throw unexpected(answer, about, "its body is no JSON");
}

const HTTP_PROBLEM = "application/problem+json";

/** The problem document that an answer is; null where it is none. */
export function problemOf(headers: Headers, bytes: Uint8Array): Problem | null {
  if (!headers.get("Content-Type")?.startsWith(HTTP_PROBLEM)) return null;
  const body = decodeJson(bytes) as Partial<Problem> | null | undefined;
  return typeof body?.code === "string" ? (body as Problem) : null;
}

export function errorOf(
  status: number,
  headers: Headers,
  problem: Problem | null,
  about: About,
): HoldfastError {
  if (problem === null) return unexpected({ status, headers }, about, "it is no problem document");
  return new HoldfastError({
    code: problem.code,
    detail: problem.detail,
    status,
    definite: about.isRead || problem.definite === true,
    retryable: problem.retryable === true,
    retryAfterMs: retryAfterMs(headers),
    requestId: headers.get("Holdfast-Request-Id"),
    idempotencyKey: about.idempotencyKey,
    problem,
  });
}

/** Somebody else has answered, or in a way that this client does not know. */
export function unexpected(
  { status, headers }: Pick<Answer, "status" | "headers">,
  about: About,
  why: string,
): HoldfastError {
  const location = headers.get("Location");
  const detail =
    location === null
      ? `an answer with status ${status} that is not the service's: ${why}`
      : `a redirection to ${location}; give the address of the service itself`;
  return new HoldfastError({
    code: "unexpected-answer",
    detail,
    status,
    definite: about.isRead,
    // What is in front of the service answers so while it cannot be reached.
    retryable: status >= 500 || status === 429,
    retryAfterMs: retryAfterMs(headers),
    requestId: headers.get("Holdfast-Request-Id"),
    idempotencyKey: about.idempotencyKey,
  });
}

/** No answer came. */
export const networkError = (cause: unknown, about: About): HoldfastError =>
  new HoldfastError({
    code: "network",
    detail: `no answer: ${cause instanceof Error ? cause.message : String(cause)}`,
    definite: about.isRead,
    retryable: true,
    idempotencyKey: about.idempotencyKey,
    cause,
  });

/** No answer came in time. */
export const timeoutError = (limitMs: number, about: About): HoldfastError =>
  new HoldfastError({
    code: "deadline-exceeded",
    detail: `no answer within ${Math.round(limitMs)} ms`,
    definite: about.isRead,
    retryable: true,
    idempotencyKey: about.idempotencyKey,
  });

/** Seconds, as the service says it; proxies may name a date instead, and are then not heeded. */
function retryAfterMs(headers: Headers): number | null {
  const text = headers.get("Retry-After");
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) * 1000 : null;
}

/** Codes that a caller takes for an answer rather than an error. */
export type Expected = readonly ErrorCode[];
