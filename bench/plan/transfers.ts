// Contention: all clients move money among a few accounts, each of which is a group. Does everybody get a turn, and
// does no money appear or vanish?
import type { System } from "../systems/system.ts";
import { read } from "./keys.ts";
import { transact } from "./transactions.ts";
import type { Proof, Workload } from "./workload.ts";

const accounts = Array.from({ length: 10 }, (_, index) => `account-${index}`);
/** So much that no run empties an account: every transfer is to succeed. */
const opening = 1_000_000;

/** Longer than the 5 seconds after which a transaction is given up, so that those that are can be seen. */
const measureMsMin = 10_000;

/** From every account to every other, 1 a time. */
function transfers(system: System) {
  return accounts.flatMap((from) =>
    accounts
      .filter((to) => to !== from)
      .map((to) =>
        transact(system, {
          if: [{ key: from, atLeast: 1 }],
          then: [
            { op: "add", key: from, by: -1 },
            { op: "add", key: to, by: 1 },
          ],
        }),
      ),
  );
}

/** All money is still there, and no more. */
function sumOfAll(system: System): Proof {
  const due = accounts.length * opening;
  return {
    requests: accounts.map((account) => read(system, account)),
    fault(balances) {
      const sum = balances.reduce((sum, balance) => sum + Number(balance), 0);
      return sum === due ? null : `${due} should be in all accounts, and ${sum} is`;
    },
  };
}

export const transferWorkload: Workload = {
  name: "transfers",
  title: `transfers, ${accounts.length} accounts`,
  chapter: "contention",
  calls: "transfers",
  prefill: (system) =>
    accounts.map((key) => transact(system, { then: [{ op: "add", key, by: opening }] })),
  load: (system) => ({ to: "all", requests: transfers(system) }),
  expected: [200],
  conflicts: [409],
  measureMsMin,
  proof: sumOfAll,
};
