// Looks again and again at what has arrived, on a connection of its own, beside the load and after it.
import { setTimeout as pause } from "node:timers/promises";
import { Arrivals, type ArrivalWindow } from "./arrivals.ts";
import type { LoadJob, Watch } from "./job.ts";

/** What came of a watch. */
export interface Watched {
  windows: ArrivalWindow[];
  /** Acknowledgements that nothing had shown when the load ended, and how long it took from then on until all were. */
  behindAtEnd: number;
  settledMs: number;
  /** Those that nothing had shown when the patience was over. */
  unseen: number;
  looks: number;
  /** Why it ended before its time; null where it did not. */
  fault: string | null;
}

/** The part of an answer to a list that counts here, and of an answer to a put. */
interface Told {
  key: string;
  revision: number;
}

export class Watcher {
  readonly #job: LoadJob;
  readonly #watch: Watch;
  readonly #arrivals = new Arrivals();
  readonly #startedAt = performance.now();
  readonly #looking: Promise<void>;
  #looks = 0;
  #fault: string | null = null;
  #ended = false;

  constructor(job: LoadJob, watch: Watch) {
    this.#job = job;
    this.#watch = watch;
    this.#looking = this.#look().catch((error: unknown) => {
      this.#fault = String(error);
    });
  }

  /** A put was answered with this. */
  answered(body: string): void {
    const { key, revision } = JSON.parse(body) as Told;
    this.#arrivals.acknowledged(key, revision, performance.now());
  }

  /** The load has ended. Resolves when all is seen, or the patience over. */
  async end(): Promise<Watched> {
    const { windows, windowMs } = this.#watch;
    const endedAt = performance.now();
    const behindAtEnd = this.#arrivals.pending;
    this.#ended = true;
    await this.#looking;
    return {
      windows: this.#arrivals.windows(this.#startedAt, windows, windowMs),
      behindAtEnd,
      settledMs: performance.now() - endedAt,
      unseen: this.#arrivals.pending,
      looks: this.#looks,
      fault: this.#fault,
    };
  }

  async #look(): Promise<void> {
    const { path, everyMs, patienceMs } = this.#watch;
    let giveUpAt = Number.POSITIVE_INFINITY;
    for (;;) {
      const dueAt = performance.now() + everyMs;
      const response = await fetch(`http://127.0.0.1:${this.#job.port}${path}`, {
        headers: this.#job.headers,
      });
      const body = await response.text();
      if (response.status !== 200) throw new Error(`${path} gave ${response.status}: ${body}`);
      const at = performance.now();
      const { keys } = JSON.parse(body) as { keys: Told[] };
      for (const { key, revision } of keys) this.#arrivals.shown(key, revision, at);
      this.#looks += 1;
      if (this.#ended) {
        giveUpAt = Math.min(giveUpAt, at + patienceMs);
        if (this.#arrivals.pending === 0 || at >= giveUpAt) return;
      }
      await pause(Math.max(0, dueAt - performance.now()));
    }
  }
}
