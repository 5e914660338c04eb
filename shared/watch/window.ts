/**
 * How far a watcher may be ahead of its client: a window of changes and bytes, moved on as the client takes them (W2).
 */
import { planted } from "../planted.ts";
import { type Instant, msBetween } from "../types.ts";
import { WATCH_SLOW_MS, WATCH_WINDOW_BYTES, WATCH_WINDOW_CHANGES } from "./limits.ts";
import { type Amount, bytesOf, type WatchChange } from "./message.ts";

export interface Window {
  /** What was sent over this socket, and what of that was taken. */
  readonly sent: Amount;
  readonly taken: Amount;
  /** Since when there is more to send and no room for it; null where there is room, or nothing to send. */
  readonly fullSince: Instant | null;
}

const NOTHING: Amount = { changes: 0, bytes: 0 };

export const NEW_WINDOW: Window = { sent: NOTHING, taken: NOTHING, fullSince: null };

/** A value that is larger than a window goes through one that is empty. */
export function isFull({ taken, sent }: Pick<Window, "taken" | "sent">): boolean {
  if (planted("watch-without-window")) return false;
  return (
    sent.changes - taken.changes >= WATCH_WINDOW_CHANGES ||
    sent.bytes - taken.bytes >= WATCH_WINDOW_BYTES
  );
}

export const plus = (sent: Amount, change: WatchChange): Amount => ({
  changes: sent.changes + 1,
  bytes: sent.bytes + bytesOf(change),
});

/** There is more to send and no room: since when, and whether for too long, nothing having been taken since. */
export function fullAt(
  { fullSince }: Pick<Window, "fullSince">,
  now: Instant,
): { readonly since: Instant; readonly slow: boolean } {
  const since = fullSince ?? now;
  return { since, slow: msBetween(since, now) >= WATCH_SLOW_MS };
}

/** The Worker's word that its client has taken so much of what was sent over this socket. */
export function take<W extends Window>(window: W, { changes, bytes }: Amount): W {
  const taken: Amount = {
    changes: Math.min(window.sent.changes, Math.max(window.taken.changes, changes)),
    bytes: Math.min(window.sent.bytes, Math.max(window.taken.bytes, bytes)),
  };
  return { ...window, taken, fullSince: null };
}
