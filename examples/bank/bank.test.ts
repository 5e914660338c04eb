/** The bank against the service itself: money is conserved, whatever happens at once and whatever is lost. */
import type { Fetcher } from "@holdfast/client";
import { describe, expect, it } from "vitest";
import { connect, service } from "../service.ts";
import { Bank, type Outcome } from "./bank.ts";
import { transferForCertain } from "./certain.ts";

let runs = 0;

/** Accounts that no other test has, with these balances. */
async function opened(...balances: readonly number[]) {
  const run = ++runs;
  const bank = new Bank(connect());
  const accounts = balances.map((_, at) => `${run}/${at}`);
  for (const [at, cents] of balances.entries()) {
    expect(await bank.open(accounts[at]!, cents)).toBe(true);
  }
  const [a = "", b = ""] = accounts;
  return { bank, accounts, a, b, id: (n: number | string) => `${run}/${n}` };
}

const sumOf = (balances: readonly (number | null)[]) =>
  balances.reduce<number>((sum, cents) => sum + (cents ?? 0), 0);

describe("a transfer", () => {
  it("moves money from one account to another", async () => {
    const { bank, a, b, id, accounts } = await opened(100, 5);
    const outcome = await bank.transfer({ id: id(1), from: a, to: b, cents: 70 });
    expect(outcome).toEqual({ done: true, fromCents: 30 });
    expect(await bank.balances(accounts)).toEqual([30, 75]);
  });

  it("is refused, and says why", async () => {
    const { bank, a, b, id, accounts } = await opened(100, 5);
    const why = async (from: string, to: string, cents: number) =>
      bank.transfer({ id: id("x"), from, to, cents });
    expect(await why(a, b, 101)).toEqual({ done: false, why: "insufficient funds" });
    expect(await why(a, "nobody", 1)).toEqual({ done: false, why: "no such account" });
    expect(await why("nobody", b, 1)).toEqual({ done: false, why: "no such account" });
    await expect(why(a, b, 0.5)).rejects.toThrow("whole cents");
    await expect(why(a, b, -1)).rejects.toThrow("whole cents");
    await expect(why(a, a, 1)).rejects.toThrow("from one account to another");
    expect(await bank.balances(accounts)).toEqual([100, 5]);
    expect(await bank.open(a, 1)).toBe(false);
  });

  it("happens once under its number, however often it is asked for", async () => {
    const { bank, a, b, id, accounts } = await opened(100, 5);
    const transfer = { id: id(1), from: a, to: b, cents: 40 };
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => bank.transfer(transfer)));
    expect(outcomes.every(({ done }) => done)).toBe(true);
    expect(await bank.balances(accounts)).toEqual([60, 45]);
    const other = await bank.transfer({ ...transfer, cents: 41 });
    expect(other).toEqual({ done: false, why: "another transfer has this number" });
  });
});

it("conserves money while many transfers run at once, and never overdraws", async () => {
  const balances = [50, 50, 50, 50, 0];
  const { bank, accounts, id } = await opened(...balances);
  const total = sumOf(balances);
  let isOver = false;
  // Somebody who looks all the time sees the same sum at every instant.
  const auditor = (async () => {
    let looks = 0;
    for (; !isOver; looks++) {
      const seen = await bank.balances(accounts);
      expect(sumOf(seen)).toBe(total);
      for (const cents of seen) expect(cents).toBeGreaterThanOrEqual(0);
    }
    return looks;
  })();
  const outcomes: Outcome[] = [];
  const moved = accounts.map(() => 0);
  const hands = accounts.map(async (from, hand) => {
    for (let n = 1; n <= 6; n++) {
      const target = (hand + n) % accounts.length;
      const to = accounts[target]!;
      if (to === from) continue;
      const cents = 7 * n;
      const outcome = await transferForCertain(bank, { id: id(`${hand}/${n}`), from, to, cents });
      outcomes.push(outcome);
      if (!outcome.done) continue;
      moved[hand]! -= cents;
      moved[target]! += cents;
    }
  });
  await Promise.all(hands);
  isOver = true;
  expect(await auditor).toBeGreaterThan(0);
  // Each balance is what the outcomes say, to the cent.
  expect(await bank.balances(accounts)).toEqual(balances.map((cents, at) => cents + moved[at]!));
  const refused = outcomes.filter(({ done }) => !done);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan(outcomes.length);
});

it("closes an account while others pay into it, and loses nothing", async () => {
  const { bank, accounts, a, b, id } = await opened(100, 100, 10);
  const [, , heir = ""] = accounts;
  const payments = Array.from({ length: 5 }, (_, n) =>
    bank.transfer({ id: id(n), from: a, to: b, cents: 10 }),
  );
  const [closed, ...outcomes] = await Promise.all([bank.close(b, heir), ...payments]);
  const paid = outcomes.filter(({ done }) => done).length;
  // Whatever came too late was refused, and is still where it was.
  expect(await bank.balances(accounts)).toEqual([100 - 10 * paid, null, 10 + closed!]);
  expect(closed).toBe(100 + 10 * paid);
});

describe("an answer that is lost", () => {
  /** A network that carries requests, and loses the answers of the first so many writes. */
  function losing(answers: number): Fetcher {
    let left = answers;
    return async (url, init) => {
      const response = await service.fetch(url, init);
      if (init.method !== "POST" || left === 0) return response;
      left--;
      await response.body?.cancel();
      throw new TypeError("the connection was reset");
    };
  }

  it("is told again by the client itself", async () => {
    const { a, b, id, bank, accounts } = await opened(100, 5);
    const unlucky = new Bank(connect({ fetch: losing(2) }));
    const outcome = await unlucky.transfer({ id: id(1), from: a, to: b, cents: 70 });
    expect(outcome).toEqual({ done: true, fromCents: 30 });
    expect(await bank.balances(accounts)).toEqual([30, 75]);
  });

  it("leaves no doubt where the transfer is asked for again under its number", async () => {
    const { a, b, id, bank, accounts } = await opened(100, 5);
    // Too little time for the client to try again by itself.
    const unlucky = new Bank(connect({ fetch: losing(1), timeoutMs: 60 }));
    const transfer = { id: id(1), from: a, to: b, cents: 70 };
    const error = await unlucky.transfer(transfer).catch((fault: unknown) => fault);
    expect(error).toMatchObject({ name: "HoldfastError", definite: false });
    // It has happened, and nobody knows: so the same transfer again.
    const outcome = await transferForCertain(bank, transfer);
    expect(outcome).toEqual({ done: true, fromCents: 30 });
    expect(await bank.balances(accounts)).toEqual([30, 75]);
  });
});
