/**
 * How soon each planted mistake of elections, leases and replication must be found in the focused world.
 *
 * The numbers leave room: each is several times what was needed on average, for a change of the protocol moves every seed.
 */
import { type Mistake, plant } from "../shared/planted.ts";
import { type GroupRun, runGroupSeed } from "./group/run.ts";

export interface StatedOfGroups {
  readonly mistake: Mistake;
  /** It is found among so many seeds, from 1 on, in groups of three. */
  readonly seedsMax: number;
}

const stated = (mistake: Mistake, seedsMax: number): StatedOfGroups => ({ mistake, seedsMax });

export const STATED_OF_GROUPS: readonly StatedOfGroups[] = [
  stated("acknowledge-before-durable", 10),
  stated("read-past-commit", 20),
  stated("deduplicate-nothing", 50),
  stated("lease-without-end", 50),
  stated("wake-reused", 50),
  stated("vote-twice", 2_000),
  stated("vote-forgotten", 10),
  stated("vote-for-incomplete-log", 100),
  stated("blocks-compared-alone", 8_000),
  stated("own-vote-is-a-win", 200),
  stated("own-vote-told-before-durable", 10),
  stated("votes-for-dead-life-counted", 12_000),
  stated("candidate-against-own-promise", 500),
  stated("no-wait-on-waking", 1_000),
  stated("wake-trusts-leader-alone", 8_000),
  stated("wake-trusts-vote-alone", 20_000),
  stated("lease-counts-from-answer", 3_000),
  stated("lease-shortened-by-drift-alone", 5_000),
  stated("drift-beyond-bound", 3_000),
  stated("serves-before-noop", 10),
  stated("commit-by-counting", 5_000),
  stated("wake-reused-after-compaction", 5_000),
  stated("first-batch-sent-unconfirmed", 10),
  stated("win-told-before-durable", 20),
  stated("answer-to-dead-life-counted", 500),
  stated("commit-without-own-write", 10_000),
  stated("own-write-counted-unconfirmed", 50),
  stated("durable-index-survives-cut", 1_000),
  stated("match-from-length-alone", 50),
  stated("commit-past-match", 100),
  stated("late-wake-accepted", 3_000),
  stated("cuts-without-conflict", 200),
  stated("replies-before-durable", 10),
  stated("resumes-after-giving-up", 2_000),
  stated("lease-after-hand-over", 1_000),
  stated("permission-before-durable", 50),
  stated("permission-outlives-block", 3_000),
  stated("refusal-without-lease", 1_000),
];

/** The first seed that finds the mistake, and how; null where none of those stated does. */
export function huntInGroups({
  mistake,
  seedsMax,
}: StatedOfGroups): (GroupRun & { readonly seed: number }) | null {
  plant(mistake);
  try {
    for (let seed = 1; seed <= seedsMax; seed++) {
      const run = runGroupSeed(seed, 3);
      if (run.finding !== null) return { ...run, seed };
    }
    return null;
  } finally {
    plant(null);
  }
}
