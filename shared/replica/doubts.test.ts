import { describe, expect, it } from "vitest";
import { type Instant, logIndex } from "../types.ts";
import { doubtsAfter, hasReached, inDoubt } from "./doubts.ts";
import type { Doubt, FeedEntry } from "./feed.ts";

const doubt = (vote: number, ...keys: string[]): Doubt => ({ vote: logIndex(vote), keys });
const entry = (index: number, more: Partial<FeedEntry> = {}): FeedEntry => ({
  index: logIndex(index),
  at: 0 as Instant,
  changes: [],
  ...more,
});

describe("what is in doubt", () => {
  it("is what a vote would change, until an entry resolves it", () => {
    const voted = doubtsAfter([], entry(1, { opens: doubt(1, "a", "b") }));
    expect(voted).toEqual([doubt(1, "a", "b")]);
    expect(doubtsAfter(voted, entry(2))).toBe(voted);
    expect(doubtsAfter(voted, entry(3, { closes: [logIndex(1)] }))).toEqual([]);
  });

  it("is a vote in the entry that resolves another one of the same key", () => {
    const both = entry(2, { closes: [logIndex(1)], opens: doubt(2, "a") });
    expect(doubtsAfter([doubt(1, "a")], both)).toEqual([doubt(2, "a")]);
  });

  it("is not changed by the resolution of a vote that would change nothing", () => {
    const doubts = [doubt(1, "a")];
    expect(doubtsAfter(doubts, entry(3, { closes: [logIndex(2)] }))).toEqual(doubts);
  });

  it("is a matter of the keys asked for", () => {
    expect(inDoubt([doubt(1, "a"), doubt(2, "b")], ["c", "b"])).toBe(true);
    expect(inDoubt([doubt(1, "a"), doubt(2, "b")], ["c"])).toBe(false);
    expect(inDoubt([], ["a"])).toBe(false);
  });
});

describe("a bookmark", () => {
  const at = (index: number, ...doubts: Doubt[]) => ({ index: logIndex(index), doubts });

  it("is reached by a copy of its index", () => {
    expect(hasReached(at(6), logIndex(7))).toBe(false);
    expect(hasReached(at(7), logIndex(7))).toBe(true);
    expect(hasReached(at(0), logIndex(0))).toBe(true);
  });

  it("is not reached while a vote at or below it is open, whatever has been applied", () => {
    expect(hasReached(at(9, doubt(7, "a")), logIndex(7))).toBe(false);
    expect(hasReached(at(9, doubt(3, "a")), logIndex(7))).toBe(false);
    expect(hasReached(at(9, doubt(8, "a")), logIndex(7))).toBe(true);
  });
});
