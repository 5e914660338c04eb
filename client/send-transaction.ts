/**
 * Sending a transaction, until its outcome is known.
 *
 * A timeout is no outcome. Under its idempotency key the same transaction is sent again, which tells the first answer
 * or tries anew; and at the end what became of each try is asked for by its id, with `settle`, which leaves nothing
 * pending. Only where even that comes to nothing does the caller hear an error that is not definite.
 */
import { type Answer, bodyOf } from "./answer.ts";
import type { TransactionResult } from "./api.ts";
import { changed, HoldfastError } from "./errors.ts";
import type { Condition, Operation } from "./operations.ts";
import type { WriteCallOptions } from "./options.ts";
import { type Receipt, receiptOf } from "./receipt.ts";
import { ask, keyOfWrite, type Scope } from "./scope.ts";
import { lookUp } from "./transactions.ts";
import { aboutOf, type Call } from "./transport.ts";

export interface Body {
  readonly if: readonly Condition[];
  readonly then: readonly Operation[];
  readonly else: readonly Operation[];
  readonly explain?: boolean;
}

export interface Sent {
  readonly result: TransactionResult;
  readonly receipt: Receipt;
}

/** How long the service goes on trying where nothing is said. */
const DEADLINE_MS_DEFAULT = 5_000;

/** How much longer than its deadline a transaction is waited for: an abort has to become durable and be told. */
const GRACE_MS = 2_500;

/** What is kept of a call's time to ask for the outcome, where the answers did not tell it. */
const SETTLE_MS = 3_000;
const SETTLE_SHARE = 4;

export interface SendOptions extends WriteCallOptions {
  readonly deadlineMs?: number | undefined;
}

export async function sendTransaction(
  scope: Scope,
  body: Body,
  options: SendOptions,
): Promise<Sent> {
  const { transport } = scope;
  const timeoutMs = transport.timeoutMsOf(options);
  const settleMs = Math.min(SETTLE_MS, timeoutMs / SETTLE_SHARE);
  const endsAt = transport.ports.now() + timeoutMs;
  const uncertain: HoldfastError[] = [];
  const call = callOf(scope, body, options, (error) => {
    if (!error.definite) uncertain.push(error);
  });
  try {
    const limited = { signal: options.signal, timeoutMs: timeoutMs - settleMs };
    return received(call, await ask(scope, call, limited));
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.definite) throw error;
    const leftMs = Math.max(0, endsAt - transport.ports.now());
    return settled(scope, error, uncertain, { signal: options.signal, timeoutMs: leftMs });
  }
}

function callOf(
  scope: Scope,
  body: Body,
  options: SendOptions,
  onFailure: (error: HoldfastError) => void,
): Call {
  const asked = options.idempotencyKey;
  // What only reads leaves no trace, unless it is to be remembered.
  const isRead = body.then.every(({ op }) => op === "get") && typeof asked !== "string";
  const idempotencyKey = isRead ? null : keyOfWrite(scope, asked);
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS_DEFAULT;
  return {
    method: "POST",
    path: `${scope.namespace}/transactions`,
    body: (attemptMs) => ({
      content: JSON.stringify({ ...body, deadlineMs: deadlineWithin(attemptMs, deadlineMs) }),
      contentType: "application/json",
    }),
    attemptMs: deadlineMs + GRACE_MS,
    repeatable: isRead ? "read" : idempotencyKey === null ? "never" : "keyed",
    idempotencyKey,
    onFailure,
  };
}

/** A try that has less time than the whole must be answered within it. */
const deadlineWithin = (attemptMs: number, deadlineMs: number): number =>
  Math.max(1, Math.round(Math.min(deadlineMs, Math.max(attemptMs / 2, attemptMs - GRACE_MS))));

function received(call: Call, answer: Answer): Sent {
  const result = bodyOf<TransactionResult>(answer, aboutOf(call));
  return { result, receipt: receiptOf(answer.headers) };
}

/**
 * What a transaction came to whose answers did not say so.
 *
 * @param uncertain the tries that may have had an effect. One that had no answer of the service has no id to ask for.
 */
async function settled(
  scope: Scope,
  error: HoldfastError,
  uncertain: readonly HoldfastError[],
  options: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number },
): Promise<Sent> {
  const ids = uncertain.map(({ transactionId }) => transactionId);
  for (const id of ids) {
    if (id === null) continue;
    const found = await lookUp(scope, id, { ...options, settle: true }).catch(
      unlessAborted(options),
    );
    if (found === null) throw error;
    const { status, receipt } = found;
    if (status.status !== "committed") continue;
    // Its receipt names one group, and the transaction may have touched others.
    scope.seen.saw(null, scope.seen.bookmark);
    const { succeeded = false, results = [], failed } = status;
    const bookmark = receipt.bookmark ?? "";
    return { result: { id, succeeded, results, failed, bookmark }, receipt };
  }
  throw ids.includes(null) ? error : changed(error, { definite: true });
}

/** The outcome stays as unknown as it was. */
const unlessAborted =
  ({ signal }: { readonly signal: AbortSignal | undefined }) =>
  (fault: unknown): null => {
    if (signal?.aborted === true || !(fault instanceof HoldfastError)) throw fault;
    return null;
  };
