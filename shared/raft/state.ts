/**
 * What a member holds in memory. All of it is lost at a restart; what must not be is in the hard state and
 * the log.
 */

import type { SnapshotCursor } from "../store/snapshot.ts";
import type { Block, Incarnation, Instant, LogIndex, Region, Wake } from "../types.ts";
import type { RaftConfig } from "./config.ts";
import type { LogPoint } from "./log-match.ts";
import type { Permission } from "./messages.ts";

/** What a leader knows of one follower. */
export interface Progress {
  /** The last index this follower is known to hold as the leader does. */
  match: LogIndex;
  /** The next index to send it; behind `match`, a guess that its answers correct. */
  next: LogIndex;
  /** The round it has not answered yet; at most one is under way. */
  round: number | null;
  /** After a call failed, no other is made before this time. */
  pausedUntil: Instant;
  /** The snapshot it is being sent, as its log no longer meets this one; null where it is not. */
  snapshot: SnapshotProgress | null;
}

/** How far a follower has been sent a snapshot. */
export interface SnapshotProgress extends LogPoint {
  readonly lastAt: Instant;
  part: number;
  /** Where the part before ended; null for the first. */
  readonly cursors: (SnapshotCursor | null)[];
}

/** A hand-over under way: nothing new is appended until `to` has all there is. */
export interface Transfer {
  readonly to: Region;
  /** When it began: the heir must have answered a round sent since, or nobody might lead for a while. */
  readonly since: Instant;
  /** When it is given up. */
  readonly until: Instant;
}

export interface Leadership {
  readonly block: Block;
  /** True for one that woke in a block it had won before, false for one that has just won it. */
  readonly resumed: boolean;
  /** The log's end when it became leader. */
  readonly baseIndex: LogIndex;
  /** Whether the entry at `baseIndex` is of this block; with a born group's empty log it counts as such. */
  readonly baseInBlock: boolean;
  /** The wake of its terms, taken with its first write; null before. */
  wake: Wake | null;
  /** The first index of that wake; null before. */
  firstIndex: LogIndex | null;
  transfer: Transfer | null;
  /** When its lease ends, on its own clock. */
  leaseUntil: Instant;
  /** When each round that may still be answered was sent. */
  readonly rounds: Map<number, Instant>;
  nextRound: number;
  /** After a round was sent, no renewal is before this time: its answers are under way. */
  renewAgainAt: Instant;
  /** When the latest round was sent that each follower answered. */
  readonly answered: Map<Region, Instant>;
  readonly progress: Map<Region, Progress>;
}

/** What a member has promised, until when on its own clock. */
export interface LeasePromise {
  readonly to: Region;
  readonly block: Block;
  readonly until: Instant;
  readonly incarnation: Incarnation | null;
}

export interface Heir {
  readonly region: Region;
  readonly until: Instant;
}

/** A candidate's campaign: first a pre-vote, then the election. */
export interface Campaign {
  /** Names the campaign within this life of the object. */
  readonly number: number;
  readonly pre: boolean;
  readonly block: Block;
  /** When the votes were asked for: a winner's lease counts from here. */
  readonly sentAt: Instant;
  readonly votes: Set<Region>;
  readonly permission: Permission | null;
  /** When to ask again, where this has come to nothing: the first promise in the way is over then. */
  againAt: Instant;
  /** Whether a voter has said how long its promise binds it. */
  waits: boolean;
}

export interface RaftState {
  readonly config: RaftConfig;
  leadership: Leadership | null;
  campaign: Campaign | null;
  /**
   * Whom this member handed over to, or was told leads now, until it hears of a leader itself. Believed no longer than a
   * lease: an heir that found no quorum names this member, and clients would be sent to and fro.
   */
  heir: Heir | null;
  nextCampaign: number;
  /** The highest block heard of; a campaign goes above it. */
  highestBlock: Block;
  /** The last position known to be on a quorum, as far as this member has been told. */
  commitIndex: LogIndex;
  /** The last position confirmed on this member's own disk. */
  durableIndex: LogIndex;
  promise: LeasePromise | null;
  /** Until then a member that has just woken refuses everyone but whom it promised; it forgot how long. */
  readonly wakeUntil: Instant;
}
