/**
 * What can happen to a member. Each event carries the time its host read as it arrived.
 */
import type { PeerMessage, PeerReply } from "../raft/messages.ts";
import type { Term } from "../raft/term.ts";
import type { Instant, LogIndex, Region } from "../types.ts";
import type { Amount } from "../watch/message.ts";
import type { Watcher } from "../watch/watcher.ts";
import type { Answer, AnyAnswer, AnyRequest, Caller } from "./request.ts";
import type { Slot } from "./state.ts";
import type { WatcherId } from "./watch.ts";

export type MemberEvent =
  | {
      /** A client's request. Its answer carries the same slot. */
      readonly type: "request";
      readonly now: Instant;
      readonly slot: Slot;
      readonly request: AnyRequest;
      readonly caller: Caller;
    }
  | {
      /** The turn ends: what was evaluated in it goes to the followers and to the disk. */
      readonly type: "turn-end";
      readonly now: Instant;
    }
  | {
      /** The disk has confirmed the log up to the entry of this index and term. */
      readonly type: "confirmed";
      readonly now: Instant;
      readonly through: LogIndex;
      readonly term: Term;
    }
  | {
      /** Another member calls. The reply carries the same slot. */
      readonly type: "message";
      readonly now: Instant;
      readonly slot: Slot;
      readonly message: PeerMessage;
    }
  | {
      /** Another member replied to a call. */
      readonly type: "reply";
      readonly now: Instant;
      readonly reply: PeerReply;
    }
  | {
      /** A call failed, or was not answered in time; it may have had its effect. */
      readonly type: "unreachable";
      readonly now: Instant;
      readonly from: Region;
      readonly message: PeerMessage;
    }
  | {
      /** The member that leads answered requests that were passed on to it. */
      readonly type: "relayed";
      readonly now: Instant;
      readonly answers: { readonly slot: Slot; readonly answer: AnyAnswer }[];
    }
  | {
      /** Requests could not be passed to the member that should lead. */
      readonly type: "relay-failed";
      readonly now: Instant;
      readonly to: Region;
      readonly slots: readonly Slot[];
    }
  | {
      /** Another group's member answered; null where it could not be reached, or the call took too long. */
      readonly type: "errand";
      readonly now: Instant;
      readonly number: number;
      readonly answer: Answer | null;
    }
  | {
      /** The queue has taken what was handed to it last, or failed to. */
      readonly type: "fanned";
      readonly now: Instant;
    }
  | {
      /** The group's replicas are others than this life began with: what is known of the namespace was out of date. */
      readonly type: "followed";
      readonly now: Instant;
      readonly replicas: readonly Region[];
    }
  | {
      /** A replica has said how far it is; null where it could not be asked. */
      readonly type: "noticed";
      readonly now: Instant;
      readonly region: Region;
      readonly index: LogIndex | null;
    }
  | {
      /** A socket was opened for a watch that this member has answered. */
      readonly type: "watch-open";
      readonly now: Instant;
      readonly id: WatcherId;
      readonly watcher: Watcher;
    }
  | {
      /** A watcher's client has taken so much of what it was sent. */
      readonly type: "watch-taken";
      readonly now: Instant;
      readonly id: WatcherId;
      readonly amount: Amount;
    }
  | {
      /** A watcher asked whether this member leads, and has been answered. */
      readonly type: "watch-checked";
      readonly now: Instant;
      readonly id: WatcherId;
      readonly leads: boolean;
    }
  | {
      /** A watcher's socket is closed. */
      readonly type: "watch-closed";
      readonly now: Instant;
      readonly id: WatcherId;
    }
  | {
      /** The time a turn's output asked for has come. Only while somebody waits. */
      readonly type: "timer";
      readonly now: Instant;
    }
  | {
      /** The durable alarm rang. It may ring twice, late, or for nothing. */
      readonly type: "alarm";
      readonly now: Instant;
    };
