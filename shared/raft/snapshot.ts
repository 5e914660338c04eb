/**
 * Snapshots: bringing a follower up whose log no longer meets the leader's.
 *
 * Source: Raft §7. Parts are sent one after the other, each answered with the part wanted next, so a lost, repeated or
 * late one does no harm. The follower keeps its own log and state until the last part takes their place.
 */
import { SNAPSHOT_BYTES_MAX } from "../limits.ts";
import { planted } from "../planted.ts";
import type { StoreView } from "../store/view.ts";
import { type Instant, nextIndex, type Region } from "../types.ts";
import { accepted, type FollowerLog, follow, holds, stale } from "./follower.ts";
import type { HardState } from "./hard-state.ts";
import { countAnswer } from "./lease.ts";
import type { PeerReply, SnapshotMessage } from "./messages.ts";
import type { Outbox } from "./outbox.ts";
import type { LeaderLog } from "./replication.ts";
import type { Progress, RaftState, SnapshotProgress } from "./state.ts";
import { TERM_ZERO, type Term } from "./term.ts";

/**
 * A snapshot of what the leader's own log begins with. The entries behind it follow as appends, so the follower has
 * the whole history window too, should it lead.
 */
function begin(raft: RaftState, log: LeaderLog): SnapshotProgress {
  const lastIndex = planted("snapshot-forgets-history") ? raft.commitIndex : log.baseIndex;
  return {
    lastIndex,
    lastTerm: log.termAt(lastIndex) ?? TERM_ZERO,
    lastAt: log.timeAt(lastIndex),
    part: 0,
    cursors: [null],
  };
}

/** Sends a follower the part it wants next. Compaction beyond the snapshot's index makes it begin anew. */
export function sendPart(
  raft: RaftState,
  log: LeaderLog,
  to: Region,
  progress: Progress,
  round: number,
  term: Term,
  outbox: Outbox,
): void {
  if (progress.snapshot === null || progress.snapshot.lastIndex < log.baseIndex) {
    progress.snapshot = begin(raft, log);
  }
  const { part, cursors, lastIndex, lastTerm, lastAt } = progress.snapshot;
  const { rows, next } = log.snapshotPart(lastIndex, cursors[part] ?? null, SNAPSHOT_BYTES_MAX);
  if (next !== null) cursors[part + 1] = next;
  progress.round = round;
  outbox.sends.push({
    to,
    message: {
      type: "snapshot",
      from: raft.config.self,
      term,
      incarnation: raft.config.incarnation,
      round,
      commitIndex: raft.commitIndex,
      lastIndex,
      lastTerm,
      lastAt,
      part,
      rows,
      done: next === null,
    },
  });
}

/** Takes a part of a snapshot; with the last one, log and state are the leader's as of its index. */
export function onSnapshot(
  raft: RaftState,
  hard: HardState,
  log: FollowerLog & Pick<StoreView, "staged">,
  message: SnapshotMessage,
  now: Instant,
  outbox: Outbox,
): PeerReply {
  if (message.term.block < hard.block) return stale(raft, hard);
  follow(raft, hard, message, now, outbox);
  const { lastIndex, lastTerm, incarnation, part } = message;
  if (holds(log, lastIndex, lastTerm)) return accepted(raft, message, log, lastIndex);

  const { staged } = log;
  const same =
    staged !== null && staged.lastIndex === lastIndex && staged.incarnation === incarnation;
  const wanted = same ? staged.nextPart : 0;
  if (part !== wanted && part !== 0) return wants(raft, message, wanted);
  const nextPart = part + 1;
  outbox.writes.push({
    type: "stage",
    staged: { lastIndex, lastTerm, incarnation, nextPart },
    rows: message.rows,
  });
  if (!message.done) return wants(raft, message, nextPart);
  outbox.writes.push({ type: "install", lastIndex, lastTerm, at: message.lastAt });
  if (raft.durableIndex > lastIndex) raft.durableIndex = lastIndex;
  if (raft.commitIndex < lastIndex) raft.commitIndex = lastIndex;
  return accepted(raft, message, message, lastIndex);
}

function wants(raft: RaftState, message: SnapshotMessage, nextPart: number): PeerReply {
  return {
    type: "staged",
    from: raft.config.self,
    block: message.term.block,
    incarnation: message.incarnation,
    round: message.round,
    lastIndex: message.lastIndex,
    nextPart,
  };
}

/** The follower took a part: the next one goes out as the turn ends. */
export function onStaged(
  raft: RaftState,
  reply: Extract<PeerReply, { type: "staged" }>,
  now: Instant,
): void {
  const { leadership, config } = raft;
  if (leadership === null || reply.block !== leadership.block) return;
  if (reply.incarnation !== config.incarnation) return;
  countAnswer(raft, reply.from, reply.round, now);
  const progress = leadership.progress.get(reply.from);
  if (progress?.round !== reply.round) return;
  progress.round = null;
  const { snapshot } = progress;
  if (snapshot === null || snapshot.lastIndex !== reply.lastIndex) return;
  // A part whose beginning is not known was never sent in this life: the snapshot begins anew.
  snapshot.part = reply.nextPart < snapshot.cursors.length ? reply.nextPart : 0;
}

/** A follower holds the snapshot: from there on it is sent the log. */
export function endSnapshot(progress: Progress): void {
  if (progress.snapshot === null || progress.match < progress.snapshot.lastIndex) return;
  progress.snapshot = null;
  progress.next = nextIndex(progress.match);
}
