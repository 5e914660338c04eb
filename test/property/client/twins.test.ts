/** What the client says over again, since it may not import it, says what the service says. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeBookmarks as clientMerge } from "../../../client/bookmark.ts";
import { keyPath } from "../../../client/key-path.ts";
import { kindOf as clientKindOf } from "../../../client/value.ts";
import {
  type Beyond,
  type Bookmark,
  decodeBookmark,
  encodeBookmark,
  mergeBookmarks,
  NOTHING_SEEN,
} from "../../../shared/bookmark.ts";
import { kindOf } from "../../../shared/media-type.ts";
import { type LogIndex, logIndex, region } from "../../../shared/types.ts";

/** Few hashes collide often, and large ones fill a bookmark quickly. */
const hashes = fc.oneof(fc.nat(20), fc.nat(Number.MAX_SAFE_INTEGER));
const indexes = fc.oneof(fc.nat(20), fc.nat(Number.MAX_SAFE_INTEGER)).map(logIndex);

const bookmarkOf = (maxLength: number): fc.Arbitrary<Bookmark> =>
  fc.record({
    seen: fc
      .array(fc.tuple(hashes, indexes), { maxLength, size: "max" })
      .map((entries): ReadonlyMap<number, LogIndex> => new Map(entries)),
    open: fc.constant(new Set<number>()),
    beyond: fc.constantFrom<Beyond>(
      { type: "nothing" },
      { type: "nothing" },
      { type: "anything" },
      { type: "replica", region: region("weur") },
      { type: "replica", region: region("apac-ne") },
    ),
  });

/** As text, put together from several, which leaves groups open, and cut to its length. */
const bookmarks = fc
  .array(fc.oneof(bookmarkOf(5), bookmarkOf(300)), { minLength: 1, maxLength: 3 })
  .map((all) =>
    encodeBookmark(all.reduce((merged, each) => mergeBookmarks(merged, each), NOTHING_SEEN)),
  );

const decode = (text: string): Bookmark => {
  const bookmark = decodeBookmark(text);
  if (bookmark === null) throw new Error(`${text} is no bookmark`);
  return bookmark;
};

it("bookmarks are merged as the service merges them", () => {
  fc.assert(
    fc.property(bookmarks, bookmarks, (recent, earlier) => {
      const merged = mergeBookmarks(decode(recent), decode(earlier));
      expect(clientMerge(recent, earlier)).toBe(encodeBookmark(merged));
    }),
  );
});

describe("what a value is", () => {
  const types = [
    "application/json",
    "text/plain",
    "TEXT/html",
    "image/png",
    "application/ld+json",
    "text",
  ];
  const charsets = [
    "",
    "; charset=utf-8",
    ";charset=UTF8",
    '; charset="us-ascii"',
    "; charset=latin1",
  ];

  it.each(types.flatMap((type) => charsets.map((charset) => type + charset)))("%s", (type) => {
    const kind = kindOf(type);
    expect(clientKindOf(type)).toBe(kind === "binary" ? "bytes" : kind);
  });
});

it("every key but two has a path, from which it is decoded again", () => {
  const pieces = fc.constantFrom(
    "/",
    ".",
    "..",
    "%",
    "?",
    "#",
    "\\",
    "ä",
    "🌍",
    " ",
    "a",
    "\u0000",
    "{t}",
  );
  const keys = fc.array(pieces, { minLength: 1, maxLength: 8 }).map((each) => each.join(""));
  fc.assert(
    fc.property(
      keys.filter((key) => key !== "." && key !== ".."),
      (key) => {
        const { pathname } = new URL(`https://a.example/v1/${keyPath("ns", key)}`);
        expect(pathname.startsWith("/v1/ns/keys/")).toBe(true);
        expect(decodeURIComponent(pathname.slice("/v1/ns/keys/".length))).toBe(key);
        // Nothing that a proxy would merge or cut off.
        expect(pathname).not.toMatch(/\/\/|\/$/);
      },
    ),
    { numRuns: 2_000 },
  );
});
