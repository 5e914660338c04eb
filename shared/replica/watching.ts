/**
 * Those who watch prefixes at a replica: told what it has taken in, once that is confirmed.
 */

import type { Instant, Ms } from "../types.ts";
import { ms } from "../types.ts";
import { WATCHERS_MAX } from "../watch/limits.ts";
import type { WatchEnd, WatchMessage, WorkerMessage } from "../watch/message.ts";
import { take } from "../watch/window.ts";
import type { Journal } from "./journal.ts";
import {
  advancePrefix,
  type Placed,
  type PrefixView,
  type PrefixWatcher,
  prefixWatcher,
  wholeWatcher,
} from "./prefix-watcher.ts";
import { formatPlace, type Place, parsePlace, type Sequence, type Watchers } from "./sequence.ts";
import type { ReplicaStore } from "./store.ts";

/** What a watch of a prefix asks of a replica. */
export interface PrefixAsk {
  readonly prefix: string;
  readonly values: boolean;
  /** Where it goes on, here or, as it was told, elsewhere; null where it begins with what is new. */
  readonly behind: string | null;
}

/** What to do with one watcher's socket. */
export interface PrefixOutput {
  readonly id: string;
  /** To be kept with the socket; null where it is closed. */
  readonly keep: PrefixWatcher | null;
  readonly messages: readonly WatchMessage[];
  /** Set where the socket is to be closed. */
  readonly end: WatchEnd | null;
}

/** Sockets that may outlive the object's memory. */
export interface PrefixSockets {
  attached(): readonly { readonly id: string; readonly watcher: PrefixWatcher }[];
  tell(output: PrefixOutput): void;
  /** Names the store, where it has no name yet: eight hexadecimal digits, drawn anew each time. */
  newStoreName(): string;
}

export interface WatchingParts {
  readonly region: string;
  readonly journal: Journal;
  readonly sockets: PrefixSockets;
  readonly now: () => Instant;
  readonly sleep: (duration: Ms) => Promise<void>;
}

/** Between two looks at watchers that are far behind, for others to come in between. */
const BREATH_MS: Ms = ms(1);

export class Watching implements Watchers {
  readonly #parts: WatchingParts;
  readonly #watchers = new Map<string, PrefixWatcher>();
  /** Those that have not been told where their watch begins. */
  readonly #opening = new Set<string>();
  #store: ReplicaStore | null = null;
  /** What was taken in behind `#floor`. */
  #recent: Placed[] = [];
  #floor: Place = Number.POSITIVE_INFINITY;
  #due = false;
  #telling = false;

  constructor(parts: WatchingParts) {
    this.#parts = parts;
    for (const { id, watcher } of parts.sockets.attached()) this.#watchers.set(id, watcher);
  }

  /** What is watched; it is made with this as its watchers. */
  of(store: ReplicaStore): void {
    this.#store = store;
  }

  watch(): boolean {
    return this.#watchers.size > 0;
  }

  newStoreName(): string {
    return this.#parts.sockets.newStoreName();
  }

  /** Places begin anew, behind all earlier ones: whoever had everything still has. */
  claimed(): void {
    const { head } = this.#sequence;
    this.#recent = [];
    this.#floor = head;
    for (const [id, watcher] of this.#watchers) {
      if (watcher.current) this.#watchers.set(id, { ...watcher, place: head });
    }
  }

  /** A change was taken in; null for a group's whole state, which is not told a change at a time. */
  taken(placed: Placed | null): void {
    const watched = this.#watchers.size > 0;
    if (placed !== null && watched) {
      this.#recent.push(placed);
    } else {
      // Whoever comes back from before this finds it in the records.
      this.#recent = [];
      this.#floor = this.#sequence.head;
    }
    if (watched) this.#tellSoon();
  }

  open(id: string, { prefix, values, behind }: PrefixAsk): void {
    if (this.#watchers.size >= WATCHERS_MAX) {
      this.#parts.sockets.tell({ id, keep: null, messages: [], end: { type: "crowded" } });
      return;
    }
    this.#sequence.claim();
    const { head } = this.#sequence;
    const place = behind === null ? head : this.#placeHere(behind);
    const watcher =
      place === null ? wholeWatcher(prefix, values, head) : prefixWatcher(prefix, values, place);
    this.#watchers.set(id, watcher);
    this.#opening.add(id);
    this.#tellSoon();
  }

  hear(id: string, message: WorkerMessage): void {
    const watcher = this.#watchers.get(id);
    if (watcher === undefined) return;
    if (message.type === "taken") {
      this.#watchers.set(id, take(watcher, message));
      if (!watcher.current) this.#tellSoon();
      return;
    }
    const messages: WatchMessage[] = [{ type: "position", position: this.#format(watcher.place) }];
    this.#parts.sockets.tell({ id, keep: watcher, messages, end: null });
  }

  close(id: string): void {
    this.#watchers.delete(id);
    this.#opening.delete(id);
  }

  get #sequence(): Sequence {
    return this.#opened.sequence;
  }

  get #opened(): ReplicaStore {
    if (this.#store === null) throw new Error("a replica is watched before it has a store");
    return this.#store;
  }

  /** The place where the watch goes on; null where not all that happened behind it is known here. */
  #placeHere(behind: string): Place | null {
    const named = parsePlace(behind);
    if (named === null || named.region !== this.#parts.region) return null;
    const known = named.store === this.#sequence.store && this.#sequence.reaches(named.place);
    return known ? named.place : null;
  }

  #tellSoon(): void {
    this.#due = true;
    if (!this.#telling) this.#tell().catch(ended);
  }

  /** What is told is confirmed first, so that no crash takes back what somebody has seen. */
  async #tell(): Promise<void> {
    this.#telling = true;
    const { journal, sleep } = this.#parts;
    try {
      while (this.#due) {
        this.#due = false;
        // Whoever is told of places is told those of an epoch of this life's own.
        journal.turn(() => this.#sequence.claim());
        const { head } = this.#sequence;
        await journal.settled();
        const more = journal.turn(() => this.#move(head));
        if (!more) continue;
        this.#due = true;
        await sleep(BREATH_MS);
      }
    } finally {
      this.#telling = false;
    }
  }

  /** Tells everybody what there is up to a place. Gives whether somebody has room for more. */
  #move(head: Place): boolean {
    const now = this.#parts.now();
    const view = this.#view(head);
    let anyMore = false;
    for (const [id, before] of this.#watchers) {
      const { watcher, messages, end, more } = advancePrefix(before, view, now);
      const begun: WatchMessage[] = this.#opening.delete(id)
        ? [{ type: "position", position: this.#format(before.place) }]
        : [];
      const keep = end === null ? watcher : null;
      if (keep === null) this.close(id);
      else this.#watchers.set(id, keep);
      anyMore ||= more;
      this.#parts.sockets.tell({ id, keep, messages: [...begun, ...messages], end });
    }
    // Whoever has no room catches up from the records.
    if (this.#floor < head) {
      this.#recent = this.#recent.filter(({ place }) => place > head);
      this.#floor = head;
    }
    return anyMore;
  }

  #view(head: Place): PrefixView {
    const store = this.#opened;
    return {
      head,
      recent: (behind) =>
        behind < this.#floor
          ? null
          : this.#recent.filter(({ place }) => place > behind && place <= head),
      keys: (prefix, after, limit) => store.places(prefix, after, limit),
      record: (key) => store.get(key),
      gone: (cursor, until, limit) => store.gone.behind(cursor, until, limit),
      format: (place) => this.#format(place),
    };
  }

  #format(place: Place): string {
    return formatPlace(this.#parts.region, this.#sequence.store ?? "", place);
  }
}

/** Telling fails only by an abort, which has ended this life: nobody is left to tell. */
const ended = () => {};
