/** One seed: its play is given, and what came of it is checked. */
import { check } from "./check/check.ts";
import { checkTransactions } from "./check/transactions-play.ts";
import { Databases } from "./databases.ts";
import type { Finding } from "./outcome.ts";
import { KeysPlay } from "./plays/keys/play.ts";
import { TransactionsPlay } from "./plays/transactions/play.ts";

/** What clients do: plain requests about keys, each to one group; or transactions over several. */
export type Play = "keys" | "transactions";

export const PLAYS: readonly Play[] = ["keys", "transactions"];

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
