import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { etagsMatch, formatEtag, parseEtags, revisionsOf } from "./etag.ts";
import { logIndex } from "./types.ts";

const ours = (revision: number, weak = false) => ({ weak, revision: logIndex(revision) });
const foreign = (weak = false) => ({ weak, revision: null });

describe("an entity tag list", () => {
  it.each([
    ['"7"', [ours(7)]],
    ['W/"7"', [ours(7, true)]],
    ['"7", W/"8","9"', [ours(7), ours(8, true), ours(9)]],
    ['\t"7"\t,\t"8" ', [ours(7), ours(8)]],
    [',,"7",,', [ours(7)]],
    ['"a,b", "7"', [foreign(), ours(7)]],
    ['""', [foreign()]],
    ['"07"', [foreign()]],
    ['"0"', [foreign()]],
    ['"7.0"', [foreign()]],
    ['"9999999999999999"', [foreign()]],
    ['W/"\xe4"', [foreign(true)]],
  ])("%s", (header, tags) => {
    expect(parseEtags(header)).toEqual(tags);
  });

  it("may be any", () => {
    expect(parseEtags("*")).toBe("*");
    expect(parseEtags(" * ")).toBe("*");
  });

  it.each([
    "",
    " ",
    ",",
    "7",
    '"7',
    '7"',
    '"7" "8"',
    '"7"8',
    '*,"7"',
    '"7",*',
    'w/"7"',
    "W/7",
    'W /"7"',
    '"\n"',
    '"a b"',
  ])("is not %j", (header) => {
    expect(parseEtags(header)).toBeNull();
  });

  it("never fails, whatever it is given", () => {
    const piece = fc.constantFrom('"', "W/", "7", ",", " ", "*", '"7"');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((parts) => parts.join("")),
        ),
        (header) => {
          const tags = parseEtags(header);
          expect(tags === null || tags === "*" || tags.length > 0).toBe(true);
        },
      ),
    );
  });

  it("says again what it was made of", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 999_999_999_999_999 }), { minLength: 1 }),
        (revisions) => {
          const header = revisions.map((revision) => formatEtag(logIndex(revision))).join(", ");
          expect(parseEtags(header)).toEqual(revisions.map((revision) => ours(revision)));
        },
      ),
    );
  });
});

describe("matching", () => {
  const tags = parseEtags('"7", W/"8", "x"');

  it("compares strongly without weak tags", () => {
    if (tags === null || tags === "*") throw new Error("not a list");
    expect(revisionsOf(tags, "strong")).toEqual([7]);
    expect(revisionsOf(tags, "weak")).toEqual([7, 8]);
  });

  it.each([
    [7, "strong", true],
    [8, "strong", false],
    [8, "weak", true],
    [9, "weak", false],
  ] as const)("revision %i, %s: %s", (revision, comparison, matches) => {
    expect(etagsMatch(tags ?? "*", logIndex(revision), comparison)).toBe(matches);
  });

  it("never matches an absent key, not even with any", () => {
    expect(etagsMatch("*", null, "weak")).toBe(false);
    expect(etagsMatch("*", logIndex(1), "strong")).toBe(true);
  });
});
