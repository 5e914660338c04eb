/** Opens five accounts, moves money between them from many hands at once, and counts it. Wants `npm start` running. */
import { Holdfast } from "@holdfast/client";
import { Bank } from "./bank.ts";
import { transferForCertain } from "./certain.ts";

const holdfast = new Holdfast({
  url: process.env["HOLDFAST_URL"] ?? "http://localhost:8787",
  token: process.env["HOLDFAST_TOKEN"] ?? "dev",
});
const bank = new Bank(holdfast);

/** So that every run has accounts of its own. */
const run = Date.now().toString(36);
const accounts = ["ada", "ben", "cleo", "dan", "eve"].map((name) => `${run}/${name}`);
const OPENING_CENTS = 100_00;

for (const account of accounts) await bank.open(account, OPENING_CENTS);

const pick = (): string => accounts[Math.floor(Math.random() * accounts.length)] as string;
const counts = { done: 0, refused: 0 };
const hands = Array.from({ length: 8 }, async (_, hand) => {
  for (let n = 0; n < 10; n++) {
    const [from, to] = [pick(), pick()];
    if (from === to) continue;
    const cents = 1 + Math.floor(Math.random() * 60_00);
    const outcome = await transferForCertain(bank, { id: `${run}/${hand}/${n}`, from, to, cents });
    counts[outcome.done ? "done" : "refused"]++;
  }
});
await Promise.all(hands);

const balances = await bank.balances(accounts);
for (const [at, account] of accounts.entries()) {
  console.log(`${account.padEnd(16)} ${((balances[at] ?? 0) / 100).toFixed(2).padStart(8)}`);
}
const sum = balances.reduce<number>((total, cents) => total + (cents ?? 0), 0);
console.log(
  `${counts.done} transfers, ${counts.refused} refused; ${(sum / 100).toFixed(2)} in all`,
);
