import { expect, it } from "vitest";
import { type BankHistory, findBankAnomalies, type Transfer } from "./bank.ts";
import type { Fate } from "./history.ts";

const transfer = (fate: Fate, from: string, to: string, amount: number): Transfer => ({
  name: `${from} to ${to}`,
  from,
  to,
  amount,
  fate,
});

const names = (history: Partial<BankHistory>): string[] =>
  findBankAnomalies({
    initial: { a: 10, b: 10, c: 0 },
    covered: true,
    transfers: [],
    reads: [],
    last: null,
    ...history,
  }).map(({ name }) => name);

const reading = (balances: Record<string, number>) => ({ reads: [{ name: "R", balances }] });

it("a read of all accounts sums to the total, and one of some to whatever it does", () => {
  expect(names(reading({ a: 3, b: 10, c: 7 }))).toEqual([]);
  expect(names(reading({ a: 3, b: 10, c: 0 }))).toEqual(["total"]);
  expect(names(reading({ a: 3, b: 10 }))).toEqual([]);
});

it("no account is below zero where transfers are covered", () => {
  const below = reading({ a: -1, b: 21 });
  expect(names(below)).toEqual(["overdrawn"]);
  expect(names({ ...below, covered: false })).toEqual([]);
  expect(names(reading({ a: 0, b: 20 }))).toEqual([]);
});

it.each<[string, Fate, Record<string, number>, string[]]>([
  ["a committed transfer took effect", "committed", { a: 7, b: 13, c: 0 }, []],
  ["a committed transfer did not", "committed", { a: 10, b: 10, c: 0 }, ["transfers"]],
  ["a committed transfer did twice", "committed", { a: 4, b: 16, c: 0 }, ["transfers"]],
  ["an aborted transfer did not", "aborted", { a: 10, b: 10, c: 0 }, []],
  ["an aborted transfer did", "aborted", { a: 7, b: 13, c: 0 }, ["transfers"]],
  ["an unknown transfer did", "unknown", { a: 7, b: 13, c: 0 }, []],
  ["an unknown transfer did not", "unknown", { a: 10, b: 10, c: 0 }, []],
  ["an unknown transfer did twice", "unknown", { a: 4, b: 16, c: 0 }, ["transfers"]],
  ["an unknown transfer did half", "unknown", { a: 7, b: 10, c: 0 }, ["total", "transfers"]],
])("in the end %s", (_, fate, last, found) => {
  expect(names({ transfers: [transfer(fate, "a", "b", 3)], last })).toEqual(found);
});

it("any choice among unknown transfers may explain the end", () => {
  const transfers = [
    transfer("unknown", "a", "b", 5),
    transfer("unknown", "b", "c", 4),
    transfer("unknown", "c", "a", 1),
  ];
  expect(names({ transfers, last: { a: 6, b: 11, c: 3 } })).toEqual([]);
  expect(names({ transfers, last: { a: 11, b: 6, c: 3 } })).toEqual([]);
  expect(names({ transfers, last: { a: 10, b: 9, c: 1 } })).toEqual(["transfers"]);
});

it("says how it was", () => {
  const [found] = findBankAnomalies({
    initial: { a: 1, b: 1 },
    covered: true,
    transfers: [transfer("committed", "a", "b", 1)],
    reads: [],
    last: { a: 1, b: 1 },
  });
  expect(found?.detail).toBe(
    "a=1 b=1 follows from a=1 b=1 by no choice of\n  a to b: 1 from a to b (committed)",
  );
});
