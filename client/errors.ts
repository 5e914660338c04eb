/**
 * Errors: one class, with the service's codes as types.
 *
 * What matters to a caller is what is certain: `definite` says that there was no effect and never will be. Where an
 * earlier try of the same call may have had one, an error is not definite, whatever the last answer said.
 */
import type { ErrorCode, Problem } from "./api.ts";

/**
 * The service's codes, and two for what is no answer of the service: `network`, no answer came, and
 * `unexpected-answer`, somebody else answered, such as a proxy. A timeout is `deadline-exceeded` on either side.
 */
export type HoldfastErrorCode = ErrorCode | "network" | "unexpected-answer";

export interface HoldfastErrorFields {
  readonly code: HoldfastErrorCode;
  readonly detail: string;
  readonly status?: number | null;
  readonly definite: boolean;
  readonly retryable: boolean;
  readonly retryAfterMs?: number | null;
  readonly requestId?: string | null;
  readonly idempotencyKey?: string | null;
  readonly problem?: Problem | null;
  readonly cause?: unknown;
}

export class HoldfastError extends Error {
  override readonly name = "HoldfastError";
  /** Names the error for programs. A newer service may answer with codes that this list does not have. */
  readonly code: HoldfastErrorCode;
  /** What happened, for a reader. */
  readonly detail: string;
  /** The HTTP status; null where there was no answer. */
  readonly status: number | null;
  /** True: the call certainly had no effect. False: it may have had one. */
  readonly definite: boolean;
  /** Whether the same call may succeed later. The client has already tried again as long as it was given. */
  readonly retryable: boolean;
  /** How long the service asks to wait before another try. */
  readonly retryAfterMs: number | null;
  /** Quote it when you report a fault. */
  readonly requestId: string | null;
  /** The key the call was sent under: calling again with it has no second effect. Null for reads. */
  readonly idempotencyKey: string | null;
  /** The answer as it came, with its further members, such as `holder` of `lock-held`. */
  readonly problem: Problem | null;

  constructor(fields: HoldfastErrorFields) {
    super(`${fields.code}: ${fields.detail}`, { cause: fields.cause });
    this.code = fields.code;
    this.detail = fields.detail;
    this.status = fields.status ?? null;
    this.definite = fields.definite;
    this.retryable = fields.retryable;
    this.retryAfterMs = fields.retryAfterMs ?? null;
    this.requestId = fields.requestId ?? null;
    this.idempotencyKey = fields.idempotencyKey ?? null;
    this.problem = fields.problem ?? null;
  }

  /** Of `precondition-failed`: the revision that the key has, null where it is absent. */
  get revision(): number | null {
    const revision = this.problem?.["revision"];
    return typeof revision === "number" ? revision : null;
  }

  /** Of a transaction: its id, by which its outcome can be asked for. */
  get transactionId(): string | null {
    const id = this.problem?.["id"];
    return typeof id === "string" ? id : null;
  }

  /** Of `bad-request`: each fault. */
  get faults(): readonly { readonly path: string; readonly message: string }[] {
    return this.problem?.errors ?? [];
  }
}

/** The same error with other fields. */
export function changed(
  error: HoldfastError,
  fields: Partial<Pick<HoldfastErrorFields, "definite" | "detail" | "idempotencyKey">>,
): HoldfastError {
  const { code, detail, status, definite, retryable } = error;
  const { retryAfterMs, requestId, idempotencyKey, problem, cause } = error;
  return new HoldfastError({
    ...{ code, detail, status, definite, retryable },
    ...{ retryAfterMs, requestId, idempotencyKey, problem, cause },
    ...fields,
  });
}
