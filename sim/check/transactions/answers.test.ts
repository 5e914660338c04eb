import { expect, it } from "vitest";
import { findAnswerAnomalies, type ShownList, type Told } from "./answers.ts";

const told = (askedAt: number, toldAt: number, what: Told["told"], id = "q"): Told => ({
  id,
  by: `${id}'s client`,
  askedAt,
  toldAt,
  told: what,
});

const effect = { id: "q", key: "x", value: "v" };
const shows = (last: boolean, ...list: string[]): ShownList => ({ by: "R", key: "x", list, last });

const names = (answers: Told[], lists: ShownList[] = []): string[] =>
  findAnswerAnomalies(answers, [effect], lists).map(({ name }) => name);

it.each<[Told["told"], Told["told"], string[]]>([
  ["committed", "committed", []],
  ["aborted", "aborted", []],
  ["else", "else", []],
  ["committed", "aborted", ["two-outcomes"]],
  ["aborted", "committed", ["two-outcomes"]],
  ["committed", "else", ["two-outcomes"]],
  ["else", "aborted", ["two-outcomes"]],
  ["pending", "committed", []],
  ["unknown-id", "aborted", []],
  ["unknown-id", "pending", []],
  ["pending", "unknown-id", []],
  ["committed", "pending", ["taken-back"]],
  ["aborted", "unknown-id", ["taken-back"]],
  ["else", "pending", ["taken-back"]],
])("told %s, and then %s", (first, second, found) => {
  expect(names([told(0, 1, first), told(2, 3, second)])).toEqual(found);
  expect(names([told(2, 3, second), told(0, 1, first)])).toEqual(found);
});

it("who asked before the outcome was told may hear that there is none yet", () => {
  expect(names([told(0, 5, "committed"), told(4, 9, "pending")])).toEqual([]);
  expect(names([told(0, 5, "committed"), told(5, 9, "unknown-id")])).toEqual([]);
});

it("two ids may have two outcomes", () => {
  expect(names([told(0, 1, "committed"), told(0, 1, "aborted", "p")])).toEqual([]);
});

it.each<[Told["told"], ShownList, string[]]>([
  ["committed", shows(false, "u", "v"), []],
  ["aborted", shows(false, "u"), []],
  ["aborted", shows(false, "u", "v"), ["effect-without-commit"]],
  ["else", shows(true, "v"), ["effect-without-commit"]],
  ["pending", shows(true, "v"), []],
  ["committed", shows(true, "v"), []],
  ["committed", shows(false, "u"), []],
  ["committed", shows(true, "u"), ["commit-without-effect"]],
  ["unknown-id", shows(true, "u"), []],
])("told %s, and shown %j", (what, list, found) => {
  expect(names([told(0, 1, what)], [list])).toEqual(found);
});

it("says who was told what", () => {
  const answers = [told(0, 1, "committed"), told(2, 3, "aborted")];
  expect(findAnswerAnomalies(answers, [], [])[0]?.detail).toBe(
    "of q:\n  [0.0, 1.0] q's client was told committed\n  [2.0, 3.0] q's client was told aborted",
  );
});
