import { expect, it } from "vitest";
import type { Sample } from "../plan/cell.ts";
import { lagOf, steadiness } from "./lag.ts";

/** A sample whose stretches have these medians, in milliseconds. */
function watched(...medians: number[]): Sample {
  const windows = medians.map((p50Ms, at) => ({
    fromMs: at * 1_000,
    toMs: (at + 1) * 1_000,
    count: 10,
    p50Ms,
    p90Ms: p50Ms + 1,
    p99Ms: p50Ms + 2,
    slowestMs: p50Ms + 3,
  }));
  return {
    answered: 100,
    conflicts: 0,
    failures: {},
    elapsedMs: 1_000,
    perSecond: 100,
    p50Ms: 1,
    p99Ms: 2,
    slowestMs: 3,
    generatorLoad: 0.2,
    watched: { windows, behindAtEnd: 4, settledMs: 500, unseen: 0, looks: 20, fault: null },
  };
}

it("tells a backlog that grows from a lag that is steady", () => {
  const steady = lagOf([watched(100, 120, 90, 130, 110, 105)]);
  expect(steady?.growth).toBeCloseTo(107.5 / 110);
  expect(steady && steadiness(steady)).not.toContain("missed");
  const growing = lagOf([watched(100, 200, 300, 400, 500, 600)]);
  expect(growing?.growth).toBeCloseTo(550 / 150);
  expect(growing && steadiness(growing)).toContain("1.5 times at most, is missed");
});

it("is not content with a lag that is steady because leaders make up for the queue", () => {
  const rescued = lagOf([watched(4_000, 5_000, 5_100, 4_900, 5_000, 4_800)]);
  expect(rescued && steadiness(rescued)).toContain("1,000 ms at most, is missed");
  const silent = lagOf([watched(100, Number.NaN, 100)]);
  expect(silent && steadiness(silent)).toContain("1,000 ms at most, is missed");
});

it("takes the median of the rounds, and the slowest of any", () => {
  const lag = lagOf([watched(100, 100), watched(300, 100), watched(200, 100)]);
  expect(lag?.windows[0]).toMatchObject({ count: 30, p50Ms: 200, p99Ms: 202, slowestMs: 303 });
});

it("says nothing where nothing was watched", () => {
  const { watched: _, ...unwatched } = watched(1);
  expect(lagOf([unwatched])).toBeUndefined();
  expect(lagOf([])).toBeUndefined();
});
