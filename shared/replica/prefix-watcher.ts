/**
 * One watcher of a prefix, as a value, and what it is sent: changes as the replica takes them in, or, where it is
 * further behind, what has changed since.
 *
 * Catching up goes in rounds: the keys that went, then the keys that changed, between the watcher's place and where the
 * replica is when the round begins. What changes meanwhile has a later place and comes with the next round. So each
 * key's changes come in their order, those that followed one another perhaps as one.
 */
import type { StoredRecord } from "../store/entry.ts";
import type { Instant } from "../types.ts";
import { WATCH_PIECES_MAX } from "../watch/limits.ts";
import {
  type WatchChange,
  type WatchEnd,
  type WatchMessage,
  withoutBytes,
} from "../watch/message.ts";
import { selects } from "../watch/selector.ts";
import { fullAt, isFull, NEW_WINDOW, plus, type Window } from "../watch/window.ts";
import type { Change } from "./feed.ts";
import { BEGINNING, type Place } from "./sequence.ts";

export interface PrefixWatcher extends Window {
  readonly prefix: string;
  readonly values: boolean;
  /** Everything up to here was sent. */
  readonly place: Place;
  /** Where catching up is; null where it is not. */
  readonly round: Round | null;
  /** Whether it was sent everything there is. A life that begins knows by this that it need not look. */
  readonly current: boolean;
}

interface Round {
  readonly until: Place;
  /** Whether it is of everything there is, and begins with telling so. */
  readonly whole: boolean;
  readonly told: boolean;
  /** The last key that went that was looked at; null once all were. */
  readonly gone: GoneCursor | null;
  /** The last key that was looked at; null before the first. */
  readonly after: string | null;
}

export interface GoneCursor {
  readonly place: Place;
  readonly key: string;
}

/** A key that went, and where in the sequence. */
export interface GoneKey extends GoneCursor {
  readonly revision: StoredRecord["revision"];
}

/** A change that has just been taken in. */
export interface Placed {
  readonly place: Place;
  readonly change: Change;
}

/** What a watcher is sent from. */
export interface PrefixView {
  /** Up to where everything is confirmed. */
  readonly head: Place;
  /** What was taken in behind a place; null where that is not at hand. */
  recent(behind: Place): readonly Placed[] | null;
  /** Keys that start with a prefix, in their order, each with its place. */
  keys(prefix: string, after: string | null, limit: number): { key: string; place: Place }[];
  record(key: string): StoredRecord | null;
  gone(behind: GoneCursor, until: Place, limit: number): GoneKey[];
  /** A place as clients are told it. */
  format(place: Place): string;
}

export const prefixWatcher = (prefix: string, values: boolean, place: Place): PrefixWatcher => ({
  prefix,
  values,
  place,
  round: null,
  current: false,
  ...NEW_WINDOW,
});

/** One that is to be told everything there is. */
export const wholeWatcher = (prefix: string, values: boolean, until: Place): PrefixWatcher => ({
  ...prefixWatcher(prefix, values, BEGINNING),
  round: { until, whole: true, told: false, gone: null, after: null },
});

export interface PrefixAdvanced {
  readonly watcher: PrefixWatcher;
  readonly messages: readonly WatchMessage[];
  readonly end: WatchEnd | null;
  readonly more: boolean;
}

/** Keys looked at in one go. */
const PIECE_KEYS = 512;

/** Sends a watcher what it lacks and what fits into its window. */
export function advancePrefix(
  watcher: PrefixWatcher,
  view: PrefixView,
  now: Instant,
): PrefixAdvanced {
  const advance = new Advance(watcher, view);
  for (let pieces = 0; advance.isBehind; pieces++) {
    if (pieces === WATCH_PIECES_MAX) return advance.result(null, null, true);
    if (advance.piece()) continue;
    const { since, slow } = fullAt(watcher, now);
    const position = view.format(advance.place);
    return advance.result(since, slow ? { type: "slow", position } : null, false);
  }
  return advance.result(null, null, false);
}

class Advance {
  readonly #before: PrefixWatcher;
  readonly #view: PrefixView;
  readonly #messages: WatchMessage[] = [];
  #changes: WatchChange[] = [];
  #sent: PrefixWatcher["sent"];
  #round: Round | null;
  place: Place;

  constructor(watcher: PrefixWatcher, view: PrefixView) {
    this.#before = watcher;
    this.#view = view;
    this.#sent = watcher.sent;
    this.#round = watcher.round;
    this.place = watcher.place;
  }

  get isBehind(): boolean {
    return this.#round !== null || this.place < this.#view.head;
  }

  /** Goes a bounded way. False where there is no room. */
  piece(): boolean {
    const round = this.#round;
    if (round === null) {
      const recent = this.#view.recent(this.place);
      if (recent !== null) return this.#live(recent);
      const gone = { place: this.place, key: "\u{10ffff}" };
      this.#round = { until: this.#view.head, whole: false, told: true, gone, after: null };
      return true;
    }
    if (!round.told) this.#say("reset", { ...round, told: true });
    else if (round.gone !== null) return this.#goneKeys(round, round.gone);
    else return this.#changedKeys(round);
    return true;
  }

  result(fullSince: Instant | null, end: WatchEnd | null, more: boolean): PrefixAdvanced {
    this.#flush();
    const watcher = {
      ...this.#before,
      place: this.place,
      round: this.#round,
      sent: this.#sent,
      fullSince,
      current: !this.isBehind,
    };
    return { watcher, messages: this.#messages, end, more };
  }

  #live(recent: readonly Placed[]): boolean {
    for (const { place, change } of recent) {
      if (!this.#tell(change, place)) return false;
      this.place = place;
    }
    this.place = this.#view.head;
    return true;
  }

  #goneKeys(round: Round, cursor: GoneCursor): boolean {
    const page = this.#view.gone(cursor, round.until, PIECE_KEYS);
    for (const { key, place, revision } of page) {
      // What is there again is told with the keys that changed, in this round or a later one.
      const back = this.#view.record(key) !== null;
      if (!back && !this.#tell({ key, revision, value: null }, this.place)) return false;
      this.#round = { ...round, gone: { place, key } };
    }
    if (page.length < PIECE_KEYS) this.#round = { ...round, gone: null };
    return true;
  }

  #changedKeys(round: Round): boolean {
    const page = this.#view.keys(this.#before.prefix, round.after, PIECE_KEYS);
    for (const { key, place } of page) {
      const isWanted = round.whole
        ? place <= this.#view.head
        : place > this.place && place <= round.until;
      const record = isWanted ? this.#view.record(key) : null;
      if (record !== null && !this.#tell(record, this.place)) return false;
      this.#round = { ...round, after: key };
    }
    if (page.length < PIECE_KEYS) this.#finish(round);
    return true;
  }

  #finish({ until, whole }: Round): void {
    this.place = until;
    this.#say(whole ? "synced" : "position", null);
  }

  #say(type: "reset" | "synced" | "position", round: Round | null): void {
    this.#flush();
    this.#messages.push({ type, position: this.#view.format(this.place) });
    this.#round = round;
  }

  /** False where there is no room. What is told may be resumed behind `place`. */
  #tell({ key, revision, value }: Pick<Change, "key" | "revision" | "value">, place: Place) {
    if (!selects({ type: "prefix", prefix: this.#before.prefix }, key)) return true;
    if (isFull({ taken: this.#before.taken, sent: this.#sent })) return false;
    const whole = { position: this.#view.format(place), key, revision, value };
    const change = this.#before.values ? whole : withoutBytes(whole);
    this.#changes.push(change);
    this.#sent = plus(this.#sent, change);
    return true;
  }

  #flush(): void {
    if (this.#changes.length > 0) this.#messages.push({ type: "changes", changes: this.#changes });
    this.#changes = [];
  }
}
