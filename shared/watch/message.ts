/**
 * What a watched object and the Worker that watches tell one another over their socket.
 *
 * Positions are texts here: whoever sends them knows what they mean, whoever passes them on need not.
 */
import type { Revision, Value } from "../types.ts";

/** One change of one key. */
export interface WatchChange {
  /** Everything up to and with this change was delivered. */
  readonly position: string;
  readonly key: string;
  readonly revision: Revision;
  /** Null where the key is gone. A watch without values has no bytes here. */
  readonly value: Value | null;
}

/** What the watched object says. */
export type WatchMessage =
  | { readonly type: "changes"; readonly changes: readonly WatchChange[] }
  /** Nothing is missing up to here. An answer to a check, given under the lease alone. */
  | { readonly type: "position"; readonly position: string }
  /** A replica's: what follows is everything it has, and no continuation of what came before. */
  | { readonly type: "reset"; readonly position: string }
  /** A replica's: everything has come. */
  | { readonly type: "synced"; readonly position: string };

/** Changes and their bytes, counted since the socket was opened. */
export interface Amount {
  readonly changes: number;
  readonly bytes: number;
}

/** What the Worker says. */
export type WorkerMessage =
  /** The client has taken so much. */
  | ({ readonly type: "taken" } & Amount)
  /** Do you still know all there is? */
  | { readonly type: "check" };

/** Why a watched object closes a socket. */
export type WatchEnd =
  /** This member leads no longer; `leader` where it knows who does. */
  | { readonly type: "moved"; readonly leader: string | null }
  /** Its window was full for too long. */
  | { readonly type: "slow"; readonly position: string }
  /** The changes behind its position are kept no longer. */
  | { readonly type: "compacted"; readonly position: string }
  /** The object has as many watchers as it takes. */
  | { readonly type: "crowded" };

/** About how many bytes a change takes on its way beside its key and value. */
const CHANGE_BYTES = 128;

export const bytesOf = ({ key, value }: WatchChange): number =>
  CHANGE_BYTES + key.length + (value?.bytes.byteLength ?? 0);

const NO_BYTES = new Uint8Array();

/** A change as it is told to whoever wants no values: that there is one, and not what it is. */
export const withoutBytes = (change: WatchChange): WatchChange =>
  change.value === null ? change : { ...change, value: { ...change.value, bytes: NO_BYTES } };
