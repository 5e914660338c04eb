import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Effect } from "../../../shared/store/entry.ts";
import type { KeyRange } from "../../../shared/store/view.ts";
import { logIndex } from "../../../shared/types.ts";
import { all, gone, type OpenSql, put, storeOf } from "./fixture.ts";

const encoder = new TextEncoder();

/** UTF-8 byte order. */
function compareBytes(a: string, b: string): number {
  const [first, second] = [encoder.encode(a), encoder.encode(b)];
  for (let place = 0; place < Math.min(first.length, second.length); place++) {
    const difference = (first[place] ?? 0) - (second[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return first.length - second.length;
}

const KEYS = [
  "\0",
  "a",
  "a\0",
  "a\0b",
  "aa",
  "b",
  "z",
  "é",
  "\ud7ff",
  "\ue000",
  "\uffff",
  "\u{10000}",
  "\u{1f600}",
  "\u{10fffe}",
];

export function listSuite(open: OpenSql): void {
  describe("a list", () => {
    const listed = (keys: string[], range: Partial<KeyRange>, index = 1) =>
      storeOf(
        open(),
        keys.map((key) => put(key, key)),
      )
        .list(all(range), logIndex(index))
        .records.map((record) => record.key);

    it("is in UTF-8 byte order, which is not UTF-16's beyond the basic plane", () => {
      expect(listed([...KEYS].reverse(), {})).toEqual(KEYS);
      expect([...KEYS].sort()).not.toEqual(KEYS);
      expect(listed(KEYS, { reverse: true })).toEqual([...KEYS].reverse());
    });

    it("ends before its end and begins with its start", () => {
      expect(listed(["a", "b", "c", "d"], { start: "b", end: "d" })).toEqual(["b", "c"]);
    });

    it("of a prefix holds all keys that start with it, and no others", () => {
      const keys = ["a", "a\u{10ffff}", "a\u{10ffff}b", "ab", "b", "A"];
      expect(listed(keys, { prefix: "a" })).toEqual(["a", "ab", "a\u{10ffff}", "a\u{10ffff}b"]);
      expect(listed(keys, { prefix: "a\u{10ffff}" })).toEqual(["a\u{10ffff}", "a\u{10ffff}b"]);
    });

    it("holds no deleted key, and each as it was at the index asked for", () => {
      const store = storeOf(
        open(),
        [put("a", "1"), put("b", "1")],
        [gone("a"), put("b", "2")],
        [put("a", "3")],
      );
      const at = (index: number) =>
        store.list(all(), logIndex(index)).records.map((one) => `${one.key}@${one.revision}`);
      expect([0, 1, 2, 3].map(at)).toEqual([[], ["a@1", "b@1"], ["b@2"], ["a@3", "b@2"]]);
    });

    it("counts only keys that are there towards its limit", () => {
      const store = storeOf(open(), [put("a", ""), put("b", ""), put("c", "")], [gone("a")]);
      expect(store.list(all({ limit: 2 }), logIndex(2)).records.map((one) => one.key)).toEqual([
        "b",
        "c",
      ]);
    });

    it("in pages is the list, whatever the range, direction and page", () => {
      const keys = fc.uniqueArray(fc.constantFrom(...KEYS), { minLength: 1 });
      const bound = fc.option(fc.constantFrom(...KEYS));
      const range = fc.record({ start: bound, end: bound, reverse: fc.boolean() });
      const prefix = fc.constantFrom("", "a", "\ud7ff", "\u{10fffe}");
      fc.assert(
        fc.property(
          keys,
          fc.array(fc.nat(20)),
          range,
          prefix,
          fc.integer({ min: 1, max: 4 }),
          (has, dead, of, start, limit) => {
            const deleted = has.filter((_, place) => dead.includes(place));
            const store = storeOf(
              open(),
              has.map((key): Effect => put(key, "")),
              deleted.map((key) => gone(key)),
            );
            const expected = has
              .filter((key) => !deleted.includes(key) && key.startsWith(start))
              .filter((key) => of.start === null || compareBytes(key, of.start) >= 0)
              .filter((key) => of.end === null || compareBytes(key, of.end) < 0)
              .sort(compareBytes);
            if (of.reverse) expected.reverse();

            const found: string[] = [];
            for (let pages = 0; pages <= KEYS.length; pages++) {
              const after = found.at(-1) ?? null;
              const page = store.list(
                all({ ...of, prefix: start, limit, after }),
                logIndex(2),
              ).records;
              found.push(...page.map((one) => one.key));
              if (page.length < limit) break;
            }
            expect(found).toEqual(expected);
          },
        ),
        { numRuns: 150 },
      );
    });
  });
}
