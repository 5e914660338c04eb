/**
 * Writes: evaluated at the tail, appended as effects, told once committed.
 *
 * One path for every write. What changes nothing is a read of the whole tail, unless it must be remembered: a
 * refusal that another copy of the request could contradict, or the first answer to an idempotency key, is
 * appended under its id (I1).
 */
import { IDEMPOTENCY_MS } from "../limits.ts";
import type { LockRequest } from "../lock/request.ts";
import { planted } from "../planted.ts";
import { entryAtTail } from "../raft/leader.ts";
import type { OperationResult, WriteOutcome } from "../store/entry.ts";
import { type Evaluation, evaluate, type Result } from "../transaction/evaluate.ts";
import { keysOf } from "../transaction/locks.ts";
import { type Instant, type LogIndex, nextIndex } from "../types.ts";
import { appendExpiry, expiresFirst } from "./expiry.ts";
import type { Output } from "./output.ts";
import { type Evaluated, receipt, refuse } from "./read.ts";
import type { Answer, WriteRequest } from "./request.ts";
import { rowsOf } from "./rows.ts";
import type { Asker, MemberState } from "./state.ts";
import { underWay } from "./transact.ts";

export function answerWrite(
  state: MemberState,
  request: WriteRequest,
  asker: Asker,
  now: Instant,
  output: Output,
): Evaluated {
  const { raft, tail } = state;
  if (raft.leadership === null) return refuse("no-quorum", "this member is not the leader");

  const before = firstAnswer(state, request, asker, now, output);
  if (before !== null) return before;

  // It holds nothing while it waits, so it waits for whoever has locked a key of it, and never gives way.
  const keys = keysOf(request);
  for (const key of tail.openVotes.size > 0 ? keys : []) {
    const holder = planted("write-through-locks") ? null : tail.openVotes.holder(key, false);
    if (holder !== null) return { type: "blocked", behind: holder.index, decideBy: null };
  }
  const overdue = [...keys].filter((key) => expiresFirst(state, key, now));
  if (overdue.length > 0) appendExpiry(state, overdue, now);

  const stale = { record: (key: string) => state.store.recordAt(key, raft.commitIndex) };
  const records = planted("conditions-at-commit") ? stale : tail;
  const evaluation = evaluate(request, records, nextIndex(tail.lastIndex), now);
  return conclude(state, request, evaluation, now);
}

/** Appends what a write comes to, where that changes something or has to be remembered; tells it once it is certain. */
export function conclude(
  state: MemberState,
  request: WriteRequest | LockRequest,
  evaluation: Evaluation,
  now: Instant,
): Evaluated {
  const { raft, tail } = state;
  const { leadership } = raft;
  if (leadership === null) throw new Error("only a leader appends");
  if (evaluation.type === "faulty") throw new Error("a plain write can always run");
  const outcome: WriteOutcome =
    evaluation.type === "holds"
      ? { succeeded: true, results: evaluation.results.map(asOperationResult) }
      : { succeeded: false, failed: evaluation.failed };
  const effects = evaluation.type === "holds" ? evaluation.effects : [];

  const recorded = request.copy && !planted("refusal-unrecorded");
  if (effects.length === 0 && !recorded && request.idempotency === null) {
    const restsOn = tail.lastIndex;
    return {
      type: "held",
      restsOn,
      underLease: true,
      answer: outcomeAnswer(state, outcome, restsOn, 0, false),
    };
  }
  const entry = entryAtTail(leadership, tail, now, {
    request: request.id,
    effects,
    outcome,
    idempotency: request.idempotency,
  });
  tail.append(entry);
  return {
    type: "held",
    restsOn: entry.index,
    underLease: false,
    answer: outcomeAnswer(state, outcome, entry.index, rowsOf(entry), false),
  };
}

/** The answer this request, or its idempotency key, was given before; null where there is none. */
export function firstAnswer(
  state: MemberState,
  request: WriteRequest | LockRequest,
  asker: Asker,
  now: Instant,
  output: Output,
): Evaluated | null {
  const { tail } = state;
  if (planted("deduplicate-nothing")) return null;
  // Also where this is no copy: a request's first copy may come last.
  const unseen = planted("first-copy-unchecked") && !request.copy;
  const entry = unseen ? null : tail.entryOfRequest(request.id);
  if (entry?.outcome) return told(state, entry.outcome, entry.index, false);
  if (request.idempotency === null) return null;
  const { key, fingerprint } = request.idempotency;
  // Whatever a transaction is that came with this key, it is no plain write; whether it comes to anything is waited for.
  const pending = underWay(state, key, now, output);
  if (pending !== null) {
    pending.waiters.push({ asker, as: { type: "bystander" } });
    return { type: "joined" };
  }
  const stored = tail.answer(key);
  if (stored === null || stored.at <= now - IDEMPOTENCY_MS) return null;
  const { outcome } = stored;
  const same = stored.fingerprint === fingerprint || planted("fingerprint-ignored");
  // What a transaction came to is no answer to a write; their digests never agree.
  if (same && "succeeded" in outcome) return told(state, outcome, stored.index, true);
  return reused(state);
}

function reused(state: MemberState): Evaluated {
  return {
    type: "held",
    restsOn: planted("reuse-refused-early") ? state.raft.commitIndex : state.tail.lastIndex,
    underLease: true,
    answer: {
      type: "refused",
      code: "idempotency-key-reused",
      detail: "this Idempotency-Key came with another request in the last 24 hours",
    },
  };
}

function asOperationResult({ op, existed, lock }: Result): OperationResult {
  if (op === "delete") return { type: "delete", deleted: existed };
  return { type: "put", created: !existed, ...(lock && { lock }) };
}

function told(
  state: MemberState,
  outcome: WriteOutcome,
  index: LogIndex,
  replayed: boolean,
): Evaluated {
  return {
    type: "held",
    restsOn: index,
    underLease: false,
    answer: outcomeAnswer(state, outcome, index, 0, replayed),
  };
}

function outcomeAnswer(
  state: MemberState,
  outcome: WriteOutcome,
  index: LogIndex,
  rows: number,
  replayed: boolean,
): Answer {
  const about = { replayed, receipt: receipt(state, index, rows) };
  return outcome.succeeded
    ? { type: "written", results: outcome.results, ...about }
    : { type: "failed", failed: outcome.failed, ...about };
}
