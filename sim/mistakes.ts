/**
 * How soon each planted mistake must be found, in a world with so many members a group.
 *
 * The numbers leave room, for a change of the workload moves every seed; docs/testing.md says how often each shows.
 */
import { type Mistake, plant } from "../shared/planted.ts";
import { type Play, runSeed, type SeedResult } from "./run.ts";

export interface Stated {
  readonly mistake: Mistake;
  readonly play: Play;
  readonly members: number;
  /** The first seed tried: 1, but for what shows too seldom to be waited for in every test. */
  readonly from: number;
  /** It is found among so many seeds from there on. */
  readonly seedsMax: number;
}

const stated = (mistake: Mistake, members: number, seedsMax: number, from = 1): Stated => ({
  mistake,
  play: "keys",
  members,
  from,
  seedsMax,
});

export const STATED: readonly Stated[] = [
  stated("acknowledge-before-durable", 1, 30),
  stated("read-past-commit", 1, 80),
  stated("deduplicate-nothing", 1, 5),
  stated("first-copy-unchecked", 1, 30),
  stated("fingerprint-ignored", 1, 5),
  stated("reuse-refused-early", 1, 600),
  stated("conditions-at-commit", 1, 30),
  stated("refusal-unrecorded", 1, 150),
  stated("expiry-unchecked", 1, 60),
  stated("list-shows-overdue", 1, 150),
  stated("compacted-early", 1, 60),
  stated("compacted-base", 1, 120),
  stated("wake-reused", 1, 5),
  stated("times-fall", 1, 60),
  stated("disk-loses-confirmed", 1, 120),
  stated("truncation-leaves-records", 3, 60),
  stated("lease-without-end", 3, 200),
  stated("compacts-what-is-replaced", 3, 100, 1_000_300),
  stated("snapshot-forgets-history", 3, 150),
];

/** The first seed that finds the mistake, or null where none of those stated does. */
export async function hunt({
  mistake,
  play,
  members,
  from,
  seedsMax,
}: Stated): Promise<SeedResult | null> {
  plant(mistake);
  try {
    for (let seed = from; seed < from + seedsMax; seed++) {
      const result = await runSeed(seed, { play, members });
      if (result.findings.length > 0) return result;
    }
    return null;
  } finally {
    plant(null);
  }
}
