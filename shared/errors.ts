/**
 * The registry of every error code: its HTTP status, its title, and what is certain about its effect.
 *
 * API.md is the contract; docs/errors.md is generated from this table. `definite` is true when the request
 * certainly had no effect, false when it may have had one. A timeout is never reported as a failure.
 */

interface ErrorDefinition {
  readonly status: number;
  readonly title: string;
  readonly definite: boolean;
  /** Whether the same request may succeed if it is sent again unchanged. */
  readonly retryable: boolean;
  /** What the caller can do about it; for the documentation. */
  readonly advice: string;
}

export const ERRORS = {
  "bad-request": {
    status: 400,
    title: "The request is malformed",
    definite: true,
    retryable: false,
    advice: "Correct what `errors` names: the path of each fault and what is wrong there.",
  },
  unauthenticated: {
    status: 401,
    title: "No valid token",
    definite: true,
    retryable: false,
    advice: "Send `Authorization: Bearer <token>` with the root token or a token of the namespace.",
  },
  forbidden: {
    status: 403,
    title: "The token does not allow this",
    definite: true,
    retryable: false,
    advice: "Use a token with the scope and the key prefix that `detail` names.",
  },
  "key-not-found": {
    status: 404,
    title: "No such key",
    definite: true,
    retryable: false,
    advice: "The key is absent, was deleted, or its time to live has ended.",
  },
  "namespace-not-found": {
    status: 404,
    title: "No such namespace",
    definite: true,
    retryable: false,
    advice: "Create it with `PUT /v1/{ns}` and the root token.",
  },
  "transaction-not-found": {
    status: 404,
    title: "No such transaction",
    definite: true,
    retryable: false,
    advice: "Nobody knows this id; `?settle=true` makes certain that it never takes effect.",
  },
  "not-found": {
    status: 404,
    title: "No such resource",
    definite: true,
    retryable: false,
    advice: "See `/docs` for the paths there are.",
  },
  "method-not-allowed": {
    status: 405,
    title: "The resource has no such method",
    definite: true,
    retryable: false,
    advice: "`Allow` names the methods it has.",
  },
  "not-acceptable": {
    status: 406,
    title: "No representation the request accepts",
    definite: true,
    retryable: false,
    advice: "Widen `Accept`, or leave it out.",
  },
  "transaction-conflict": {
    status: 409,
    title: "Contention outlasted the deadline",
    definite: true,
    retryable: true,
    advice: "Send the transaction again, or give it a longer deadline.",
  },
  "lock-held": {
    status: 409,
    title: "Another holder has the lock",
    definite: true,
    retryable: true,
    advice: "Wait until `expiresAt`, or ask with a longer `waitMs`.",
  },
  "lock-lost": {
    status: 409,
    title: "The lock is no longer yours",
    definite: true,
    retryable: false,
    advice: "Stop the work the lock protected and acquire it again.",
  },
  "namespace-exists": {
    status: 409,
    title: "The namespace exists with other settings",
    definite: true,
    retryable: false,
    advice: "A namespace's regions are fixed when it is created; choose another name.",
  },
  "revision-compacted": {
    status: 410,
    title: "The revision is no longer kept",
    definite: true,
    retryable: false,
    advice: "Read the current value, or keep a longer history (`historyMs`).",
  },
  "transaction-too-old": {
    status: 410,
    title: "The transaction's outcome is no longer kept",
    definite: true,
    retryable: false,
    advice: "Its window is over; read the keys it would have written.",
  },
  "precondition-failed": {
    status: 412,
    title: "A precondition failed",
    definite: true,
    retryable: false,
    advice: "Read the key again; `revision` is the one it has now, or null.",
  },
  "too-large": {
    status: 413,
    title: "The request is too large",
    definite: true,
    retryable: false,
    advice: "`detail` names the limit.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "The media type is not supported here",
    definite: true,
    retryable: false,
    advice: "Send JSON as `application/json`.",
  },
  "idempotency-key-reused": {
    status: 422,
    title: "The idempotency key came with another request",
    definite: true,
    retryable: false,
    advice: "Use a new key for a new request; a key belongs to one request for 24 hours.",
  },
  "too-many-requests": {
    status: 429,
    title: "Too many requests",
    definite: true,
    retryable: true,
    advice: "Wait as long as `Retry-After` says.",
  },
  overloaded: {
    status: 429,
    title: "One object has too much to do",
    definite: true,
    retryable: true,
    advice: "Wait as long as `Retry-After` says, and spread the load over more groups.",
  },
  internal: {
    status: 500,
    title: "A fault inside the service",
    definite: false,
    retryable: true,
    advice: "Report the request id; a write may have taken effect.",
  },
  "no-quorum": {
    status: 503,
    title: "The group has no quorum",
    definite: true,
    retryable: true,
    advice: "Nothing was appended; send it again once the group's members can be reached.",
  },
  "not-configured": {
    status: 503,
    title: "The deployment is not configured",
    definite: true,
    retryable: false,
    advice:
      "Set what `detail` names: the secret `HOLDFAST_ROOT_TOKEN`, or the variable `HOLDFAST_REGIONS`.",
  },
  "deadline-exceeded": {
    status: 504,
    title: "No answer within the deadline",
    definite: false,
    retryable: true,
    advice:
      "A write may have taken effect. Send it again with the same `Idempotency-Key`, or read the key; of a transaction, ask for the outcome of its `id`.",
  },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof ERRORS;

export const errorDefinition = (code: ErrorCode): ErrorDefinition => ERRORS[code];
