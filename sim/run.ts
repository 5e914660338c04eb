/** One seed: its world is run, and what came of it is checked. */
import { check } from "./check/check.ts";
import { Databases } from "./databases.ts";
import { type Finding, type Outcome, World } from "./world.ts";

export interface SeedResult {
  readonly seed: number;
  readonly hash: string;
  readonly findings: readonly Finding[];
  readonly operations: number;
}

export interface RunOptions {
  readonly members?: number;
  readonly print?: (line: string) => void;
}

/** Kept between runs, with their prepared statements. */
const databases = new Databases();

export async function runWorld(seed: number, options: RunOptions = {}): Promise<Outcome> {
  const { members = 1, print = null } = options;
  const world = new World(seed, databases, { members, print });
  try {
    return await world.run();
  } finally {
    databases.reclaim();
  }
}

export async function runSeed(seed: number, options: RunOptions = {}): Promise<SeedResult> {
  const outcome = await runWorld(seed, options);
  const { hash, operations } = outcome;
  return { seed, hash, findings: check(outcome), operations: operations.length };
}
