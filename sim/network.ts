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
  /** Copies of messages that come again when everything they were about may be long over. */
  readonly echoes?: { readonly chance: number; readonly msMin: number; readonly msMax: number };
}

/**
 * How far regions are from one another, as a part of `farMs`, each way for itself: routes are not symmetric. Pairs that are not
 * named are as far as the farthest.
 */
const DISTANCES: Readonly<Record<string, number>> = {
  "wnam enam": 0.4,
  "enam wnam": 0.5,
  "wnam weur": 0.9,
  "weur wnam": 1,
  "enam weur": 0.5,
  "weur enam": 0.6,
  "weur eeur": 0.2,
  "eeur weur": 0.2,
  "wnam apac": 1,
  "apac wnam": 1.3,
  "weur apac": 1.5,
  "apac weur": 1.7,
};
const FARTHEST = 2;

export class Network {
  readonly #timeline: Timeline;
  /** Whether regions differ in how far they are, rather than all being equally far. */
  readonly #uneven: boolean;
  readonly #random: Random;
  manner: NetworkManner;
  /** How many partitions lie between two regions at present. */
  readonly #cuts = new Map<string, number>();

  constructor(timeline: Timeline, random: Random, manner: NetworkManner, uneven = false) {
    this.#timeline = timeline;
    this.#uneven = uneven;
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
    const { echoes } = this.manner;
    if (mayRepeat && echoes !== undefined && this.#random.chance(echoes.chance)) {
      // As likely to come after two seconds as after one.
      const { msMin, msMax } = echoes;
      const afterMs = msMin * (msMax / msMin) ** this.#random.next();
      this.#timeline.after(afterMs, () => this.#deliverOnce(from, to, deliver));
    }
  }

  /** Nothing passes between two regions for so long. */
  partition(a: Region, b: Region, forMs: number): void {
    this.#timeline.after(forMs, this.cut(a, b));
  }

  /** Nothing passes from one region to another for so long, while the other way is open. */
  partitionOneWay(from: Region, to: Region, forMs: number): void {
    const way = [`${from} ${to}`];
    this.#count(way, 1);
    this.#timeline.after(forMs, () => this.#count(way, -1));
  }

  /** Nothing passes between two regions until the function that comes back is called. */
  cut(a: Region, b: Region): () => void {
    const ways = [...new Set([`${a} ${b}`, `${b} ${a}`])];
    this.#count(ways, 1);
    return () => this.#count(ways, -1);
  }

  healAll(): void {
    this.#cuts.clear();
  }

  #count(ways: readonly string[], change: 1 | -1): void {
    for (const way of ways) {
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
    const apartMs = farMs * (this.#uneven ? (DISTANCES[`${from} ${to}`] ?? FARTHEST) : 1);
    const usual = (from === to ? nearMs : apartMs) * this.#random.between(0.5, 1.5);
    return this.#random.chance(lateness) ? usual + this.#random.between(0, lateMsMax) : usual;
  }

  #isCut(from: Region, to: Region): boolean {
    return this.#cuts.size > 0 && (this.#cuts.get(`${from} ${to}`) ?? 0) > 0;
  }
}
