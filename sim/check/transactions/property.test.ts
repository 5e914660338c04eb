/** The checker against a simple twin on small histories, and against known spoilings on large ones. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../random.ts";
import { checkLinearizability } from "../linearizability.ts";
import { findAnomalies } from "./cycles.ts";
import {
  asOperations,
  editNames,
  run,
  type Size,
  type Spoiling,
  serialPlan,
  serialStore,
  spoilings,
  spoilRead,
} from "./fixture.ts";
import type { ObservedTransaction } from "./history.ts";

const SMALL: Size = { transactions: 7, keys: 3, stepsMax: 4, spread: 3 };
const LARGE: Size = { transactions: 200, keys: 8, stepsMax: 6, spread: 10 };

const seeds = (numRuns: number): fc.Parameters<[number]> => ({ seed: 4, numRuns });

const isRight = (history: readonly ObservedTransaction[]): boolean =>
  checkLinearizability(serialStore, asOperations(history)) === "linearizable";

const names = (history: readonly ObservedTransaction[]): string[] =>
  findAnomalies(history).map(({ name }) => name);

it("finds nothing in what a serial store showed", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const size = seed % 2 === 0 ? SMALL : LARGE;
      expect(names(run(serialPlan(new Random(seed), size)))).toEqual([]);
    }),
    seeds(150),
  );
});

/** A small history, spoilt in none to three ways. */
function spoilt(seed: number): ObservedTransaction[] {
  const random = new Random(seed);
  let plan = serialPlan(random, SMALL);
  for (let times = random.below(4); times > 0; times--) {
    plan = random.pick(Object.values(spoilings))(random, plan);
  }
  const history = run(plan);
  return random.chance(0.3) ? spoilRead(random.pick(editNames), random, history) : history;
}

it("finds something exactly where no order of the transactions explains what they saw", () => {
  let wrong = 0;
  const numRuns = 4_000;
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const history = spoilt(seed);
      const right = isRight(history);
      if (!right) wrong += 1;
      expect(names(history).length === 0).toBe(right);
    }),
    seeds(numRuns),
  );
  expect(wrong).toBeGreaterThan(numRuns / 5);
  expect(wrong).toBeLessThan((numRuns * 4) / 5);
});

describe("in a large history it finds most of", () => {
  const found = (spoil: (random: Random) => ObservedTransaction[]): number => {
    let count = 0;
    for (let seed = 0; seed < 100; seed++) {
      if (names(spoil(new Random(seed))).length > 0) count += 1;
    }
    return count;
  };
  // The rest are right after all: an effect moved past nothing that could tell. A store that tears transactions or
  // reads without locks does so more than once.
  it.each<[string, Spoiling, number]>([
    ["torn transactions", spoilings.tear, 30],
    ["reads without locks", spoilings.unlock, 30],
    ["lost transactions", spoilings.lose, 3],
    ["aborted transactions with effect", spoilings.resurrect, 3],
    ["transactions out of real time", spoilings.displace, 3],
  ])("%s", (_, spoil, times) => {
    const count = found((random) => {
      let plan = serialPlan(random, LARGE);
      for (let time = 0; time < times; time++) plan = spoil(random, plan);
      return run(plan);
    });
    expect(count).toBeGreaterThanOrEqual(90);
  });

  it.each(editNames.map((name) => [name]))("reads changed by: %s", (name) => {
    const count = found((random) => spoilRead(name, random, run(serialPlan(random, LARGE))));
    expect(count).toBeGreaterThanOrEqual(95);
  });
});
