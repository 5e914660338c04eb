/**
 * Replicating: what a leader sends its followers, and what it learns from their replies.
 *
 * One append is under way to a follower at a time; what is written meanwhile goes with the next. A wake's first
 * batch is sent only once it is on the leader's own disk, so that no wake is used twice; later ones are
 * sent before they are written. Source: Raft §5.3; docs/protocols/raft.md.
 */

import { APPEND_BYTES_MAX, PEER_PAUSE_MS } from "../limits.ts";
import { planted } from "../planted.ts";
import type { Entry } from "../store/entry.ts";
import type { LogView, StoreView } from "../store/view.ts";
import {
  addMs,
  type Instant,
  type LogIndex,
  logIndex,
  nextIndex,
  previousIndex,
  type Region,
} from "../types.ts";
import { storedTerm } from "./leader.ts";
import { countAnswer } from "./lease.ts";
import { part } from "./log-match.ts";
import type { PeerReply } from "./messages.ts";
import type { Outbox } from "./outbox.ts";
import { promise } from "./promise.ts";
import { endSnapshot, sendPart } from "./snapshot.ts";
import type { Leadership, RaftState } from "./state.ts";
import { TERM_ZERO, type Term } from "./term.ts";

/** The log as a leader replicates it: what is stored, and what this turn has added. */
export interface LeaderLog
  extends Pick<LogView, "lastIndex" | "lastTerm" | "baseIndex" | "termAt"> {
  entries(from: LogIndex, bytesMax: number): Entry[];
  timeAt(index: LogIndex): Instant;
  snapshotPart: StoreView["snapshotPart"];
}

type Accepted = Extract<PeerReply, { type: "accepted" }>;

/** The last index that may be sent: all, or, until a wake's first batch is durable, what came before it. */
function sendableIndex(raft: RaftState, leadership: Leadership, log: LeaderLog): LogIndex {
  const { firstIndex } = leadership;
  const early = planted("first-batch-sent-unconfirmed");
  if (firstIndex === null || raft.durableIndex >= firstIndex || early) return log.lastIndex;
  return previousIndex(firstIndex);
}

/** The term messages carry: of the wake once it may be told of, before that the one resumed. */
function termToTell(raft: RaftState, leadership: Leadership, log: LeaderLog): Term {
  const { firstIndex, wake, block } = leadership;
  const early = planted("first-batch-sent-unconfirmed");
  if (wake !== null && firstIndex !== null && (raft.durableIndex >= firstIndex || early))
    return { block, wake };
  const end = log.termAt(leadership.baseIndex) ?? TERM_ZERO;
  return storedTerm(block, end);
}

/** Whether the win of the block is durable: it is written before the wake's first batch (R4). */
function mayTellOfBlock(raft: RaftState, { resumed, firstIndex }: Leadership): boolean {
  if (planted("win-told-before-durable")) return true;
  return resumed || (firstIndex !== null && raft.durableIndex >= firstIndex);
}

function openRound(raft: RaftState, leadership: Leadership, now: Instant): number {
  const round = leadership.nextRound++;
  // An answer to a round as old as a lease extends nothing: it is not waited for.
  for (const [past, sentAt] of leadership.rounds) {
    if (addMs(sentAt, raft.config.leaseMs) > now) break;
    leadership.rounds.delete(past);
  }
  leadership.rounds.set(round, now);
  leadership.renewAgainAt = addMs(now, PEER_PAUSE_MS);
  promise(raft, raft.config.self, leadership.block, raft.config.incarnation, now);
  return round;
}

/** Sends every follower that has nothing under way what it does not hold yet. */
export function replicate(raft: RaftState, log: LeaderLog, now: Instant, outbox: Outbox): void {
  const { leadership } = raft;
  if (leadership === null) return;
  const until = sendableIndex(raft, leadership, log);
  let round: number | null = null;
  for (const [to, progress] of leadership.progress) {
    if (progress.round !== null || progress.next > until || now < progress.pausedUntil) continue;
    round ??= openRound(raft, leadership, now);
    if (progress.next <= log.baseIndex) {
      sendPart(raft, log, to, progress, round, termToTell(raft, leadership, log), outbox);
    } else {
      sendAppend(raft, leadership, log, to, until, round, outbox);
    }
  }
}

function sendAppend(
  raft: RaftState,
  leadership: Leadership,
  log: LeaderLog,
  to: Region,
  until: LogIndex,
  round: number,
  outbox: Outbox,
): void {
  const progress = leadership.progress.get(to);
  if (progress === undefined) return;
  progress.round = round;
  const prevIndex = previousIndex(progress.next);
  const entries = log
    .entries(progress.next, APPEND_BYTES_MAX)
    .filter((entry) => entry.index <= until);
  outbox.sends.push({
    to,
    message: {
      type: "append",
      from: raft.config.self,
      term: termToTell(raft, leadership, log),
      incarnation: raft.config.incarnation,
      round,
      commitIndex: raft.commitIndex,
      prevIndex,
      prevTerm: log.termAt(prevIndex) ?? TERM_ZERO,
      entries,
    },
  });
}

/** Asks all followers for the lease, and how far their logs go. No row is written for it anywhere. */
export function renew(raft: RaftState, log: LeaderLog, now: Instant, outbox: Outbox): void {
  const { leadership, config } = raft;
  if (leadership === null) return;
  const lastIndex = sendableIndex(raft, leadership, log);
  leadership.renewAgainAt = addMs(now, PEER_PAUSE_MS);
  if (!mayTellOfBlock(raft, leadership)) return;
  const round = openRound(raft, leadership, now);
  for (const to of leadership.progress.keys()) {
    outbox.sends.push({
      to,
      message: {
        type: "renew",
        from: config.self,
        term: termToTell(raft, leadership, log),
        incarnation: config.incarnation,
        round,
        commitIndex: raft.commitIndex,
        lastIndex,
        lastTerm: log.termAt(lastIndex) ?? TERM_ZERO,
      },
    });
  }
}

/** Counts a follower's answer: towards the lease, and how far its log is known to be the leader's. */
export function onAccepted(raft: RaftState, log: LeaderLog, reply: Accepted, now: Instant): void {
  const { leadership, config } = raft;
  if (leadership === null || reply.block !== leadership.block) return;
  const mine = reply.incarnation === config.incarnation || planted("answer-to-dead-life-counted");
  if (!mine) return;
  countAnswer(raft, reply.from, reply.round, now);
  const progress = leadership.progress.get(reply.from);
  if (progress === undefined) return;
  if (progress.round === reply.round) progress.round = null;
  progress.pausedUntil = NEVER;
  const parting =
    reply.match === null ? part(log, reply) : { match: reply.match, upTo: reply.match };
  if (parting.match !== null && parting.match > progress.match) progress.match = parting.match;
  endSnapshot(progress);
  const next = nextIndex(logIndex(Math.max(progress.match, parting.upTo)));
  // A follower that did not hold what came before is tried again where the logs may part.
  if (reply.match === null || progress.next < next) progress.next = next;
}

/**
 * A call to a follower failed, or nobody answered it in time: it may be sent to again, though not because another one is
 * silent as well. Two that cannot be reached would else keep their leader asking for ever, whoever waits (L3).
 */
export function onUnreachable(raft: RaftState, from: Region, round: number, now: Instant): void {
  const all = raft.leadership?.progress;
  const progress = all?.get(from);
  if (all === undefined || progress?.round !== round) return;
  progress.round = null;
  progress.next = nextIndex(progress.match);
  progress.pausedUntil = addMs(now, PEER_PAUSE_MS);
  for (const other of all.values()) {
    const silent = other.round === null && other.pausedUntil !== NEVER;
    if (silent && other.pausedUntil <= now) other.pausedUntil = progress.pausedUntil;
  }
}

const NEVER = 0 as Instant;
