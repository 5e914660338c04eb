/**
 * Leading: resuming a block, taking a wake, committing.
 *
 * Source: Ongaro & Ousterhout 2014, §5.3–5.4 (commit rule), and Ongaro's thesis §6.4 (leases). Terms are
 * blocks of wakes, the one change; docs/protocols/raft.md says why each rule is as it is. Owns R1 and R3.
 */

import { assert } from "../assert.ts";
import { planted } from "../planted.ts";
import type { Entry } from "../store/entry.ts";
import type { Tail } from "../store/tail.ts";
import type { LogView } from "../store/view.ts";
import { type Block, type Instant, type LogIndex, logIndex, nextIndex, ORIGIN } from "../types.ts";
import { quorum, type RaftConfig } from "./config.ts";
import type { HardState } from "./hard-state.ts";
import type { Leadership, RaftState } from "./state.ts";
import { BLOCK_BORN, nextWake, type Term, WAKE_ZERO } from "./term.ts";

/** The log as leading needs it. */
export type LogEnd = Pick<LogView, "lastIndex" | "lastTerm">;
type LogBase = Pick<LogView, "baseIndex">;

const NEVER = 0 as Instant;

/** Whether the disk entitles this member to lead its block without an election. */
export function mayResume(hard: HardState): boolean {
  const gaveUp = hard.gaveUp === hard.block && !planted("resumes-after-giving-up");
  return hard.won === hard.block && !gaveUp;
}

/** Leads again, after waking, in a block this member won before. */
export function resume(raft: RaftState, hard: HardState, log: LogEnd): void {
  assert(mayResume(hard), "R1", "a member leads a block it has not won", hard, raft.config.self);
  raft.leadership = {
    ...newLeadership(raft.config, hard.block, log),
    resumed: true,
    baseInBlock:
      log.lastTerm.block === hard.block || (log.lastIndex === ORIGIN && hard.block === BLOCK_BORN),
  };
}

/** A leadership of `block` in which nothing has been sent or counted yet. */
export function newLeadership(config: RaftConfig, block: Block, log: LogEnd): Leadership {
  const next = nextIndex(log.lastIndex);
  const followers = config.members.filter((member) => member !== config.self);
  return {
    block,
    resumed: false,
    baseIndex: log.lastIndex,
    baseInBlock: false,
    wake: null,
    firstIndex: null,
    transfer: null,
    leaseUntil: NEVER,
    rounds: new Map(),
    nextRound: 0,
    renewAgainAt: NEVER,
    answered: new Map(),
    progress: new Map(
      followers.map((member) => [
        member,
        { match: ORIGIN, next, round: null, pausedUntil: NEVER, snapshot: null },
      ]),
    ),
  };
}

/**
 * The term a leader's next entry has. The first one of a resumed leader takes the wake behind the highest
 * of its block in the log or its snapshot, so that no wake is ever used twice (R2).
 */
export function termToAppend(leadership: Leadership, log: LogEnd & LogBase): Term {
  if (leadership.wake === null) {
    const compacted = log.baseIndex === log.lastIndex && planted("wake-reused-after-compaction");
    const last = compacted ? WAKE_ZERO : storedTerm(leadership.block, log.lastTerm).wake;
    leadership.wake = planted("wake-reused") ? last : nextWake(last);
    leadership.firstIndex = nextIndex(log.lastIndex);
  }
  return { block: leadership.block, wake: leadership.wake };
}

/** The term a leader shows: of its wake, or of the one it resumed. */
export function currentTerm(leadership: Leadership, log: LogEnd): Term {
  const { block, wake } = leadership;
  return wake === null ? storedTerm(block, log.lastTerm) : { block, wake };
}

/** The last term of `block` in a log that ends in `end`; its wake 0 where it holds none. */
export function storedTerm(block: Block, end: Term): Term {
  return end.block === block ? end : { block, wake: WAKE_ZERO };
}

/** The highest index a quorum holds, this member's own confirmed write among them. */
function quorumIndex(raft: RaftState, leadership: Leadership, lastIndex: LogIndex): LogIndex {
  const held = [...leadership.progress.values()].map((progress) => progress.match as number);
  held.push(planted("own-write-counted-unconfirmed") ? lastIndex : raft.durableIndex);
  held.sort((a, b) => b - a);
  const index = held[quorum(raft.config) - 1] ?? 0;
  if (planted("own-write-counted-unconfirmed")) return logIndex(index);
  if (planted("commit-without-own-write")) return logIndex(Math.min(index, lastIndex));
  return logIndex(Math.min(index, raft.durableIndex));
}

/**
 * Advances the commit index as far as the rule allows: an entry of this wake that a quorum holds commits
 * itself and all before it, and so does the end a leader resumed, where that is of its own block. Entries of earlier
 * blocks are never committed by counting (Raft §5.4.2).
 */
export function advanceCommit(raft: RaftState, log: LogEnd): boolean {
  const { leadership } = raft;
  if (leadership === null) return false;
  const index = quorumIndex(raft, leadership, log.lastIndex);
  if (index <= raft.commitIndex) return false;
  const ofThisWake = leadership.firstIndex !== null && index >= leadership.firstIndex;
  const ofThisBlock = leadership.baseInBlock && index >= leadership.baseIndex;
  if (!ofThisWake && !ofThisBlock && !planted("commit-by-counting")) return false;
  assert(index <= log.lastIndex, "R3", "the commit index is beyond the log", index, log.lastIndex);
  raft.commitIndex = index;
  return true;
}

/** Whether a leader must append before it can know what is committed: its log does not end in its block. */
export function needsNoop(leadership: Leadership): boolean {
  return !leadership.baseInBlock && leadership.firstIndex === null;
}

/** Appends an entry that does nothing but be of the leader's block. */
export function appendNoop(leadership: Leadership, tail: Tail, now: Instant): void {
  tail.append(
    entryAtTail(leadership, tail, now, {
      request: null,
      effects: [],
      outcome: null,
      idempotency: null,
    }),
  );
}

/** What an entry carries, without its place in the log. */
export type EntryContent = Pick<
  Entry,
  "request" | "effects" | "outcome" | "idempotency" | "transaction"
>;

/** An entry behind the log's end, in the leader's present term. */
export function entryAtTail(
  leadership: Leadership,
  log: LogEnd & LogBase & { readonly lastAt: Instant },
  now: Instant,
  content: EntryContent,
): Entry {
  const term = termToAppend(leadership, log);
  // A clock that was set back, or another leader's that ran ahead, must not make times fall.
  const at = planted("times-fall") ? now : (Math.max(now, log.lastAt) as Instant);
  return { index: nextIndex(log.lastIndex), term, at, ...content };
}
