import { describe, expect, it } from "vitest";
import { planted } from "../shared/planted.ts";
import { runGroupSeed } from "./group/run.ts";
import { huntInGroups, STATED_OF_GROUPS } from "./mistakes-of-groups.ts";

/** What is found in so many seeds, each finding with its seed; and how much was committed in them. */
function runMany(members: number, count: number): { findings: string[]; committed: number } {
  const findings: string[] = [];
  let committed = 0;
  for (let seed = 1; seed <= count; seed++) {
    const run = runGroupSeed(seed, members);
    committed += run.committed;
    if (run.finding !== null) findings.push(`seed ${seed}: ${run.finding.detail}`);
  }
  return { findings, committed };
}

describe("a group, message by message", () => {
  it.each([
    { members: 3, seeds: 3_000 },
    { members: 5, seeds: 1_500 },
  ])(
    "of $members keeps every invariant after every step",
    ({ members, seeds }) => {
      const { findings, committed } = runMany(members, seeds);
      expect(findings).toEqual([]);
      // A schedule in which nothing is committed would prove nothing.
      expect(committed).toBeGreaterThan(seeds);
    },
    60_000,
  );

  // Seeds that found a fault before it was mended. A change of the schedule gives them another story.
  it.each([
    { seed: 4_807, showed: "two leases at once, by the millisecond that clocks do not show" },
  ])("seed $seed no longer shows $showed", ({ seed }) => {
    expect(runGroupSeed(seed, 3).finding).toBeNull();
  });

  it("tells the same story twice", () => {
    const tell = (seed: number): string[] => {
      const lines: string[] = [];
      runGroupSeed(seed, 3, (line) => lines.push(line));
      return lines;
    };
    for (const seed of [1, 2, 3]) {
      expect(tell(seed).length).toBeGreaterThan(100);
      expect(tell(seed)).toEqual(tell(seed));
    }
    expect(tell(1)).not.toEqual(tell(2));
  });
});

describe("a mistake planted in a group", () => {
  it.each(STATED_OF_GROUPS)(
    "$mistake is found within $seedsMax seeds",
    (stated) => {
      expect(huntInGroups(stated)).not.toBeNull();
      expect(planted(stated.mistake)).toBe(false);
    },
    120_000,
  );

  it("is one of at least twenty-five", () => {
    expect(new Set(STATED_OF_GROUPS.map(({ mistake }) => mistake)).size).toBeGreaterThan(25);
  });
});
