/**
 * The network between regions: messages take their time, overtake one another, are lost, come twice, come very
 * late, and stop altogether while two regions are partitioned.
 */
import type { Region } from "../shared/types.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";

/** How the network behaves; the faults of a run decide. Probabilities are per message. */
export interface NetworkManner {
  /** Milliseconds a message usually takes within a region and between regions. */
  readonly nearMs: number;
  readonly farMs: number;
  readonly loss: number;
  readonly duplication: number;
  /** Messages that come so late that nobody waits any more. */
  readonly lateness: number;
  readonly lateMsMax: number;
}

export class Network {
  readonly #timeline: Timeline;
  readonly #random: Random;
  manner: NetworkManner;
  /** How many partitions lie between two regions at present. */
  readonly #cuts = new Map<string, number>();

  constructor(timeline: Timeline, random: Random, manner: NetworkManner) {
    this.#timeline = timeline;
    this.#random = random;
    this.manner = manner;
  }

  /** Delivers once, or not at all, or, where the message means the same each time, more often. */
  send(from: Region, to: Region, mayRepeat: boolean, deliver: () => void): void {
    if (this.#isCut(from, to) || this.#random.chance(this.manner.loss)) return;
    this.#deliverOnce(from, to, deliver);
    if (mayRepeat && this.#random.chance(this.manner.duplication)) {
      this.#deliverOnce(from, to, deliver);
    }
  }

  /** Nothing passes between two regions for so long. */
  partition(a: Region, b: Region, forMs: number): void {
    this.#timeline.after(forMs, this.cut(a, b));
  }

  /** Nothing passes between two regions until the function that comes back is called. */
  cut(a: Region, b: Region): () => void {
    this.#count(a, b, 1);
    return () => this.#count(a, b, -1);
  }

  healAll(): void {
    this.#cuts.clear();
  }

  #count(a: Region, b: Region, change: 1 | -1): void {
    for (const way of new Set([`${a} ${b}`, `${b} ${a}`])) {
      this.#cuts.set(way, Math.max(0, (this.#cuts.get(way) ?? 0) + change));
    }
  }

  /** What was sent before a partition is lost with it if it has not arrived. */
  #deliverOnce(from: Region, to: Region, deliver: () => void): void {
    this.#timeline.after(this.#delay(from, to), () => {
      if (!this.#isCut(from, to)) deliver();
    });
  }

  #delay(from: Region, to: Region): number {
    const { nearMs, farMs, lateness, lateMsMax } = this.manner;
    const usual = (from === to ? nearMs : farMs) * this.#random.between(0.5, 1.5);
    return this.#random.chance(lateness) ? usual + this.#random.between(0, lateMsMax) : usual;
  }

  #isCut(from: Region, to: Region): boolean {
    return this.#cuts.size > 0 && (this.#cuts.get(`${from} ${to}`) ?? 0) > 0;
  }
}
