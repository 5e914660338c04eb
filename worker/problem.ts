/**
 * Errors as answers: problem details (RFC 9457) of the one registry, shared/errors.ts.
 *
 * Every error of the service is made here, whether a handler returns it or something deep down throws
 * a {@link Problem}; app.ts turns the thrown ones into answers in one place.
 */
import { type ErrorCode, errorDefinition } from "../shared/errors.ts";

/** Which request an error is told to. */
export interface About {
  /** The request's id, as `Holdfast-Request-Id` names it. */
  readonly requestId: string;
  /** The request's path as it was sent, still percent-encoded and without the query. */
  readonly instance: string;
  /** The transaction it is about: told as the member `id`, so that its outcome can be asked for. */
  readonly transaction?: string | undefined;
}

/** One fault of a malformed request: where, and what is wrong there. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

export interface ProblemDetails {
  readonly errors?: readonly Fault[];
  /** Members beyond the standard ones, such as the current `revision` of a failed precondition. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Headers beyond the standard ones. They take precedence. */
  readonly headers?: Readonly<Record<string, string>>;
}

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/**
 * Seconds after which trying again is worth it, for the codes where time alone helps. A group without
 * a quorum needs at least a lease (2 s) to find another leader.
 */
const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, string>> = {
  "transaction-conflict": "1",
  "too-many-requests": "1",
  overloaded: "1",
  "no-quorum": "2",
  "deadline-exceeded": "1",
};

/** Where a code is explained: an anchor of the page that the deployment itself serves. */
export const problemType = (code: ErrorCode): string => `/docs/errors#${code}`;

export function problemResponse(
  about: About,
  code: ErrorCode,
  detail: string,
  more: ProblemDetails = {},
): Response {
  const { status, title, definite, retryable } = errorDefinition(code);
  const body = {
    ...more.extensions,
    ...(about.transaction === undefined ? {} : { id: about.transaction }),
    type: problemType(code),
    title,
    status,
    detail,
    instance: about.instance,
    code,
    definite,
    retryable,
    ...(more.errors === undefined ? {} : { errors: more.errors }),
  };
  const headers: Record<string, string> = {
    "Content-Type": PROBLEM_MEDIA_TYPE,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Holdfast-Request-Id": about.requestId,
  };
  const retryAfter = RETRY_AFTER_SECONDS[code];
  if (retryAfter !== undefined) headers["Retry-After"] = retryAfter;
  return new Response(JSON.stringify(body), {
    status,
    headers: more.headers === undefined ? headers : { ...headers, ...more.headers },
  });
}

/** An error that ends the request, thrown where no answer can be made. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ErrorCode;
  readonly detail: string;
  readonly more: ProblemDetails;

  constructor(code: ErrorCode, detail: string, more: ProblemDetails = {}) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.more = more;
  }

  toResponse(about: About): Response {
    return problemResponse(about, this.code, this.detail, this.more);
  }
}
