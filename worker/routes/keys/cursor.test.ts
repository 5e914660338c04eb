import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CursorQuery, decodeCursor, encodeCursor } from "./cursor.ts";

const QUERY: CursorQuery = {
  namespace: "ns",
  group: "cart",
  prefix: "a",
  start: "b",
  end: null,
  reverse: false,
};

const keys = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
  .filter((key) => !/\p{Surrogate}/u.test(key));

describe("a cursor", () => {
  it("gives back the key it was made of, and is fit for a URL", () => {
    fc.assert(
      fc.property(keys, (key) => {
        const cursor = encodeCursor(QUERY, key);
        expect(cursor).toMatch(/^[\w.-]+$/);
        expect(decodeCursor(QUERY, cursor)).toBe(key);
      }),
    );
  });

  it.each<[string, Partial<CursorQuery>]>([
    ["namespace", { namespace: "other" }],
    ["group", { group: "card" }],
    ["prefix", { prefix: "" }],
    ["start", { start: null }],
    ["end", { end: "c" }],
    ["direction", { reverse: true }],
  ])("belongs to its query: another %s", (_, change) => {
    const cursor = encodeCursor(QUERY, "b7");
    expect(decodeCursor({ ...QUERY, ...change }, cursor)).toBeNull();
  });

  it("is nothing else", () => {
    const [version, hash, text] = encodeCursor(QUERY, "b7").split(".");
    for (const other of [
      "",
      "junk",
      `2.${hash}.${text}`,
      `${version}.${hash}.`,
      `${version}.${hash}.${text}=`,
      `${version}.${hash}.${text}.x`,
      `${version}.${hash}._w`,
      `${version}.${hash}.ä`,
      `${version}.${hash}.${"YWFh".repeat(200)}`,
    ]) {
      expect(decodeCursor(QUERY, other), other).toBeNull();
    }
  });
});
