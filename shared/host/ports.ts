/**
 * What a member needs of the world: the ports its host runs on.
 *
 * The Durable Object is one adapter of them, the simulator the other, so what is simulated is what is deployed.
 */
import type { Answer, Caller, GroupRequest } from "../member/request.ts";
import type { WatcherId, WatcherOutput } from "../member/watch.ts";
import type { PeerMessage, PeerReply } from "../raft/messages.ts";
import type { FanOut } from "../replica/feed.ts";
import type { Sql } from "../store/sql.ts";
import type { Incarnation, Instant, LogIndex, Region } from "../types.ts";
import type { Watcher } from "../watch/watcher.ts";

/** Sockets that may outlive the object's memory, each with what is to be known of its watcher. */
export interface WatcherSockets {
  /** Those that an earlier life has left behind. */
  attached(): readonly { readonly id: WatcherId; readonly watcher: Watcher }[];
  /** Sends, keeps or closes, as it says. Whatever is sent over one socket arrives in order, or the socket breaks. */
  tell(output: WatcherOutput): void;
}

export interface Ports {
  /** The member's own database. */
  readonly sql: Sql;
  /** Resolves when everything written before the call survives a crash. Rejects where the disk failed. */
  confirm(): Promise<void>;
  /** The member's own clock. Read once, as an event arrives. */
  now(): Instant;
  /** Calls another member of the group. Settles within `PEER_CALL_MS`; a failure says nothing of the effect. */
  call(to: Region, message: PeerMessage): Promise<PeerReply>;
  /** Passes clients' requests on to another member, which is told `timeToAnswer`. Settles within the caller's deadline. */
  relay(to: Region, requests: readonly GroupRequest[], caller: Caller): Promise<Answer[]>;
  /** Asks a member of another group. Settles within the caller's deadline and `ANSWER_MS`. */
  ask(group: string, to: Region, request: GroupRequest, caller: Caller): Promise<Answer>;
  /** How replicas are fed; left out where the namespace has none. */
  readonly replicas?:
    | {
        /** Puts a message into the queue. Settles within `PEER_CALL_MS`; a message may be lost all the same. */
        send(message: FanOut): Promise<void>;
        /** Tells a replica how far the group is, and asks how far it is. Settles within `NOTICE_MS`. */
        notice(region: Region, through: LogIndex): Promise<LogIndex>;
      }
    | undefined;
  /** The sockets of those who watch; left out where nobody can. */
  readonly watchers?: WatcherSockets;
  /** Sets the durable alarm, replacing the one before. */
  setAlarm(at: Instant): void;
  /** Sets the timer that calls back while requests wait, replacing the one before; null clears it. */
  setTimer(at: Instant | null): void;
  /** Drawn anew for each life of the object. */
  readonly incarnation: Incarnation;
  /** Ends this life of the object at once; nobody is answered. */
  abort(reason: unknown): never;
}
