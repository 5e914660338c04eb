/** One seed: its play is given, and what came of it is checked. */
import { check } from "./check/check.ts";
import { checkLocks } from "./check/locks-play.ts";
import { checkReplicas } from "./check/replicas-play.ts";
import { checkTransactions } from "./check/transactions-play.ts";
import { checkWatch } from "./check/watch-play.ts";
import { Databases } from "./databases.ts";
import type { Finding } from "./outcome.ts";
import { KeysPlay } from "./plays/keys/play.ts";
import { LocksPlay } from "./plays/locks/play.ts";
import { ReplicasPlay } from "./plays/replicas/play.ts";
import { TransactionsPlay } from "./plays/transactions/play.ts";
import { WatchPlay } from "./plays/watch/play.ts";

/**
 * What clients do: plain requests about keys, each to one group; transactions over several; all of that with
 * replicas, which are read at every level; locks and elections, and what is written under their
 * tokens; or watches.
 */
export type Play = "keys" | "transactions" | "replicas" | "locks" | "watch";

export const PLAYS: readonly Play[] = ["keys", "transactions", "replicas", "locks", "watch"];

export interface SeedResult {
  readonly seed: number;
  readonly hash: string;
  readonly findings: readonly Finding[];
  readonly operations: number;
}

export interface RunOptions {
  readonly play?: Play;
  readonly members?: number;
  readonly print?: (line: string) => void;
}

/** Kept between runs, with their prepared statements. */
const databases = new Databases();

export async function runSeed(seed: number, options: RunOptions = {}): Promise<SeedResult> {
  const { play = "keys", members = 1, print = null } = options;
  try {
    if (play === "keys") {
      const outcome = await new KeysPlay(seed, databases, { members, print }).run();
      return resultOf(seed, outcome, check(outcome));
    }
    if (play === "replicas") {
      const outcome = await new ReplicasPlay(seed, databases, { members, print }).run();
      const { hash, findings, operations } = resultOf(seed, outcome, checkReplicas(outcome));
      return { seed, hash, findings, operations: operations + outcome.asked };
    }
    if (play === "locks") {
      const outcome = await new LocksPlay(seed, databases, { members, print }).run();
      return resultOf(seed, outcome, checkLocks(outcome));
    }
    if (play === "watch") {
      const outcome = await new WatchPlay(seed, databases, { members, print }).run();
      return resultOf(seed, outcome, checkWatch(outcome));
    }
    const outcome = await new TransactionsPlay(seed, databases, { members, print }).run();
    return resultOf(seed, outcome, checkTransactions(outcome));
  } finally {
    databases.reclaim();
  }
}

const resultOf = (
  seed: number,
  { hash, operations }: { readonly hash: string; readonly operations: readonly unknown[] },
  findings: readonly Finding[],
): SeedResult => ({ seed, hash, findings, operations: operations.length });
