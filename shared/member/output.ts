/** What a step asks its host to do. The host carries it out in the order of the fields. */
import type { PeerReply } from "../raft/messages.ts";
import type { Outbox } from "../raft/outbox.ts";
import type { FanOut } from "../replica/feed.ts";
import type { Instant, LogIndex, Region } from "../types.ts";
import type { AnyAnswer, AnyRequest, Caller, GroupRequest } from "./request.ts";
import type { Slot } from "./state.ts";
import type { WatcherOutput } from "./watch.ts";

/** Requests to pass to the member that should lead, whom their Worker could not reach. */
export interface Relay {
  readonly to: Region;
  readonly caller: Caller;
  readonly requests: readonly { readonly slot: Slot; readonly request: AnyRequest }[];
}

/** A request for another group, to the member that should lead it. */
export interface ErrandCall {
  readonly number: number;
  readonly group: string;
  readonly to: Region;
  readonly caller: Caller;
  readonly request: GroupRequest;
}

export interface Output extends Outbox {
  /** Calls to other groups, made before this turn's writes. */
  readonly errands: ErrandCall[];
  /** Replies to peers' messages; each waits until everything written before it is durable (R4). */
  readonly replies: { readonly slot: Slot; readonly reply: PeerReply }[];
  readonly relays: Relay[];
  readonly answers: { readonly slot: Slot; readonly answer: AnyAnswer }[];
  /** What goes into the queue for the replicas; left out where nothing does. */
  fanOut?: FanOut;
  /** Replicas to be told how far the group is, and asked how far they are. */
  readonly notices: { readonly region: Region; readonly through: LogIndex }[];
  /** What to do with watchers' sockets. */
  readonly watchers: WatcherOutput[];
  /** When the durable alarm shall ring; undefined where it stays as it is. */
  alarm?: Instant;
}

export const emptyOutput = (): Output => ({
  errands: [],
  sends: [],
  writes: [],
  sendsOnceDurable: [],
  replies: [],
  relays: [],
  notices: [],
  watchers: [],
  answers: [],
});
