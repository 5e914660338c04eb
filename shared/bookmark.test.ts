import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Bookmark,
  bookmarkOf,
  bookmarkOfAll,
  decodeBookmark,
  encodeBookmark,
  indexSeen,
  mergeBookmarks,
} from "./bookmark.ts";
import { BOOKMARK_CHARS_MAX } from "./limits.ts";
import { logIndex } from "./types.ts";

const decoded = (text: string): Bookmark => {
  const bookmark = decodeBookmark(text);
  if (bookmark === null) throw new Error(`not a bookmark: ${text}`);
  return bookmark;
};
const of = (group: string, index: number, namespace = "ns") =>
  decoded(bookmarkOf(namespace, group, logIndex(index)));

const indexes = fc.integer({ min: 0, max: 2 ** 40 });
const bookmarks = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 2 ** 53 - 1 }), indexes), { maxLength: 400 })
  .chain((seen) =>
    fc.boolean().map((forgotten) => ({
      seen: new Map(seen.map(([hash, index]) => [hash, logIndex(index)])),
      forgotten,
    })),
  );

describe("a bookmark", () => {
  it("says what was seen of its group, and nothing of others", () => {
    const bookmark = of("cart", 7);
    expect(indexSeen(bookmark, "ns", "cart")).toBe(7);
    expect(indexSeen(bookmark, "ns", "card")).toBe(0);
    expect(indexSeen(bookmark, "other", "cart")).toBe(0);
  });

  it("of several groups says what was seen of each, the higher where one is named twice", () => {
    const bookmark = bookmarkOfAll("ns", [
      { group: "cart", index: logIndex(7) },
      { group: "stock", index: logIndex(3) },
      { group: "cart", index: logIndex(5) },
    ]);
    expect(indexSeen(bookmark, "ns", "cart")).toBe(7);
    expect(indexSeen(bookmark, "ns", "stock")).toBe(3);
    expect(indexSeen(bookmark, "ns", "other")).toBe(0);
    expect(encodeBookmark(bookmarkOfAll("ns", [{ group: "cart", index: logIndex(7) }]))).toBe(
      bookmarkOf("ns", "cart", logIndex(7)),
    );
  });

  it("is short and fit for a header, whatever the group is called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 512 }), indexes, (group, index) => {
        expect(bookmarkOf("ns", group, logIndex(index))).toMatch(
          /^1\.[0-9a-z]{1,11}-[0-9a-z]{1,8}$/,
        );
        expect(indexSeen(of(group, index), "ns", group)).toBe(index);
      }),
    );
  });

  it("is the same after a journey as text", () => {
    fc.assert(
      fc.property(bookmarks, (bookmark) => {
        const text = encodeBookmark(bookmark);
        if (text.length > BOOKMARK_CHARS_MAX) expect(decodeBookmark(text)).toBeNull();
        else expect(decodeBookmark(text)).toEqual(bookmark);
      }),
    );
  });

  it.each([
    "",
    "x",
    "2",
    "2.a-1",
    "1.",
    "1.a",
    "1.a-",
    "1.-1",
    "1.a-1-2",
    "1.b-1.a-1",
    "1.a-1.a-2",
    "1.A-1",
    "1.01-1",
    "1.a-01",
    "1.~.~",
    "1.~.a-1",
    "1.zzzzzzzzzzz-1",
    " 1",
    "1 ",
  ])("is not %j", (text) => {
    expect(decodeBookmark(text)).toBeNull();
  });

  it("is taken in one spelling only", () => {
    const near = fc.stringMatching(/^1(\.[0-9a-b]{1,3}-[0-9a-b]{1,3}){0,3}(\.~)?$/);
    fc.assert(
      fc.property(near, (text) => {
        const bookmark = decodeBookmark(text);
        if (bookmark !== null) expect(encodeBookmark(bookmark)).toBe(text);
      }),
    );
  });
});

describe("merging", () => {
  it("keeps the higher index of each group", () => {
    const merged = mergeBookmarks(of("a", 5), mergeBookmarks(of("a", 9), of("b", 2)));
    expect(indexSeen(merged, "ns", "a")).toBe(9);
    expect(indexSeen(merged, "ns", "b")).toBe(2);
    expect(merged.forgotten).toBe(false);
  });

  it("never forgets silently: of each group it says at least as much, or that it cannot say", () => {
    fc.assert(
      fc.property(bookmarks, bookmarks, (recent, earlier) => {
        const merged = mergeBookmarks(recent, earlier);
        for (const one of [recent, earlier]) {
          for (const [hash, index] of one.seen) {
            const kept = merged.seen.get(hash);
            if (kept === undefined) expect(merged.forgotten).toBe(true);
            else expect(kept).toBeGreaterThanOrEqual(index);
          }
          if (one.forgotten) expect(merged.forgotten).toBe(true);
        }
      }),
    );
  });

  it("stays within its limit, and keeps the recent one first", () => {
    const earlier: Bookmark = {
      seen: new Map(Array.from({ length: 400 }, (_, i) => [i * 1e9, logIndex(2 ** 30)])),
      forgotten: false,
    };
    const recent = of("now", 12);
    const merged = mergeBookmarks(recent, earlier);
    expect(encodeBookmark(merged).length).toBeLessThanOrEqual(BOOKMARK_CHARS_MAX);
    expect(encodeBookmark(merged).length).toBeGreaterThan(BOOKMARK_CHARS_MAX - 32);
    expect(indexSeen(merged, "ns", "now")).toBe(12);
    expect(indexSeen(merged, "ns", "never seen")).toBeNull();
    expect(decoded(encodeBookmark(merged)).forgotten).toBe(true);
  });
});
