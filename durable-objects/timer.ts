/**
 * A timer for as long as requests wait. What must outlive the object is an alarm instead.
 */
import type { Instant } from "../shared/types.ts";

export class Timer {
  readonly #ring: () => void;
  #at: Instant | null = null;
  #handle: number | null = null;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings at `at`, or not at all; replaces what was set before. */
  set(at: Instant | null): void {
    // One that rings too early does no harm: what asked for it looks again, and asks anew.
    if (at === this.#at || (at !== null && this.#at !== null && this.#at < at)) return;
    clearTimeout(this.#handle);
    this.#at = at;
    if (at === null) return;
    this.#handle = setTimeout(
      () => {
        this.#at = null;
        this.#ring();
      },
      Math.max(0, at - Date.now()),
    );
  }
}
