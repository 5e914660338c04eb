/**
 * Where a watch's changes come from: whoever knows them now, found anew whenever that one is lost.
 */
import type { ErrorCode } from "../../shared/errors.ts";
import type { ObjectSocket } from "./object-socket.ts";

/** Where a watch goes on, or begins. */
export interface Connected<About> {
  readonly type: "connected";
  readonly socket: ObjectSocket;
  /** Everything up to here was delivered. */
  readonly position: string;
  /** What the answer to the client's request says of where the watch begins. */
  readonly about: About;
}

export interface NotConnected {
  readonly type: "refused";
  readonly code: ErrorCode;
  readonly detail: string;
}

export interface Source<About> {
  /**
   * Connects behind a position; at the watch's beginning where that is null.
   * @param silent whether it was connected before, and silence ended that
   */
  connect(position: string | null, silent: boolean): Promise<Connected<About> | NotConnected>;
  /** A client has been told everything up to here. */
  delivered(position: string): void;
}
