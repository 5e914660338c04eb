/**
 * What the raft core asks for: calls to other members, and changes of the disk.
 *
 * Two outboxes keep "send now" apart from "send once durable", as etcd's raft does: whatever tells of a vote or
 * a win waits for the disk (R4).
 */
import type { Write } from "../store/write.ts";
import type { Region } from "../types.ts";
import type { PeerMessage } from "./messages.ts";

export interface Outgoing {
  readonly to: Region;
  readonly message: PeerMessage;
}

export interface Outbox {
  /** Calls made before this turn's writes: on the platform a message behind a write waits for the disk. */
  readonly sends: Outgoing[];
  readonly writes: Write[];
  /** Calls that tell of what this turn writes, made once the disk has confirmed it. */
  readonly sendsOnceDurable: Outgoing[];
}
