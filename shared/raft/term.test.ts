import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Block, Wake } from "../types.ts";
import { term } from "./fixture.ts";
import { compareTerms, formatTerm, sameTerm, TERM_ZERO, type Term } from "./term.ts";

const terms = fc
  .tuple(fc.nat(4), fc.nat(4))
  .map(([block, wake]): Term => ({ block: block as Block, wake: wake as Wake }));

describe("terms", () => {
  it("compare by block first, then by wake", () => {
    const ordered = ["0.0", "1.0", "1.1", "1.10", "2.0", "10.0"].map(term);
    for (const [low, a] of ordered.entries()) {
      for (const [high, b] of ordered.entries()) {
        expect(Math.sign(compareTerms(a, b))).toBe(Math.sign(low - high));
      }
    }
  });

  it("are the same exactly where neither is higher", () => {
    fc.assert(fc.property(terms, terms, (a, b) => sameTerm(a, b) === (compareTerms(a, b) === 0)));
  });

  it("are in one total order", () => {
    fc.assert(
      fc.property(terms, terms, terms, (a, b, c) => {
        expect(Math.sign(compareTerms(a, b))).toBe(-Math.sign(compareTerms(b, a)) + 0);
        if (compareTerms(a, b) <= 0 && compareTerms(b, c) <= 0) {
          expect(compareTerms(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });

  it("begin above the one that stands before the first entry", () => {
    expect(compareTerms(TERM_ZERO, term("1.0"))).toBeLessThan(0);
  });

  it("are shown as block.wake", () => {
    expect(formatTerm(term("3.12"))).toBe("3.12");
  });
});
