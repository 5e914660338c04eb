import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Beyond,
  type Bookmark,
  bookmarkOf,
  bookmarkOfAll,
  bookmarkOfList,
  decodeBookmark,
  encodeBookmark,
  indexSeen,
  mergeBookmarks,
  NOTHING_SEEN,
} from "./bookmark.ts";
import { BOOKMARK_CHARS_MAX } from "./limits.ts";
import { type LogIndex, logIndex, type Region, region } from "./types.ts";

const [WEUR, APAC] = [region("weur"), region("apac")];

const decoded = (text: string): Bookmark => {
  const bookmark = decodeBookmark(text);
  if (bookmark === null) throw new Error(`not a bookmark: ${text}`);
  return bookmark;
};
const of = (group: string, index: number, namespace = "ns") =>
  decoded(bookmarkOf(namespace, group, logIndex(index)));

const indexes = fc.integer({ min: 0, max: 2 ** 40 });
/** Often the same few, so that two bookmarks have some in common. */
const hashes = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 2 ** 53 - 1 }));
const beyond = fc.constantFrom<Beyond>(
  { type: "nothing" },
  { type: "replica", region: WEUR },
  { type: "replica", region: APAC },
  { type: "anything" },
);
const bookmarks = fc
  .record({
    named: fc.array(fc.tuple(hashes, indexes, fc.boolean()), { maxLength: 400 }),
    beyond,
  })
  .map(({ named, beyond }): Bookmark => {
    const seen = new Map(named.map(([hash, index]) => [hash, logIndex(index)]));
    const open = named.flatMap(([hash, , isOpen]) => (isOpen ? [hash] : []));
    return { seen, open: new Set(beyond.type === "replica" ? open : []), beyond };
  });
const indexIn = (bookmark: Bookmark, group: string, namespace = "ns") =>
  indexSeen(bookmark, namespace, group, WEUR);

/** The index that a replica must have of a group; infinite where only the leader can answer. */
function least({ seen, open, beyond }: Bookmark, hash: number, by: Region): number {
  const index = seen.get(hash) ?? 0;
  if (seen.has(hash) && !open.has(hash)) return index;
  if (beyond.type === "nothing") return index;
  return beyond.type === "replica" && beyond.region === by ? index : Number.POSITIVE_INFINITY;
}

/** Whether one bookmark asks at least as much of replicas as another, of every group that either names and of one more. */
const asksAsMuch = (one: Bookmark, other: Bookmark, by = [WEUR, APAC]): boolean =>
  [...one.seen.keys(), ...other.seen.keys(), -1].every((hash) =>
    by.every((at) => least(one, hash, at) >= least(other, hash, at)),
  );

describe("a bookmark", () => {
  it("says what was seen of its group, and nothing of others", () => {
    const bookmark = of("cart", 7);
    expect(indexIn(bookmark, "cart")).toBe(7);
    expect(indexIn(bookmark, "card")).toBe(0);
    expect(indexIn(bookmark, "cart", "other")).toBe(0);
  });

  it("of several groups says what was seen of each, the higher where one is named twice", () => {
    const bookmark = bookmarkOfAll("ns", [
      { group: "cart", index: logIndex(7) },
      { group: "stock", index: logIndex(3) },
      { group: "cart", index: logIndex(5) },
    ]);
    expect(indexIn(bookmark, "cart")).toBe(7);
    expect(indexIn(bookmark, "stock")).toBe(3);
    expect(indexIn(bookmark, "other")).toBe(0);
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
        expect(indexIn(of(group, index), group)).toBe(index);
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
    "1.~.~apac",
    "1.~apac.~",
    "1.~moon",
    "1.~apac.a-1",
    "1.a-1~",
    "1.a-1~.~",
    "1.a-1~~.~apac",
    "1.a~-1.~apac",
    "1.zzzzzzzzzzz-1",
    " 1",
    "1 ",
  ])("is not %j", (text) => {
    expect(decodeBookmark(text)).toBeNull();
  });

  it("is taken in one spelling only", () => {
    const near = fc.stringMatching(/^1(\.[0-9a-b]{1,3}-[0-9a-b]{1,3}~?){0,3}(\.~(apac)?)?$/);
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
    expect(indexIn(merged, "a")).toBe(9);
    expect(indexIn(merged, "b")).toBe(2);
    expect(merged.beyond).toEqual({ type: "nothing" });
  });

  it("never forgets silently: whatever either bookmark asks of a replica, both together do", () => {
    fc.assert(
      fc.property(bookmarks, bookmarks, (recent, earlier) => {
        const merged = mergeBookmarks(recent, earlier);
        for (const one of [recent, earlier]) expect(asksAsMuch(merged, one)).toBe(true);
      }),
    );
  });

  it("stays within its limit, and keeps the recent one first", () => {
    const earlier: Bookmark = {
      ...NOTHING_SEEN,
      seen: new Map(Array.from({ length: 400 }, (_, i) => [i * 1e9, logIndex(2 ** 30)])),
    };
    const recent = of("now", 12);
    const merged = mergeBookmarks(recent, earlier);
    expect(encodeBookmark(merged).length).toBeLessThanOrEqual(BOOKMARK_CHARS_MAX);
    expect(encodeBookmark(merged).length).toBeGreaterThan(BOOKMARK_CHARS_MAX - 32);
    expect(indexIn(merged, "now")).toBe(12);
    expect(indexIn(merged, "never seen")).toBeNull();
    expect(decoded(encodeBookmark(merged)).beyond).toEqual({ type: "anything" });
  });

  it("names a group of which anything may have been seen only by who has the latest of it", () => {
    const forgetful = decoded("1.~");
    expect(indexIn(mergeBookmarks(of("a", 3), forgetful), "a")).toBeNull();
    expect(indexIn(mergeBookmarks(of("a", 3), forgetful, true), "a")).toBe(3);
    // What one replica had, another one may lack, whatever was read there since.
    const listedIn = decoded("1.~apac");
    const read = mergeBookmarks(of("a", 3), listedIn);
    expect(indexIn(read, "a")).toBeNull();
    expect(indexSeen(read, "ns", "a", APAC)).toBe(3);
    expect(encodeBookmark(read)).toMatch(/-3~\.~apac$/);
    expect(indexIn(mergeBookmarks(of("a", 5), read, true), "a")).toBe(5);
  });
});

/** Of a list that a replica has shown: the groups it names, and those named before, as it had them. */
function listed(had: Record<string, number>, earlier: Bookmark = decoded("1"), by = WEUR) {
  const groups = Object.entries(had).map(([group, index]) => ({ group, index: logIndex(index) }));
  const lacks = [...earlier.seen.keys()].map((hash): [number, LogIndex] => [hash, logIndex(0)]);
  return bookmarkOfList(new Map([...lacks, ...bookmarkOfAll("ns", groups).seen]), by, earlier);
}

describe("the bookmark of a list", () => {
  it("names the groups shown, and for the others the replica", () => {
    const bookmark = listed({ a: 3, b: 2 });
    expect(indexIn(bookmark, "a")).toBe(3);
    expect(indexIn(bookmark, "gone")).toBe(0);
    expect(indexSeen(bookmark, "ns", "a", APAC)).toBe(3);
    // Of what the list did not show, another replica may have less.
    expect(indexSeen(bookmark, "ns", "gone", APAC)).toBeNull();
    expect(encodeBookmark(bookmark)).toMatch(/\.~weur$/);
  });

  it("says of a group that the client had seen what the list showed of it, be it nothing", () => {
    expect(indexIn(listed({ a: 3, b: 9 }, of("b", 1)), "b")).toBe(9);
    expect(indexIn(listed({ a: 3, b: 9 }, of("b", 11)), "b")).toBe(11);
  });

  it("leaves the unnamed to the leader where two replicas have listed them", () => {
    const both = listed({ b: 1 }, listed({ a: 1 }), APAC);
    expect(both.beyond).toEqual({ type: "anything" });
    expect(listed({ b: 1 }, listed({ a: 1 })).beyond).toEqual({ type: "replica", region: WEUR });
    expect(mergeBookmarks(listed({ a: 1 }), of("b", 1)).beyond).toMatchObject({ region: WEUR });
  });

  it("keeps what the client had seen before, and only then what was listed", () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`g${i}`, 2 ** 30]));
    const bookmark = listed(many, of("mine", 12));
    expect(indexSeen(bookmark, "ns", "mine", APAC)).toBe(12);
    expect(encodeBookmark(bookmark).length).toBeLessThanOrEqual(BOOKMARK_CHARS_MAX);
    // What was left out this replica has, so no leader is needed for it.
    expect(bookmark.beyond).toEqual({ type: "replica", region: WEUR });
    expect(indexIn(bookmark, "g999")).not.toBeNull();
  });

  it("says so where it had to leave out what the replica lacks", () => {
    // Without room for a word of others.
    const full = `1${Array.from({ length: 341 }, (_, i) => `.${(i + 10 ** 7).toString(36)}-zzzzz`).join("")}`;
    expect(full.length).toBeGreaterThan(BOOKMARK_CHARS_MAX - 6);
    expect(listed({ a: 1 }, decoded(full)).beyond).toEqual({ type: "anything" });
  });

  it("asks of every replica what it asked before, and of others what this one had", () => {
    fc.assert(
      fc.property(bookmarks, bookmarks, ({ seen }, earlier) => {
        const had = new Map([...earlier.seen].map(([hash]) => [hash, logIndex(0)]));
        for (const [hash, index] of seen) had.set(hash, index);
        const bookmark = bookmarkOfList(had, WEUR, earlier);
        expect(encodeBookmark(bookmark).length).toBeLessThanOrEqual(BOOKMARK_CHARS_MAX);
        const { beyond } = earlier;
        const goesOn = beyond.type === "replica" && beyond.region === WEUR;
        for (const hash of [...had.keys(), ...earlier.seen.keys(), -1]) {
          // Of what this replica had, it had no more before.
          const needed = (at: Region) =>
            goesOn && had.has(hash) ? (earlier.seen.get(hash) ?? 0) : least(earlier, hash, at);
          const there = had.get(hash) ?? 0;
          const more = had.has(hash) ? there : Number.POSITIVE_INFINITY;
          expect(least(bookmark, hash, APAC)).toBeGreaterThanOrEqual(Math.max(needed(APAC), more));
          expect(Math.max(least(bookmark, hash, WEUR), there)).toBeGreaterThanOrEqual(needed(WEUR));
        }
      }),
    );
  });
});
