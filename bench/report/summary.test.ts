import { expect, it } from "vitest";
import type { Sample } from "../plan/cell.ts";
import { keyWorkloads } from "../plan/keys.ts";
import { matrix } from "../plan/matrix.ts";
import type { Turns } from "../plan/rounds.ts";
import { summarize } from "./summary.ts";

function sample(perSecond: number): Sample {
  return {
    answered: perSecond,
    conflicts: 0,
    failures: {},
    elapsedMs: 1000,
    perSecond,
    p50Ms: 1,
    p99Ms: 2,
    slowestMs: 3,
    generatorLoad: 0.2,
  };
}

function summaryOf(...turns: Turns[]) {
  const [cell] = matrix(keyWorkloads(10), [64], ["put-hot"]);
  if (cell === undefined) throw new Error("no cell");
  return summarize([{ cell, turns }]);
}

it("compares neighbours, round by round", () => {
  const [bare, ours] = summaryOf(
    { system: "bare", samples: [sample(100), sample(10), sample(50)], failures: [] },
    { system: "holdfast", samples: [sample(300), sample(40), sample(100)], failures: [] },
  );
  expect(bare).toMatchObject({ perSecond: 50, rounds: 3 });
  expect(bare?.ratio).toBeUndefined();
  expect(ours?.ratio).toEqual({ to: "bare", median: 3, least: 2, most: 4 });
  expect(ours?.aim).toBe(3);
});

it("leaves out a round in which either failed", () => {
  const [, ours] = summaryOf(
    { system: "bare", samples: [sample(100), undefined, sample(100)], failures: ["1 × timeout"] },
    {
      system: "holdfast",
      samples: [undefined, sample(40), sample(200)],
      failures: ["2 × status 500"],
    },
  );
  expect(ours).toMatchObject({ rounds: 2, ratio: { median: 2 }, failures: ["2 × status 500"] });
});

it("claims nothing where nothing was measured", () => {
  const [, ours] = summaryOf(
    { system: "bare", samples: [sample(100)], failures: [] },
    { system: "holdfast", samples: [undefined], failures: ["9 × status 500"] },
  );
  expect(ours?.ratio).toBeUndefined();
  expect(ours?.perSecond).toBeNaN();
});
