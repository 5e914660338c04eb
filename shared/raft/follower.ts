/**
 * Following: accepting a leader's appends and renewals.
 *
 * Source: Raft §5.3. A leader of a higher block is accepted at once, whatever this member promised: its election
 * proves that older leases have ended. Owns R2 and R3 on the follower's side.
 */
import { assert } from "../assert.ts";
import { planted } from "../planted.ts";
import type { Entry } from "../store/entry.ts";
import type { LogView } from "../store/view.ts";
import { type Instant, type LogIndex, logIndex, previousIndex } from "../types.ts";
import type { HardState } from "./hard-state.ts";
import { type LogPoint, lastAtMost } from "./log-match.ts";
import type { AppendMessage, PeerReply, RenewMessage, SnapshotMessage } from "./messages.ts";
import type { Outbox } from "./outbox.ts";
import { promise } from "./promise.ts";
import type { RaftState } from "./state.ts";
import { compareTerms, sameTerm, TERM_ZERO, type Term } from "./term.ts";

/** What following needs of the log. */
export type FollowerLog = Pick<LogView, "lastIndex" | "lastTerm" | "baseIndex" | "termAt">;

export function onAppend(
  raft: RaftState,
  hard: HardState,
  log: FollowerLog,
  message: AppendMessage,
  now: Instant,
  outbox: Outbox,
): PeerReply {
  if (isOver(hard, log, message.term)) return stale(raft, hard);
  follow(raft, hard, message, now, outbox);

  if (!holds(log, message.prevIndex, message.prevTerm)) {
    return accepted(raft, message, hint(log, message), null);
  }
  const news = firstNew(log, message.entries);
  const end = logIndex(message.prevIndex + message.entries.length);
  let last: LogPoint = log;
  const [first] = news;
  if (first === undefined && log.lastIndex > end && planted("cuts-without-conflict")) {
    cut(raft, end, outbox);
    last = { lastIndex: end, lastTerm: log.termAt(end) ?? TERM_ZERO };
  }
  if (first !== undefined) {
    if (first.index <= log.lastIndex) cut(raft, previousIndex(first.index), outbox);
    outbox.writes.push({ type: "append", entries: news });
    const newest = news.at(-1) ?? first;
    last = { lastIndex: newest.index, lastTerm: newest.term };
  }
  const matched = planted("commit-past-match") ? last.lastIndex : end;
  learnCommit(raft, Math.min(message.commitIndex, matched));
  return accepted(raft, message, last, end);
}

export function onRenew(
  raft: RaftState,
  hard: HardState,
  log: FollowerLog,
  message: RenewMessage,
  now: Instant,
  outbox: Outbox,
): PeerReply {
  if (message.term.block < hard.block) return stale(raft, hard);
  follow(raft, hard, message, now, outbox);
  const same = holds(log, message.lastIndex, message.lastTerm);
  if (same) learnCommit(raft, Math.min(message.commitIndex, message.lastIndex));
  else if (planted("commit-past-match"))
    learnCommit(raft, Math.min(message.commitIndex, log.lastIndex));
  return accepted(raft, message, log, same ? message.lastIndex : null);
}

/** A message of a lower block, or, with entries, of an earlier wake than the log already holds. */
function isOver(hard: HardState, log: FollowerLog, term: Term): boolean {
  const earlier = compareTerms(term, log.lastTerm) < 0 && !planted("late-wake-accepted");
  return term.block < hard.block || earlier;
}

/** Steps down, notes durably whom this member now promised, and binds itself to it. */
export function follow(
  raft: RaftState,
  hard: HardState,
  message: AppendMessage | RenewMessage | SnapshotMessage,
  now: Instant,
  outbox: Outbox,
): void {
  const { from, term, incarnation } = message;
  assert(
    raft.leadership === null || raft.leadership.block < term.block,
    "R1",
    "two members lead one block",
    { from, term },
    { self: raft.config.self, block: raft.leadership?.block },
  );
  raft.leadership = null;
  raft.campaign = null;
  raft.heir = null;
  const kept = planted("wake-trusts-vote-alone") && hard.promisedTo !== null;
  if (hard.block !== term.block || (hard.promisedTo !== from && !kept)) {
    outbox.writes.push({
      type: "hard-state",
      state: { ...hard, block: term.block, promisedTo: from },
    });
  }
  promise(raft, from, term.block, incarnation, now);
}

/** Whether this log holds an entry of this term at this index. What is compacted was committed. */
export function holds(log: FollowerLog, index: LogIndex, term: Term): boolean {
  if (index < log.baseIndex) return true;
  const own = log.termAt(index);
  return own !== null && sameTerm(own, term);
}

/** The last point of this log that the leader may share: at most where, and of at most the term, it asked for. */
function hint(log: FollowerLog, { prevIndex, prevTerm }: AppendMessage): LogPoint {
  const index = Math.max(lastAtMost(log, prevIndex, prevTerm), log.baseIndex);
  const lastIndex = logIndex(index);
  return { lastIndex, lastTerm: log.termAt(lastIndex) ?? TERM_ZERO };
}

/** The entries from the first one on that this log does not hold. */
function firstNew(log: FollowerLog, entries: readonly Entry[]): readonly Entry[] {
  const at = entries.findIndex((entry) => !holds(log, entry.index, entry.term));
  return at < 0 ? [] : entries.slice(at);
}

function cut(raft: RaftState, last: LogIndex, outbox: Outbox): void {
  assert(last >= raft.commitIndex, "R3", "a committed entry is cut off", last, raft.commitIndex);
  const stays = planted("durable-index-survives-cut");
  if (raft.durableIndex > last && !stays) raft.durableIndex = last;
  outbox.writes.push({ type: "truncate", last });
}

function learnCommit(raft: RaftState, index: number): void {
  if (index > raft.commitIndex) raft.commitIndex = logIndex(index);
}

export function accepted(
  raft: RaftState,
  message: AppendMessage | RenewMessage | SnapshotMessage,
  last: LogPoint,
  match: LogIndex | null,
): PeerReply {
  return {
    type: "accepted",
    from: raft.config.self,
    block: message.term.block,
    incarnation: message.incarnation,
    round: message.round,
    match,
    lastIndex: last.lastIndex,
    lastTerm: last.lastTerm,
  };
}

export function stale(raft: RaftState, hard: HardState): PeerReply {
  return { type: "stale", from: raft.config.self, block: hard.block, leader: hard.promisedTo };
}
