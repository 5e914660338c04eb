import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Instant } from "../types.ts";
import { anchorOf, idBoundary, isOlder, madeAt, parseTransactionId, transactionId } from "./id.ts";

const time = fc.nat(2 ** 47);
/** A ULID of that time. */
const ulid = (made: number): string => `${idBoundary((made - 1) as Instant)}${"0".repeat(16)}`;
const at = (made: number) => made as Instant;

describe("a transaction's id", () => {
  it("tells its anchor and when it was made, and is its own text", () => {
    const group = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(time, group, (made, anchor) => {
        const id = transactionId(ulid(made), anchor);
        expect(madeAt(id)).toBe(made);
        expect(anchorOf(id)).toBe(anchor);
        expect(parseTransactionId(id)).toBe(id);
        expect(id).toMatch(/^[\w.!~*'()-]+$/);
      }),
    );
  });

  it("sorts by age, and a span of time is a range of ids", () => {
    fc.assert(
      fc.property(time, time, (one, other) => {
        const id = transactionId(ulid(one), "a");
        if (one !== other) expect(isOlder(id, transactionId(ulid(other), "a"))).toBe(one < other);
        expect(id < idBoundary(at(other))).toBe(one <= other);
      }),
    );
  });

  it.each([
    "",
    "x",
    "01J9Z3NDEKTSV4RRFFQ69G5FAV",
    "01J9Z3NDEKTSV4RRFFQ69G5FAV.",
    "01J9Z3NDEKTSV4RRFFQ69G5FAV.~",
    "01J9Z3NDEKTSV4RRFFQ69G5FAV.~zz",
    "01J9Z3NDEKTSV4RRFFQ69G5FAV.a b",
    "01J9Z3NDEKTSV4RRFFQ69G5FAI.a",
    "91J9Z3NDEKTSV4RRFFQ69G5FAV.a",
  ])("is not %j", (text) => {
    expect(parseTransactionId(text)).toBeNull();
  });
});
