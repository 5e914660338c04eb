/**
 * Strong reads: answered from storage, at the commit index, in the turn in which the lease is checked (L2).
 */

import type { ErrorCode } from "../errors.ts";
import { EXPIRY_KEYS_MAX, LIST_BYTES_MAX } from "../limits.ts";
import { planted } from "../planted.ts";
import { currentTerm, storedTerm } from "../raft/leader.ts";
import { mayServeReads } from "../raft/lease.ts";
import { TERM_ZERO } from "../raft/term.ts";
import type { StoredRecord } from "../store/entry.ts";
import type { ReadRequest, ValidateRequest } from "../transaction/request.ts";
import { type Instant, type LogIndex, ORIGIN } from "../types.ts";
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
  /** Evaluated again once the vote `behind` is resolved; a transaction is aborted if it still waits at `decideBy`. */
  | { readonly type: "blocked"; readonly behind: LogIndex; readonly decideBy: Instant | null }
  /** Told when the lock it waits for is its own, or its time is over. */
  | { readonly type: "queued" }
  /** Told with the transaction whose outcome it waits for. */
  | { readonly type: "joined" }
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
  const { raft, store } = state;
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
  const { record, intent } = store.look(request.key, index, commitIndex);
  if (intent !== null && !planted("read-overlooks-intents")) return awaitIntent(state, intent.vote);
  if (request.revision === null && isOverdue(state, record, now)) {
    return awaitExpiry(state, request.key, record, now);
  }
  return { type: "now", answer: { type: "record", record, receipt: receipt(state, index, 0) } };
}

/** Whoever must know what an intent comes to waits for its outcome, or for what resolves it to be committed. */
function awaitIntent({ tail }: MemberState, vote: LogIndex): Evaluated {
  if (tail.openVotes.at(vote) === null) return { type: "parked", until: tail.lastIndex };
  return { type: "blocked", behind: vote, decideBy: null };
}

/** A key found overdue is removed first, once no transaction holds it. */
function awaitExpiry(
  state: MemberState,
  key: string,
  record: StoredRecord | null,
  now: Instant,
): Evaluated {
  const { tail } = state;
  const holder = tail.openVotes.holder(key, false);
  if (holder !== null) return { type: "blocked", behind: holder.index, decideBy: null };
  const unchanged = tail.record(key)?.revision === record?.revision;
  if (unchanged || planted("expiry-unchecked")) appendExpiry(state, [key], now);
  return { type: "parked", until: tail.lastIndex };
}

/** Several keys at one instant. */
export function answerRead(state: MemberState, { keys }: ReadRequest, now: Instant): Evaluated {
  const { raft, store } = state;
  const { commitIndex } = raft;
  const records: (StoredRecord | null)[] = [];
  let bytes = 0;
  for (const key of keys) {
    const { record, intent } = store.look(key, commitIndex);
    if (intent !== null && !planted("read-overlooks-intents")) {
      return awaitIntent(state, intent.vote);
    }
    if (isOverdue(state, record, now)) return awaitExpiry(state, key, record, now);
    bytes += record?.value.bytes.byteLength ?? 0;
    if (bytes > LIST_BYTES_MAX) {
      return refuse("too-large", `the values read have more than ${LIST_BYTES_MAX} bytes in all`);
    }
    records.push(record);
  }
  return {
    type: "now",
    answer: { type: "read", records, receipt: receipt(state, commitIndex, 0) },
  };
}

/** Whether the keys are as they were at an index, absent ones included. An intent counts as a change. */
export function answerValidate(state: MemberState, { keys, since }: ValidateRequest): Evaluated {
  const { raft, store } = state;
  const { commitIndex } = raft;
  const kept = since >= store.baseIndex;
  const absent = (key: string): boolean =>
    planted("absence-not-validated") && store.record(key) === null;
  const moved = keys.some((key) => {
    if (absent(key)) return false;
    if (store.look(key, commitIndex).intent !== null) return true;
    return !kept || (store.lastChange(key, commitIndex) ?? ORIGIN) > since;
  });
  return {
    type: "now",
    answer: { type: "validated", moved, receipt: receipt(state, commitIndex, 0) },
  };
}

export function answerList(state: MemberState, request: ListRequest, now: Instant): Evaluated {
  const { raft, store, tail } = state;
  if (!mayServeReads(raft, now)) return refuse("no-quorum", "this member is not the leader");
  // A key that a transaction has locked expires once it is resolved; a list that shows it waits for that below.
  const overdue = store
    .overdue(now, EXPIRY_KEYS_MAX)
    .filter((key) => tail.openVotes.holder(key, false) === null);
  if (overdue.length > 0) {
    appendExpiry(
      state,
      overdue.filter((key) => isOverdue(state, tail.record(key), now)),
      now,
    );
    return { type: "parked", until: tail.lastIndex };
  }
  const { records, more, inDoubt } = readPage(
    store,
    request.range,
    request.values ?? true,
    raft.commitIndex,
  );
  if (inDoubt !== null) return awaitIntent(state, inDoubt);
  // One that is overdue here, and no longer at the tail, is being written again: as for a get, that is waited for.
  const late = records.find((record) => isOverdue(state, record, now));
  if (late !== undefined && !planted("list-shows-overdue")) {
    const holder = tail.openVotes.holder(late.key, false);
    if (holder !== null) return { type: "blocked", behind: holder.index, decideBy: null };
    return { type: "parked", until: tail.lastIndex };
  }
  return {
    type: "now",
    answer: { type: "records", records, more, receipt: receipt(state, raft.commitIndex, 0) },
  };
}
