/**
 * The leader lease: the right to answer strong reads alone, for a bounded time.
 *
 * Source: Ongaro's thesis §6.4.1. The lease counts from when a round was sent, not from its answers, and only
 * durations of one clock are compared. Owns L1 and L2.
 */
import { planted } from "../planted.ts";
import { addMs, type Instant, type Region } from "../types.ts";
import { leaderLeaseMs, quorum } from "./config.ts";
import type { Leadership, RaftState } from "./state.ts";

/** Whether the lease holds at `now`. A quorum of one asks nobody. */
export function leaseHolds(raft: RaftState, now: Instant): boolean {
  if (raft.leadership === null) return false;
  if (planted("lease-without-end") && raft.leadership.leaseUntil > 0) return true;
  return quorum(raft.config) === 1 || now < raft.leadership.leaseUntil;
}

/** Whether a leader has committed in its own block, and so knows all that was ever acknowledged. */
export function hasCommittedInBlock(raft: RaftState): boolean {
  const { leadership, commitIndex } = raft;
  if (leadership === null) return false;
  if (planted("serves-before-noop")) return true;
  if (leadership.baseInBlock) return commitIndex >= leadership.baseIndex;
  return leadership.firstIndex !== null && commitIndex >= leadership.firstIndex;
}

/** Whether a follower has answered a round that was sent at `since` or later. */
export function answeredSince({ answered }: Leadership, follower: Region, since: Instant): boolean {
  const sentAt = answered.get(follower);
  return sentAt !== undefined && sentAt >= since;
}

/** Whether less than half of the lease is left; never where no round is needed for it. */
export function leaseRunsOut({ leadership, config }: RaftState, now: Instant): boolean {
  if (leadership === null || quorum(config) === 1) return false;
  return leadership.leaseUntil - now < leaderLeaseMs(config) / 2;
}

/** Whether a strong read may be answered at `now`, from storage, in this very turn (L2). */
export function mayServeReads(raft: RaftState, now: Instant): boolean {
  return leaseHolds(raft, now) && hasCommittedInBlock(raft);
}

/** Counts an answered round towards the lease, from when the round was sent (L1). */
export function countAnswer(raft: RaftState, from: Region, round: number, now: Instant): void {
  const { leadership, config } = raft;
  const opened = leadership?.rounds.get(round);
  const sentAt = planted("lease-counts-from-answer") && opened !== undefined ? now : opened;
  if (leadership === null || sentAt === undefined) return;
  const latest = leadership.answered.get(from);
  if (latest === undefined || latest < sentAt) leadership.answered.set(from, sentAt);
  const times = [...leadership.answered.values(), now].sort((a, b) => b - a);
  const since = times[quorum(config) - 1];
  if (since === undefined) return;
  const until = addMs(since, leaderLeaseMs(config));
  if (until > leadership.leaseUntil) leadership.leaseUntil = until;
}
