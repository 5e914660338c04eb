/**
 * Strong reads: answered from storage, at the commit index, in the turn in which the lease is checked (L2).
 */

import type { ErrorCode } from "../errors.ts";
import { EXPIRY_KEYS_MAX } from "../limits.ts";
import { planted } from "../planted.ts";
import { currentTerm, storedTerm } from "../raft/leader.ts";
import { mayServeReads } from "../raft/lease.ts";
import { TERM_ZERO } from "../raft/term.ts";
import type { Instant, LogIndex } from "../types.ts";
import { appendExpiry, isOverdue } from "./expiry.ts";
import { readPage } from "./page.ts";
import type { AnyAnswer, GetRequest, ListRequest, Receipt } from "./request.ts";
import type { MemberState } from "./state.ts";

/** What evaluating a request came to. */
export type Evaluated =
  /** Told at once. */
  | { readonly type: "now"; readonly answer: AnyAnswer }
  /** Told once the log is committed up to `restsOn`. */
  | {
      readonly type: "held";
      readonly answer: AnyAnswer;
      readonly restsOn: LogIndex;
      readonly underLease: boolean;
    }
  /** Evaluated again once the log is committed up to `until`. */
  | { readonly type: "parked"; readonly until: LogIndex }
  /** Told when the hand-over it began has ended. */
  | { readonly type: "transferring" }
  /** Told when every follower has been heard of. */
  | { readonly type: "describing" };

export const refuse = (code: ErrorCode, detail: string): Evaluated => ({
  type: "now",
  answer: { type: "refused", code, detail },
});

/**
 * The receipt of an answer as of `index`. A wake is shown only where its first batch is durable, or the answer
 * waits for it: one that a crash takes back is used again, and terms would seem to fall.
 */
export function receipt(state: MemberState, index: LogIndex, rows: number): Receipt {
  const { raft, store, tail } = state;
  const { leadership, durableIndex } = raft;
  if (leadership === null) throw new Error("only a leader gives receipts");
  const { block, baseIndex, firstIndex } = leadership;
  const stands = firstIndex === null || Math.max(durableIndex, index) >= firstIndex;
  const term = stands
    ? currentTerm(leadership, tail)
    : storedTerm(block, store.termAt(baseIndex) ?? TERM_ZERO);
  return { term, index, rows };
}

export function answerGet(state: MemberState, request: GetRequest, now: Instant): Evaluated {
  const { raft, store, tail } = state;
  if (!mayServeReads(raft, now)) return refuse("no-quorum", "this member is not the leader");
  const commitIndex = planted("read-past-commit") ? store.lastIndex : raft.commitIndex;
  const index = request.revision ?? commitIndex;
  if (index > commitIndex) {
    return refuse(
      "bad-request",
      `revision ${index} is ahead of the group, which is at ${commitIndex}`,
    );
  }
  if (index < store.baseIndex) {
    return refuse(
      "revision-compacted",
      `the oldest revision kept is ${store.baseIndex}, and ${index} was asked for`,
    );
  }
  const record = store.recordAt(request.key, index);
  if (request.revision === null && isOverdue(record, now)) {
    const unchanged = tail.record(request.key)?.revision === record?.revision;
    if (unchanged || planted("expiry-unchecked")) {
      appendExpiry(state, [request.key], now);
    }
    return { type: "parked", until: tail.lastIndex };
  }
  return { type: "now", answer: { type: "record", record, receipt: receipt(state, index, 0) } };
}

export function answerList(state: MemberState, request: ListRequest, now: Instant): Evaluated {
  const { raft, store, tail } = state;
  if (!mayServeReads(raft, now)) return refuse("no-quorum", "this member is not the leader");
  const overdue = store.overdue(now, EXPIRY_KEYS_MAX);
  if (overdue.length > 0) {
    appendExpiry(
      state,
      overdue.filter((key) => isOverdue(tail.record(key), now)),
      now,
    );
    return { type: "parked", until: tail.lastIndex };
  }
  const { records, more } = readPage(
    store,
    request.range,
    request.values ?? true,
    raft.commitIndex,
  );
  // One that is overdue here, and no longer at the tail, is being written again: as for a get, that is waited for.
  const late = records.some((record) => isOverdue(record, now)) && !planted("list-shows-overdue");
  if (late) return { type: "parked", until: tail.lastIndex };
  return {
    type: "now",
    answer: { type: "records", records, more, receipt: receipt(state, raft.commitIndex, 0) },
  };
}
