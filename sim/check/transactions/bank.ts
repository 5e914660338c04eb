/**
 * Accounts among which money is moved: whatever happens, it is neither made nor lost.
 *
 * The bank test is Jepsen's. That the total stays is blind to a transfer that took effect twice or never; so the
 * last balances are also held against the transfers one by one.
 */
import type { Anomaly, Fate } from "./history.ts";

export type Balances = Readonly<Record<string, number>>;

export interface Transfer {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
  readonly fate: Fate;
}

export interface BankHistory {
  /** Every account, before the first transfer. */
  readonly initial: Balances;
  /** Whether every transfer was made on the condition that its account holds enough. */
  readonly covered: boolean;
  readonly transfers: readonly Transfer[];
  /** What committed transactions read, of some accounts or all; an account that they found absent is left out. */
  readonly reads: readonly { readonly name: string; readonly balances: Balances }[];
  /** Read after everything was over; null where it was not. */
  readonly last: Balances | null;
}

export type BankAnomaly =
  /** A read of all accounts does not sum to the total. */
  | "total"
  /** An account is below zero though no transfer may overdraw it. */
  | "overdrawn"
  /** No choice among the transfers of unknown outcome explains the last balances. */
  | "transfers";

export function findBankAnomalies(history: BankHistory): Anomaly<BankAnomaly>[] {
  const { initial, covered, reads, last } = history;
  const anomalies: Anomaly<BankAnomaly>[] = [];
  const total = sum(initial);
  const all = last === null ? reads : [...reads, { name: "the last read", balances: last }];
  for (const { name, balances } of all) {
    const shown = `${name} read ${describeBalances(balances)}`;
    const complete = Object.keys(initial).every((account) => account in balances);
    if (complete && sum(balances) !== total) {
      const detail = `${shown}, which is ${sum(balances)} and not ${total}`;
      anomalies.push({ name: "total", detail });
    }
    const below = Object.keys(balances).filter((account) => (balances[account] ?? 0) < 0);
    if (covered && below.length > 0) {
      anomalies.push({ name: "overdrawn", detail: `${shown}: ${below.join(", ")} is below zero` });
    }
  }
  if (last !== null && !explains(history, last)) {
    const detail = `${describeBalances(last)} follows from ${describeBalances(initial)} by no choice of\n${history.transfers.map(describeTransfer).join("\n")}`;
    anomalies.push({ name: "transfers", detail });
  }
  return anomalies;
}

/** More ways than this for the unknown transfers to have gone are not told apart. */
const WAYS_MAX = 20_000;

/** Whether the committed transfers and some of the unknown ones lead to `last`; true where that is too much to ask. */
function explains({ initial, transfers }: BankHistory, last: Balances): boolean {
  const accounts = Object.keys(initial);
  const places = new Map(accounts.map((account, at) => [account, at]));
  let missing = accounts.map((account) => (last[account] ?? 0) - (initial[account] ?? 0));
  for (const transfer of transfers) {
    if (transfer.fate === "committed") missing = move(missing, transfer, places, -1);
  }
  let ways = new Map([[missing.join(), missing]]);
  for (const transfer of transfers) {
    if (transfer.fate !== "unknown") continue;
    const more = new Map(ways);
    for (const way of ways.values()) {
      const moved = move(way, transfer, places, -1);
      more.set(moved.join(), moved);
    }
    if (more.size > WAYS_MAX) return true;
    ways = more;
  }
  return ways.has(accounts.map(() => 0).join());
}

function move(
  balances: readonly number[],
  { name, from, to, amount }: Transfer,
  places: ReadonlyMap<string, number>,
  times: number,
): number[] {
  const moved = [...balances];
  for (const [account, by] of [
    [from, -amount * times],
    [to, amount * times],
  ] as const) {
    const at = places.get(account);
    if (at === undefined) throw new Error(`${name} names ${account}, which is no account`);
    moved[at] = (moved[at] ?? 0) + by;
  }
  return moved;
}

function sum(balances: Balances): number {
  return Object.values(balances).reduce((total, balance) => total + balance, 0);
}

function describeBalances(balances: Balances): string {
  return Object.entries(balances)
    .map(([account, balance]) => `${account}=${balance}`)
    .join(" ");
}

function describeTransfer({ name, from, to, amount, fate }: Transfer): string {
  return `  ${name}: ${amount} from ${from} to ${to} (${fate})`;
}
