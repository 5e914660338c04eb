// How long what was acknowledged takes until it is shown elsewhere. All times are of one process, on one clock.
import { percentile } from "../statistics.ts";

/** What was acknowledged within one stretch of the measurement, and how long it took to be shown. */
export interface ArrivalWindow {
  fromMs: number;
  toMs: number;
  /** Acknowledgements. */
  count: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  slowestMs: number;
}

interface Acknowledged {
  revision: number;
  at: number;
}

interface Shown {
  revision: number;
  at: number;
}

/** Matches acknowledgements of revisions with the first look that showed them, or newer ones of the same key. */
export class Arrivals {
  /** What no look has shown yet, oldest first. */
  readonly #pending = new Map<string, Acknowledged[]>();
  /** The highest revision shown of each key, and since when. */
  readonly #shown = new Map<string, Shown>();
  readonly #lags: { at: number; lagMs: number }[] = [];

  /** How many acknowledgements no look has shown yet. */
  get pending(): number {
    let count = 0;
    for (const { length } of this.#pending.values()) count += length;
    return count;
  }

  acknowledged(key: string, revision: number, at: number): void {
    const shown = this.#shown.get(key);
    if (shown !== undefined && shown.revision >= revision) {
      // It was seen before its writer heard of it.
      this.#lags.push({ at, lagMs: 0 });
      return;
    }
    const pending = this.#pending.get(key);
    if (pending === undefined) this.#pending.set(key, [{ revision, at }]);
    else pending.push({ revision, at });
  }

  /** A look, whose answer was there at `at`, shows this revision of the key. */
  shown(key: string, revision: number, at: number): void {
    const before = this.#shown.get(key);
    if (before !== undefined && before.revision >= revision) return;
    this.#shown.set(key, { revision, at });
    const pending = this.#pending.get(key) ?? [];
    const later = pending.filter((one) => one.revision > revision);
    for (const one of pending) {
      if (one.revision <= revision) this.#lags.push({ at: one.at, lagMs: at - one.at });
    }
    if (later.length > 0) this.#pending.set(key, later);
    else this.#pending.delete(key);
  }

  /** By when it was acknowledged, in stretches of one length from `startedAt` on; what is pending is in none. */
  windows(startedAt: number, count: number, lengthMs: number): ArrivalWindow[] {
    const lags: number[][] = Array.from({ length: count }, () => []);
    for (const { at, lagMs } of this.#lags) {
      lags[Math.floor((at - startedAt) / lengthMs)]?.push(lagMs);
    }
    return lags.map((within, window) => {
      const sorted = Float64Array.from(within).sort();
      return {
        fromMs: window * lengthMs,
        toMs: (window + 1) * lengthMs,
        count: sorted.length,
        p50Ms: percentile(sorted, 0.5),
        p90Ms: percentile(sorted, 0.9),
        p99Ms: percentile(sorted, 0.99),
        slowestMs: percentile(sorted, 1),
      };
    });
  }
}
