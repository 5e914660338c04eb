/**
 * A machine's clock: it runs a little fast or slow, starts somewhere else than the others, and may be set back.
 *
 * Rates stay within the drift bound, which is what leases rest on (L1). Offsets are free within seconds, and over hours
 * clocks are kept to true time, as time servers do.
 */
import type { Instant } from "../shared/types.ts";
import type { Time } from "./timeline.ts";

/** What every clock shows, but for its offset, when the world begins. */
export const EPOCH = 1_700_000_000_000;

export class Clock {
  #offset: number;
  #rate: number;
  /** How often it was set back. */
  setBacks = 0;
  #highest = 0;

  constructor(offset: number, rate: number) {
    this.#offset = offset;
    this.#rate = rate;
  }

  read(time: Time): Instant {
    const reading = Math.floor(EPOCH + this.#offset + this.#rate * time);
    this.#highest = Math.max(this.#highest, reading);
    return reading as Instant;
  }

  /** The latest instant it ever showed. */
  highest(time: Time): Instant {
    this.read(time);
    return this.#highest as Instant;
  }

  /** When, in true time, it first shows `instant`, unless it is set back before. */
  timeOf(instant: Instant): Time {
    return Math.max(0, (instant - EPOCH - this.#offset) / this.#rate);
  }

  get rate(): number {
    return this.#rate;
  }

  /** Goes on at another rate from `time` on. */
  setRate(rate: number, time: Time): void {
    this.#offset += (this.#rate - rate) * time;
    this.#rate = rate;
  }

  setBack(milliseconds: number): void {
    this.#offset -= milliseconds;
    this.setBacks += 1;
  }
}
