import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prefixEnd } from "./list.ts";

/** UTF-8 byte order, which is SQLite's order of text. */
const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

// Well-formed text around the places where UTF-16 and UTF-8 order differ.
const text = fc.string({
  unit: fc.constantFrom(
    "\0",
    "a",
    "b",
    "\u{7f}",
    "é",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\u{10000}",
    "\u{10ffff}",
  ),
  maxLength: 4,
});

describe("the end of a prefix", () => {
  it("lies behind all keys that start with it, and before all others behind them", () => {
    fc.assert(
      fc.property(text, text, (prefix, key) => {
        const end = prefixEnd(prefix);
        const inRange = compare(key, prefix) >= 0 && (end === null || compare(key, end) < 0);
        expect(inRange).toBe(key.startsWith(prefix));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["", null],
    ["a", "b"],
    ["a\u{10ffff}", "b"],
    ["\u{10ffff}\u{10ffff}", null],
    ["\ud7ff", "\ue000"],
    ["\uffff", "\u{10000}"],
  ])("of %j is %j", (prefix, end) => {
    expect(prefixEnd(prefix)).toBe(end);
  });
});
