/**
 * Writes: evaluated at the tail, appended as effects, told once committed.
 *
 * One path for every write. What changes nothing is a read of the whole tail, unless it must be remembered: a
 * refusal that another copy of the request could contradict, or the first answer to an idempotency key, is
 * appended under its id (I1).
 */
import { IDEMPOTENCY_MS } from "../limits.ts";
import { planted } from "../planted.ts";
import { entryAtTail } from "../raft/leader.ts";
import type { WriteOutcome } from "../store/entry.ts";
import type { Instant, LogIndex } from "../types.ts";
import { evaluate, keysOf } from "./evaluate.ts";
import { appendExpiry, isOverdue } from "./expiry.ts";
import { type Evaluated, receipt, refuse } from "./read.ts";
import type { Answer, WriteRequest } from "./request.ts";
import { rowsOf } from "./rows.ts";
import type { MemberState } from "./state.ts";

export function answerWrite(state: MemberState, request: WriteRequest, now: Instant): Evaluated {
  const { raft, tail } = state;
  const { leadership } = raft;
  if (leadership === null) return refuse("no-quorum", "this member is not the leader");

  const before = firstAnswer(state, request, now);
  if (before !== null) return before;

  const overdue = [...keysOf(request)].filter((key) => isOverdue(tail.record(key), now));
  if (overdue.length > 0) appendExpiry(state, overdue, now);

  const stale = { record: (key: string) => state.store.recordAt(key, raft.commitIndex) };
  const verdict = evaluate(request, planted("conditions-at-commit") ? stale : tail, now);
  const outcome: WriteOutcome = verdict.holds
    ? { succeeded: true, results: verdict.results }
    : { succeeded: false, failed: verdict.failed };
  const effects = verdict.holds ? verdict.effects : [];

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
function firstAnswer(state: MemberState, request: WriteRequest, now: Instant): Evaluated | null {
  const { tail } = state;
  if (planted("deduplicate-nothing")) return null;
  // Also where this is no copy: a request's first copy may come last.
  const unseen = planted("first-copy-unchecked") && !request.copy;
  const entry = unseen ? null : tail.entryOfRequest(request.id);
  if (entry?.outcome) return told(state, entry.outcome, entry.index, false);
  if (request.idempotency === null) return null;
  const { key, fingerprint } = request.idempotency;
  const stored = tail.answer(key);
  if (stored === null || stored.at <= now - IDEMPOTENCY_MS) return null;
  if (stored.fingerprint === fingerprint || planted("fingerprint-ignored")) {
    return told(state, stored.outcome, stored.index, true);
  }
  return {
    type: "held",
    restsOn: planted("reuse-refused-early") ? state.raft.commitIndex : tail.lastIndex,
    underLease: true,
    answer: {
      type: "refused",
      code: "idempotency-key-reused",
      detail: "this Idempotency-Key came with another request in the last 24 hours",
    },
  };
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
