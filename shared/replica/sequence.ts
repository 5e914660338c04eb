/**
 * The order in which a replica took its changes in, over all groups: what a watch of a prefix resumes by.
 *
 * A place in it is kept with each key, in the row that is written anyhow. Places grow through all lives of the replica
 * without a row for the last one: while nobody watches, all changes have the last place of the present epoch, for nobody has been
 * told a place among them. Whoever begins to watch makes a life claim an epoch of its own, which is a row once a life.
 */
import type { Instant } from "../types.ts";
import { GONE_MS } from "./limits.ts";

/** A place in the sequence: behind those with smaller numbers. */
export type Place = number;

/** Before all changes. */
export const BEGINNING: Place = 0;

/** Places of one epoch. */
const EPOCH = 2 ** 32;

/** What is kept of the sequence, once somebody has watched. */
interface Claim {
  readonly version: 1;
  /** Names the store: of another one, places say nothing here. */
  readonly store: string;
  readonly epoch: number;
  readonly at: Instant;
  /** Keys that went at this place or before are not all remembered. */
  readonly forgotten: Place;
}

/** The replica's table of single values. */
export interface Meta {
  meta<T>(name: string): T | null;
  setMeta(name: string, value: unknown): void;
}

/** Those who are told places, as far as the sequence knows of them. */
export interface Watchers {
  /** Whether anybody is told the places of what is taken in. */
  watch(): boolean;
  /** A name for the store, drawn anew each time. */
  newStoreName(): string;
  /** The life has claimed an epoch of its own. */
  claimed(): void;
}

export const NOBODY: Watchers = { watch: () => false, newStoreName: () => "", claimed: () => {} };

const NAME = "watched";

export class Sequence {
  readonly #meta: Meta;
  readonly #watchers: Watchers;
  #claim: Claim | null | undefined;
  /** Places told in this life's own epoch; null where it has claimed none. */
  #count: number | null = null;
  #now = 0 as Instant;

  /** @param watchers those who are told places. */
  constructor(meta: Meta, watchers: Watchers) {
    this.#meta = meta;
    this.#watchers = watchers;
  }

  /** Told as each turn begins. */
  at(now: Instant): void {
    this.#now = now;
  }

  /** The place of the next change. */
  next(): Place {
    if (this.#watchers.watch()) this.claim();
    if (this.#count !== null) this.#count += 1;
    return this.head;
  }

  /** The place of the latest change, or one that no change has and that is behind all. */
  get head(): Place {
    const epoch = this.#known?.epoch ?? 0;
    return this.#count === null ? lastOf(epoch) : epoch * EPOCH + this.#count;
  }

  /** The store's name; null where nobody has watched yet. */
  get store(): string | null {
    return this.#known?.store ?? null;
  }

  /** Whether this life has an epoch of its own. */
  get isClaimed(): boolean {
    return this.#count !== null;
  }

  /** Somebody is told places from now on. Writes a row once a life, and again each half hour in which it is called. */
  claim(): void {
    const known = this.#known;
    const isFirst = this.#count === null;
    const { store, epoch, at, forgotten } = known ?? {
      store: this.#watchers.newStoreName(),
      epoch: 0,
      at: this.#now,
      forgotten: BEGINNING,
    };
    if (!isFirst && this.#now - at < GONE_MS / 2) return;
    this.#count ??= 0;
    this.#set({ version: 1, store, epoch: isFirst ? epoch + 1 : epoch, at: this.#now, forgotten });
    if (isFirst) this.#watchers.claimed();
  }

  /** Whether keys that go are to be remembered: somebody watches, or did a while ago and may resume. */
  get remembers(): boolean {
    const known = this.#known;
    return known !== null && this.#now - known.at < GONE_MS;
  }

  /** Keys that went up to here are remembered no longer. */
  forget(through: Place): void {
    const known = this.#known;
    if (known !== null && known.forgotten < through) this.#set({ ...known, forgotten: through });
  }

  /** Whether all that happened behind a place of this store is known. */
  reaches(place: Place): boolean {
    const known = this.#known;
    return known !== null && place > BEGINNING && place >= known.forgotten && place <= this.head;
  }

  get #known(): Claim | null {
    if (this.#claim === undefined) this.#claim = this.#meta.meta<Claim>(NAME);
    return this.#claim;
  }

  #set(claim: Claim): void {
    this.#meta.setMeta(NAME, claim);
    this.#claim = claim;
  }
}

/** The place of whatever happens behind the last place that was told of an epoch, until there is another. */
const lastOf = (epoch: number): Place => (epoch + 1) * EPOCH - 1;

/** As clients are told it: the region, the store, the epoch and the place in it. */
export const formatPlace = (region: string, store: string, place: Place): string =>
  `${region}.${store}.${Math.floor(place / EPOCH)}.${place % EPOCH}`;

export interface NamedPlace {
  readonly region: string;
  readonly store: string;
  readonly place: Place;
}

/** The place a text names, here or at another replica; null where it names none. */
export function parsePlace(text: string): NamedPlace | null {
  const parts = /^([a-z]+)\.([0-9a-f]{8})\.(\d{1,6})\.(\d{1,10})$/.exec(text);
  if (parts === null) return null;
  const [, region = "", store = "", epoch, count] = parts;
  return { region, store, place: Number(epoch) * EPOCH + Number(count) };
}
