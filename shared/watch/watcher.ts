/**
 * One watcher of a group, as a value: what it watches, up to where it was sent everything, and how much of that it has
 * taken. Source: DESIGN.md §3; docs/protocols/watch.md. Owns W1 and W2.
 *
 * All of it is plain data that outlives the object's memory with its socket; so an object that wakes goes on where it
 * was, and another member, told the position alone, goes on there as well.
 */
import { assert } from "../assert.ts";
import type { FeedEntry } from "../replica/feed.ts";
import type { Instant, LogIndex } from "../types.ts";
import { WATCH_PIECES_MAX } from "./limits.ts";
import { type WatchChange, type WatchEnd, withoutBytes } from "./message.ts";
import { formatPosition, isAfter, nextEntry, type Position, through } from "./position.ts";
import { type Selector, selects } from "./selector.ts";
import { fullAt, isFull, NEW_WINDOW, plus, type Window } from "./window.ts";

export interface Watcher extends Window {
  readonly selector: Selector;
  /** False where changes shall come without their values. */
  readonly values: boolean;
  /** Everything up to here was sent. */
  readonly position: Position;
}

export const newWatcher = (selector: Selector, values: boolean, position: Position): Watcher => ({
  selector,
  values,
  position,
  ...NEW_WINDOW,
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

/** What a watcher is sent in one turn, as it is put together. */
class Advance {
  readonly #before: Watcher;
  readonly #changes: WatchChange[] = [];
  #position: Position;
  #sent: Watcher["sent"];

  constructor(watcher: Watcher) {
    this.#before = watcher;
    this.#position = watcher.position;
    this.#sent = watcher.sent;
  }

  get position(): Position {
    return this.#position;
  }

  /** Takes in what an entry has for the watcher. False where there is no room for all of it. */
  take(entry: FeedEntry): boolean {
    const expected = nextEntry(this.#position);
    assert(entry.index === expected, "W1", "a watch leaves no entry out", entry.index, expected);
    const matching = matchesBehind(this.#position, entry, this.#before.selector);
    for (const [at, place] of matching.entries()) {
      if (isFull({ taken: this.#before.taken, sent: this.#sent })) return false;
      const last = at === matching.length - 1;
      this.#position = last ? through(entry.index) : { index: entry.index, changes: place + 1 };
      const change = changeAt(entry, place, this.#position, this.#before.values);
      this.#changes.push(change);
      this.#sent = plus(this.#sent, change);
    }
    this.#position = through(entry.index);
    return true;
  }

  /** There is more to send, and no room for it: for too long, if the client has taken nothing since. */
  full(now: Instant): Advanced {
    const { since, slow } = fullAt(this.#before, now);
    const end: WatchEnd | null = slow ? { type: "slow", position: this.#text } : null;
    return { ...this.result(false), watcher: this.#after(since), end };
  }

  compacted(): Advanced {
    return { ...this.result(false), end: { type: "compacted", position: this.#text } };
  }

  result(more: boolean): Advanced {
    return { watcher: this.#after(null), changes: this.#changes, end: null, more };
  }

  get #text(): string {
    return formatPosition(this.#position);
  }

  #after(fullSince: Instant | null): Watcher {
    const { position } = this.#before;
    const forward = !isAfter(position, this.#position);
    assert(forward, "W1", "a watch goes forward", this.#position, position);
    return { ...this.#before, position: this.#position, sent: this.#sent, fullSince };
  }
}

/** Sends a watcher what is committed and fits into its window. */
export function advance(
  watcher: Watcher,
  log: ReadLog,
  commitIndex: LogIndex,
  now: Instant,
): Advanced {
  const advance = new Advance(watcher);
  for (let pieces = 0; nextEntry(advance.position) <= commitIndex; pieces++) {
    if (pieces === WATCH_PIECES_MAX) return advance.result(true);
    const entries = log(nextEntry(advance.position));
    if (entries === null) return advance.compacted();
    for (const entry of entries) {
      const { index } = entry;
      assert(index <= commitIndex, "W2", "what is watched is committed", index, commitIndex);
      if (!advance.take(entry)) return advance.full(now);
    }
  }
  return advance.result(false);
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
  const whole = { position: formatPosition(position), key, revision, value };
  return values ? whole : withoutBytes(whole);
}
