import { describe, expect, it } from "vitest";
import { runSeed } from "./run.ts";
import { UNEVEN_FROM } from "./stage.ts";

async function findings(from: number, count: number, members: number): Promise<string[]> {
  const found: string[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const result = await runSeed(seed, { play: "replicas", members });
    for (const { property, detail } of result.findings) {
      found.push(`seed ${seed}: ${property}: ${detail}`);
    }
  }
  return found;
}

describe("replicas in a simulated world", () => {
  it.each([
    { members: 1, from: 1, count: 60 },
    { members: 3, from: 1, count: 30 },
    { members: 3, from: UNEVEN_FROM, count: 10 },
  ])(
    "keep every property with $members members a group, from seed $from",
    async (seeds) => {
      expect(await findings(seeds.from, seeds.count, seeds.members)).toEqual([]);
    },
    60_000,
  );

  it.each([1, 3])("tell the same story twice with %i members", async (members) => {
    const tell = async (seed: number) => {
      const lines: string[] = [];
      const print = (line: string) => lines.push(line);
      const { hash } = await runSeed(seed, { play: "replicas", members, print });
      return { hash, lines };
    };
    for (const seed of [2, 9]) {
      const first = await tell(seed);
      expect(first.lines.length).toBeGreaterThan(100);
      expect(await tell(seed)).toEqual(first);
    }
  });
});
