/**
 * A process that wants locks: it asks through its Worker, and counts on its own clock how long it may rely on an answer.
 *
 * What it believes is written down in true time, which it never sees. It relies on a lock for the time to live that it
 * asked for, from when it sent the request that was granted (docs/protocols/lock.md), and no longer than it lives.
 */
import type { FencingToken } from "../../../shared/lock/lock.ts";
import type { Client } from "../../client.ts";
import type { Time } from "../../timeline.ts";
import type { Place } from "./layout.ts";

/** From when to when somebody relied on holding a lock. */
export interface Belief {
  readonly place: Place;
  readonly holder: string;
  readonly token: FencingToken;
  readonly from: Time;
  until: Time;
}

export class Holder {
  readonly name: string;
  readonly worker: Client;
  /** How fast its clock runs, for one that runs true. */
  readonly rate: number;
  /** Raised as its process dies. What an earlier one has asked for nobody hears. */
  life = 0;
  /** What it has been told last of each lock, whether or not it relies on that any more. */
  readonly #told = new Map<Place, Belief>();
  readonly #beliefs: Belief[];

  /** @param beliefs where all that it ever believes is kept. */
  constructor(name: string, worker: Client, rate: number, beliefs: Belief[]) {
    this.name = name;
    this.worker = worker;
    this.rate = rate;
    this.#beliefs = beliefs;
  }

  /** What it relies on now. */
  held(now: Time): Belief[] {
    return [...this.#told.values()].filter(({ until }) => until > now);
  }

  /** All that it was ever told it holds, the last word on each lock. */
  told(): Belief[] {
    return [...this.#told.values()];
  }

  /** It hears at `now` that it was granted what it asked for at `sentAt`. */
  granted(place: Place, token: FencingToken, ttlMs: number, sentAt: Time, now: Time): Belief {
    const before = this.#told.get(place);
    const until = Math.max(sentAt + ttlMs / this.rate, now);
    const belief: Belief = { place, holder: this.name, token, from: now, until };
    // Two answers may come out of order: the higher token is the one that counts.
    if (before !== undefined && before.token > token) return before;
    if (before !== undefined && before.until > now) {
      belief.until = Math.max(until, before.until);
      before.until = now;
    }
    this.#told.set(place, belief);
    this.#beliefs.push(belief);
    return belief;
  }

  /** It hears that what it relies on was renewed. */
  renewed(belief: Belief, ttlMs: number, sentAt: Time, now: Time): void {
    if (this.#told.get(belief.place) !== belief) return;
    const until = sentAt + ttlMs / this.rate;
    if (until <= now) return;
    if (belief.until >= now) belief.until = Math.max(belief.until, until);
    else this.granted(belief.place, belief.token, ttlMs, sentAt, now);
  }

  /** It relies on it no more: it gives it up, or hears that it is lost. */
  letGo(belief: Belief, now: Time): void {
    belief.until = Math.min(belief.until, now);
  }

  /** Its process dies, and another one takes its name. */
  die(now: Time): void {
    this.life += 1;
    for (const belief of this.#told.values()) this.letGo(belief, now);
  }
}
