/** One seed: its play is given, and what came of it is checked. */
import { check } from "./check/check.ts";
import { checkReplicas } from "./check/replicas-play.ts";
import { checkTransactions } from "./check/transactions-play.ts";
import { Databases } from "./databases.ts";
import type { Finding } from "./outcome.ts";
import { KeysPlay } from "./plays/keys/play.ts";
import { ReplicasPlay } from "./plays/replicas/play.ts";
import { TransactionsPlay } from "./plays/transactions/play.ts";

/**
 * What clients do: plain requests about keys, each to one group; transactions over several; or all of that with
 * replicas, which are read at every level.
 */
export type Play = "keys" | "transactions" | "replicas";

export const PLAYS: readonly Play[] = ["keys", "transactions", "replicas"];

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
