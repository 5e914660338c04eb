/** What a step asks its host to do. The host carries it out in the order of the fields. */
import type { PeerReply } from "../raft/messages.ts";
import type { Outbox } from "../raft/outbox.ts";
import type { Instant, Region } from "../types.ts";
import type { AnyAnswer, AnyRequest, Caller, GroupRequest } from "./request.ts";
import type { Slot } from "./state.ts";

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
  answers: [],
});
