// Transactions of five puts. The clients have keys of their own: what is measured is what a transaction costs, and
// not who is in whose way (plan/transfers.ts is about that).
import { type LoadRequest, NUMBER } from "../load/job.ts";
import type { System } from "../systems/system.ts";
import { read, record } from "./keys.ts";
import { clientCounts } from "./matrix.ts";
import { reads, type Workload } from "./workload.ts";

const keysPerTransaction = 5;
/** As many sets of keys as there are clients at most, so that each can be dealt its own. */
const sets = Math.max(...clientCounts);
/** As long as Holdfast allows: on some disks, making new databases takes long. */
const prefillDeadlineMs = 30_000;
/** By 64 clients, three members answer a few dozen a second: less would be a count of a few. */
const measureMsMin = 5_000;

export interface TransactionBody {
  if?: unknown[];
  then: unknown[];
  deadlineMs?: number;
}

export function transact(system: System, body: TransactionBody): LoadRequest {
  return {
    method: "POST",
    path: `/v1/${system.namespace}/transactions`,
    body: JSON.stringify(body),
  };
}

/** The keys of a set, all of them in one group. */
const inOneGroup = (set: string): string[] => keysOf((index) => `{set-${set}}/${index}`);

/** The keys of a set, each in a group of its own. */
const inFiveGroups = (set: string): string[] => keysOf((index) => `set-${set}/${index}`);

function keysOf(name: (index: number) => string): string[] {
  return Array.from({ length: keysPerTransaction }, (_, index) => name(index));
}

const puts = (keys: readonly string[], value: unknown) =>
  keys.map((key) => ({ op: "put", key, value }));

/** With a number that is another each time, as text: as a number it would begin with zeros, which JSON forbids. */
const changing = { ...record, visits: NUMBER };

/** A set that no load touches: what was put there is there before and after. */
const PROBE = "probe";

function fivePuts(
  name: string,
  title: string,
  calls: Workload["calls"],
  keysOfSet: (set: string) => string[],
): Workload {
  const names = Array.from({ length: sets }, (_, index) => String(index));
  return {
    name,
    title,
    chapter: "transactions",
    calls,
    prefill: (system) =>
      [...names, PROBE].map((set) =>
        transact(system, {
          then: puts(keysOfSet(set), record),
          deadlineMs: prefillDeadlineMs,
        }),
      ),
    load: (system) => ({
      to: "dealt",
      requests: names.map((set) => transact(system, { then: puts(keysOfSet(set), changing) })),
    }),
    expected: [200],
    measureMsMin,
    proof: (system) => {
      const last = keysOfSet(PROBE).at(-1) ?? "";
      return reads(read(system, last), JSON.stringify(record));
    },
  };
}

export const transactionWorkloads: readonly Workload[] = [
  fivePuts("tx-one", "5 puts, one group", "transactions-in-a-group", inOneGroup),
  fivePuts("tx-five", "5 puts, five groups", "transactions", inFiveGroups),
];
