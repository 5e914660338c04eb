/** What came of many batches: how many seeds of each kind, how fast, and what broke. */
import type { Batch, BatchResult } from "./batch.ts";

/** Findings printed in full; of the others only the seed. */
const SHOWN_MAX = 5;

export class Tally {
  readonly #seeds = new Map<string, number>();
  readonly #start = performance.now();
  #broken = 0;

  get broken(): number {
    return this.#broken;
  }

  add({ batch, broken }: BatchResult): void {
    const kind = kindOf(batch);
    this.#seeds.set(kind, (this.#seeds.get(kind) ?? 0) + batch.count);
    for (const { seed, findings } of broken) {
      this.#broken += 1;
      console.log(`${kind}, seed ${seed}: ${replay(batch, seed)}`);
      if (this.#broken > SHOWN_MAX) continue;
      for (const { property, detail } of findings) console.log(`  ${property}: ${detail}`);
    }
  }

  print(): void {
    for (const [kind, seeds] of [...this.#seeds].sort()) console.log(`${kind}: ${seeds} seeds`);
    const seconds = (performance.now() - this.#start) / 1_000;
    const verdict = this.#broken === 0 ? "every property holds" : `${this.#broken} seeds break one`;
    console.log(`${seconds.toFixed(0)} s; ${verdict}`);
  }
}

const kindOf = ({ world, members }: Batch): string =>
  `${world}, ${members} member${members === 1 ? "" : "s"}`;

const COMMANDS: Readonly<Record<Batch["world"], string>> = {
  service: "sim --",
  transactions: "sim -- --play transactions",
  replicas: "sim -- --play replicas",
  locks: "sim -- --play locks",
  watch: "sim -- --play watch",
  group: "sim:group --",
};

const replay = ({ world, members }: Batch, seed: number): string =>
  `npm run ${COMMANDS[world]} --members ${members} --seed ${seed}`;
