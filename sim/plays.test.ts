import { describe, expect, it } from "vitest";
import { type Play, runSeed } from "./run.ts";
import { UNEVEN_FROM } from "./stage.ts";

async function findings(play: Play, from: number, count: number, members: number) {
  const found: string[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const result = await runSeed(seed, { play, members });
    found.push(...result.findings.map((one) => `seed ${seed}: ${one.property} ${one.detail}`));
  }
  return found;
}

describe.each<Play>(["transactions", "locks", "watch"])("a world of %s", (play) => {
  it.each([
    { members: 1, from: 1, count: 25 },
    { members: 3, from: 1, count: 8 },
    { members: 3, from: UNEVEN_FROM, count: 4 },
    { members: 5, from: 1, count: 2 },
  ])(
    "keeps every property with $members members a group, from seed $from",
    async ({ from, count, members }) => {
      expect(await findings(play, from, count, members)).toEqual([]);
    },
    60_000,
  );

  it.each([1, 3])("tells the same story twice with %i members", async (members) => {
    const tell = async (seed: number) => {
      const lines: string[] = [];
      const print = (line: string) => lines.push(line);
      const { hash } = await runSeed(seed, { play, members, print });
      return { hash, lines };
    };
    for (const seed of [2, 9]) {
      const first = await tell(seed);
      expect(first.lines.length).toBeGreaterThan(100);
      expect(await tell(seed)).toEqual(first);
    }
  });
});
