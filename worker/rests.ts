/** Whom not to wait for just now: those who gave no word a while ago. Bounded, and a guess of this isolate alone. */
import type { Instant, Ms } from "../shared/types.ts";

export class Rests {
  readonly #restMs: Ms;
  readonly #namesMax: number;
  readonly #until = new Map<string, number>();

  constructor(restMs: Ms, namesMax = 1_000) {
    this.#restMs = restMs;
    this.#namesMax = namesMax;
  }

  rests(name: string, now: Instant): boolean {
    const until = this.#until.get(name);
    // A clock that was set back must not make it rest for long.
    return until !== undefined && now < until && until - now <= this.#restMs;
  }

  gaveNoWord(name: string, now: Instant): void {
    if (this.#until.size >= this.#namesMax) this.#until.clear();
    this.#until.set(name, now + this.#restMs);
  }

  answered(name: string): void {
    if (this.#until.size > 0) this.#until.delete(name);
  }
}
