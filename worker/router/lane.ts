/**
 * Riding: how requests for one group share calls to its leader.
 *
 * One call is under way at a time; whoever comes meanwhile waits and goes with the next, so that the
 * busier a group is, the more requests a call carries. The requests live in different events of one
 * isolate, and any of them may vanish without a word. So nobody waits for ever: a call that has been
 * under way too long counts as over, and the next who comes makes one with all who wait.
 *
 * Pure: it says who goes with whom, and calls nobody.
 */
import type { Instant, Ms } from "../../shared/types.ts";

/** A request on its way, as far as sharing a call goes. */
export interface Passenger {
  /** Bytes of values it brings along. */
  readonly bytes: number;
  /** The call it is in; null while it waits for one. */
  trip: Trip<Passenger> | null;
}

/** One call, and who is in it. The first makes it. */
export interface Trip<P extends Passenger> {
  readonly passengers: readonly P[];
  readonly departedAt: Instant;
}

export interface LaneLimits {
  readonly passengersMax: number;
  readonly bytesMax: number;
  /** After this long a call counts as over, for those who are not in it. */
  readonly tripMsMax: Ms;
}

export class Lane<P extends Passenger> {
  readonly #limits: LaneLimits;
  #underWay: Trip<P> | null = null;
  #waiting: P[] = [];

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  /** True where nobody needs this lane any more. */
  get idle(): boolean {
    return this.#underWay === null && this.#waiting.length === 0;
  }

  /** The call that `passenger` is to make, together with all who wait; null where it has to wait itself. */
  arrive(passenger: P, now: Instant): Trip<P> | null {
    passenger.trip = null;
    const before = this.#underWay;
    if (before === null || now - before.departedAt >= this.#limits.tripMsMax) {
      return this.#depart(passenger, now);
    }
    this.#waiting.push(passenger);
    return null;
  }

  /** The trip's call has ended. Gives the next trip, for its first passenger to make; null where nobody waits. */
  finish(trip: Trip<P>, now: Instant): Trip<P> | null {
    // A call that counted as over before it ended has no next one: that is under way already.
    if (trip !== this.#underWay) return null;
    this.#underWay = null;
    const next = this.#waiting.shift();
    return next === undefined ? null : this.#depart(next, now);
  }

  /** `passenger` waits no longer. */
  leave(passenger: P): void {
    const place = this.#waiting.indexOf(passenger);
    if (place >= 0) this.#waiting.splice(place, 1);
  }

  #depart(carrier: P, now: Instant): Trip<P> {
    const passengers = [carrier];
    const trip = { passengers, departedAt: now };
    carrier.trip = trip;
    if (this.#waiting.length > 0) this.#board(trip, passengers);
    this.#underWay = trip;
    return trip;
  }

  /** In order of arrival, and never past one who finds no room: nobody is overtaken for ever. */
  #board(trip: Trip<P>, passengers: P[]): void {
    const { passengersMax, bytesMax } = this.#limits;
    let bytes = passengers[0]?.bytes ?? 0;
    let boarded = 0;
    for (const passenger of this.#waiting) {
      bytes += passenger.bytes;
      if (passengers.length >= passengersMax || bytes > bytesMax) break;
      passenger.trip = trip;
      passengers.push(passenger);
      boarded += 1;
    }
    this.#waiting = boarded === this.#waiting.length ? [] : this.#waiting.slice(boarded);
  }
}
