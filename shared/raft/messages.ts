/**
 * What members say to one another. Each message is a call with one reply; docs/protocols/raft.md has the table.
 *
 * Calls may be lost, repeated and late, so a message means the same whenever it arrives: it names its block, and
 * what a leader counts names the round and the life of the object that asked.
 */
import type { Entry } from "../store/entry.ts";
import type { SnapshotRow } from "../store/snapshot.ts";
import type { Block, Incarnation, Instant, LogIndex, Ms, Region } from "../types.ts";
import type { LogPoint } from "./log-match.ts";
import type { Term } from "./term.ts";

/** Releases the promises made to a leader that handed over: `from` gave up `block`, for block + 1 alone. */
export interface Permission {
  readonly from: Region;
  readonly block: Block;
}

/** Asks for a vote in `block`, or, as a pre-vote, whether it would be granted. */
export interface VoteMessage {
  readonly type: "vote";
  readonly pre: boolean;
  readonly from: Region;
  readonly block: Block;
  /** The candidate's campaign; the reply repeats it, and an answer to another one is ignored. */
  readonly campaign: number;
  readonly incarnation: Incarnation;
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  readonly permission: Permission | null;
}

interface LeaderMessage {
  readonly from: Region;
  /** The leader's term: of its wake, or, before its first write, of the one it resumed. */
  readonly term: Term;
  readonly incarnation: Incarnation;
  /** The lease counts from when this round was sent. */
  readonly round: number;
  readonly commitIndex: LogIndex;
}

/** Entries behind `prevIndex`. */
export interface AppendMessage extends LeaderMessage {
  readonly type: "append";
  readonly prevIndex: LogIndex;
  readonly prevTerm: Term;
  readonly entries: readonly Entry[];
}

/** Renews the lease, and asks how far the follower's log goes, at no row's cost. */
export interface RenewMessage extends LeaderMessage {
  readonly type: "renew";
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
}

/** A part of the state as of (`lastIndex`, `lastTerm`), for a follower the log no longer reaches. */
export interface SnapshotMessage extends LeaderMessage, LogPoint {
  readonly type: "snapshot";
  /** When the entry at `lastIndex` was appended. */
  readonly lastAt: Instant;
  /** 0 for the first; parts are taken in order. */
  readonly part: number;
  readonly rows: readonly SnapshotRow[];
  readonly done: boolean;
}

/** The leader of `permission.block` has given it up: the receiver may campaign at once. */
export interface HandOverMessage {
  readonly type: "hand-over";
  readonly permission: Permission;
}

export type PeerMessage =
  | VoteMessage
  | AppendMessage
  | RenewMessage
  | SnapshotMessage
  | HandOverMessage;

export type PeerReply =
  | {
      readonly type: "voted";
      readonly from: Region;
      readonly pre: boolean;
      readonly granted: boolean;
      readonly campaign: number;
      readonly incarnation: Incarnation;
      /** The voter's own block: a candidate behind it campaigns above it next. */
      readonly block: Block;
      /** How long a promise still binds the voter, on its own clock; 0 where that is not the reason. */
      readonly waitMs: Ms;
    }
  | {
      /** An append or renewal was accepted, and the promise given. */
      readonly type: "accepted";
      readonly from: Region;
      readonly block: Block;
      readonly incarnation: Incarnation;
      readonly round: number;
      /** The index up to which the logs are known to be the same; null where the message did not show it. */
      readonly match: LogIndex | null;
      readonly lastIndex: LogIndex;
      readonly lastTerm: Term;
    }
  | {
      /** A snapshot's part was taken, or another one is wanted first. */
      readonly type: "staged";
      readonly from: Region;
      readonly block: Block;
      readonly incarnation: Incarnation;
      readonly round: number;
      readonly lastIndex: LogIndex;
      readonly nextPart: number;
    }
  | {
      /** A hand-over was taken up. */
      readonly type: "taken";
      readonly from: Region;
    }
  | {
      /** The message is of a term that is over. */
      readonly type: "stale";
      readonly from: Region;
      readonly block: Block;
      /** Whom this member promised in that block: who should lead now. */
      readonly leader: Region | null;
    };
