import { describe, expect, it } from "vitest";
import { logIndex } from "../types.ts";
import {
  formatPosition,
  isAfter,
  nextEntry,
  type Position,
  parsePosition,
  START,
  through,
  wholeEntries,
} from "./position.ts";

const at = (index: number, changes: number | null = null): Position => ({
  index: logIndex(index),
  changes,
});

describe("a position", () => {
  it.each([
    ["0", START],
    ["7", at(7)],
    ["7.2", at(7, 2)],
    ["123456789012345", at(123456789012345)],
  ])("%s is read and written", (text, position) => {
    expect(parsePosition(text)).toEqual(position);
    expect(formatPosition(position)).toBe(text);
  });

  it.each([
    "",
    "07",
    "7.0",
    "7.",
    ".7",
    "0.1",
    "-1",
    "7.2.1",
    "1e3",
    "1234567890123456",
    " 7",
    "7\n",
  ])("%j is none", (text) => expect(parsePosition(text)).toBeNull());

  it("knows the entry to look at next, and up to where entries are whole", () => {
    expect([nextEntry(START), wholeEntries(START)]).toEqual([1, 0]);
    expect([nextEntry(through(logIndex(7))), wholeEntries(at(7))]).toEqual([8, 7]);
    expect([nextEntry(at(7, 2)), wholeEntries(at(7, 2))]).toEqual([7, 6]);
  });

  it("is behind another by entries, and by changes within one", () => {
    const inOrder = [START, at(6), at(7, 1), at(7, 2), at(7), at(8, 1)];
    for (const [i, one] of inOrder.entries()) {
      for (const [j, other] of inOrder.entries()) expect(isAfter(one, other)).toBe(i > j);
    }
  });
});
