/**
 * How soon each planted mistake must be found: seeds from 1 on, in a world with so many members a group.
 *
 * The stated numbers leave room: a change of the workload moves every seed. docs/testing.md shows the table.
 */
import { type Mistake, plant } from "../shared/planted.ts";
import { runSeed, type SeedResult } from "./run.ts";

export interface Stated {
  readonly mistake: Mistake;
  readonly members: number;
  readonly seedsMax: number;
}

export const STATED: readonly Stated[] = [];

/** The first seed that finds the mistake, or null where none up to `seedsMax` does. */
export async function hunt({ mistake, members, seedsMax }: Stated): Promise<SeedResult | null> {
  plant(mistake);
  try {
    for (let seed = 1; seed <= seedsMax; seed++) {
      const result = await runSeed(seed, { members });
      if (result.findings.length > 0) return result;
    }
    return null;
  } finally {
    plant(null);
  }
}
