/**
 * One watcher of a group, as a value: what it watches, up to where it was sent everything, and how much of that it has
 * taken. Source: DESIGN.md §3; docs/protocols/watch.md. Owns W1 and W2.
 *
 * All of it is plain data that outlives the object's memory with its socket; so an object that wakes goes on where it
 * was, and another member, told the position alone, goes on there as well.
 */
import { assert } from "../assert.ts";
import { planted } from "../planted.ts";
import type { FeedEntry } from "../replica/feed.ts";
import { type Instant, type LogIndex, msBetween } from "../types.ts";
import {
  WATCH_PIECES_MAX,
  WATCH_SLOW_MS,
  WATCH_WINDOW_BYTES,
  WATCH_WINDOW_CHANGES,
} from "./limits.ts";
import { type Amount, bytesOf, type WatchChange, type WatchEnd } from "./message.ts";
import { formatPosition, isAfter, nextEntry, type Position, through } from "./position.ts";
import { type Selector, selects } from "./selector.ts";

export interface Watcher {
  readonly selector: Selector;
  /** False where changes shall come without their values. */
  readonly values: boolean;
  /** Everything up to here was sent. */
  readonly position: Position;
  /** What was sent over this socket, and what of that was taken. */
  readonly sent: Amount;
  readonly taken: Amount;
  /** Since when there is more to send and no room for it; null where there is room, or nothing to send. */
  readonly fullSince: Instant | null;
}

const NOTHING: Amount = { changes: 0, bytes: 0 };

export const newWatcher = (selector: Selector, values: boolean, position: Position): Watcher => ({
  selector,
  values,
  position,
  sent: NOTHING,
  taken: NOTHING,
  fullSince: null,
});

/**
 * A piece of the log from an entry on, up to what is committed: one entry at least, where there is one. Null where that
 * entry is compacted away.
 */
export type ReadLog = (from: LogIndex) => readonly FeedEntry[] | null;

export interface Advanced {
  readonly watcher: Watcher;
  /** What to send, in order. */
  readonly changes: readonly WatchChange[];
  /** Set where the watcher is cut off, behind those. */
  readonly end: WatchEnd | null;
  /** Whether there is more to look at, and room for it: it is to be asked again soon. */
  readonly more: boolean;
}

/** Sends a watcher what is committed and fits into its window. */
export function advance(
  watcher: Watcher,
  log: ReadLog,
  commitIndex: LogIndex,
  now: Instant,
): Advanced {
  const changes: WatchChange[] = [];
  let { position, sent } = watcher;
  const result = (end: WatchEnd | null, more: boolean, fullSince: Instant | null): Advanced => {
    assert(
      !isAfter(watcher.position, position),
      "W1",
      "a watch goes forward",
      position,
      watcher.position,
    );
    return { watcher: { ...watcher, position, sent, fullSince }, changes, end, more };
  };
  for (let pieces = 0; nextEntry(position) <= commitIndex; pieces++) {
    if (pieces === WATCH_PIECES_MAX) return result(null, true, null);
    const entries = log(nextEntry(position));
    if (entries === null) return result(compacted(position), false, null);
    for (const entry of entries) {
      const expected = nextEntry(position);
      assert(entry.index === expected, "W1", "a watch leaves no entry out", entry.index, expected);
      assert(
        entry.index <= commitIndex,
        "W2",
        "what is watched is committed",
        entry.index,
        commitIndex,
      );
      const matching = matchesBehind(position, entry, watcher.selector);
      for (const [at, place] of matching.entries()) {
        if (isFull(watcher, sent)) return whenFull(watcher, position, now, result);
        const last = at === matching.length - 1;
        position = last ? through(entry.index) : { index: entry.index, changes: place + 1 };
        const change = changeAt(entry, place, position, watcher.values);
        changes.push(change);
        sent = { changes: sent.changes + 1, bytes: sent.bytes + bytesOf(change) };
      }
      position = through(entry.index);
    }
  }
  return result(null, false, null);
}

/** The places of an entry's changes that the watch is of and that were not delivered yet. */
function matchesBehind(
  { index, changes }: Position,
  entry: FeedEntry,
  selector: Selector,
): number[] {
  const done = entry.index === index ? (changes ?? 0) : 0;
  const places: number[] = [];
  for (let place = done; place < entry.changes.length; place++) {
    const change = entry.changes[place];
    if (change !== undefined && selects(selector, change.key)) places.push(place);
  }
  return places;
}

function changeAt(
  entry: FeedEntry,
  place: number,
  position: Position,
  values: boolean,
): WatchChange {
  const change = entry.changes[place];
  if (change === undefined) throw new Error(`entry ${entry.index} has no change ${place}`);
  const { key, revision, value } = change;
  const shown = value === null || values ? value : { ...value, bytes: NO_BYTES };
  return { position: formatPosition(position), key, revision, value: shown };
}

const NO_BYTES = new Uint8Array();

function isFull({ taken }: Watcher, sent: Amount): boolean {
  if (planted("watch-without-window")) return false;
  return (
    sent.changes - taken.changes >= WATCH_WINDOW_CHANGES ||
    sent.bytes - taken.bytes >= WATCH_WINDOW_BYTES
  );
}

/** There is more to send and no room: for too long, if none of the window was taken since. */
function whenFull(
  { fullSince }: Watcher,
  position: Position,
  now: Instant,
  result: (end: WatchEnd | null, more: boolean, fullSince: Instant | null) => Advanced,
): Advanced {
  const since = fullSince ?? now;
  const slow = msBetween(since, now) >= WATCH_SLOW_MS;
  const end: WatchEnd | null = slow ? { type: "slow", position: formatPosition(position) } : null;
  return result(end, false, since);
}

const compacted = (position: Position): WatchEnd => ({
  type: "compacted",
  position: formatPosition(position),
});

/** The Worker's word that its client has taken so much of what was sent over this socket. */
export function take(watcher: Watcher, { changes, bytes }: Amount): Watcher {
  const taken: Amount = {
    changes: Math.min(watcher.sent.changes, Math.max(watcher.taken.changes, changes)),
    bytes: Math.min(watcher.sent.bytes, Math.max(watcher.taken.bytes, bytes)),
  };
  return { ...watcher, taken, fullSince: null };
}
