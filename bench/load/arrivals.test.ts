import { expect, it } from "vitest";
import { Arrivals } from "./arrivals.ts";

it("times a revision until a look shows it, or a newer one", () => {
  const arrivals = new Arrivals();
  arrivals.acknowledged("a", 1, 100);
  arrivals.acknowledged("a", 2, 200);
  arrivals.acknowledged("a", 3, 300);
  arrivals.acknowledged("b", 1, 300);
  arrivals.shown("a", 2, 450);
  expect(arrivals.pending).toBe(2);
  const [window] = arrivals.windows(0, 1, 1_000);
  expect(window).toMatchObject({ count: 2, p50Ms: 250, slowestMs: 350 });
});

it("says zero of what was shown before its writer was answered", () => {
  const arrivals = new Arrivals();
  arrivals.shown("a", 7, 100);
  arrivals.acknowledged("a", 7, 150);
  arrivals.acknowledged("a", 8, 160);
  expect(arrivals.pending).toBe(1);
  expect(arrivals.windows(0, 1, 1_000)).toMatchObject([{ count: 1, slowestMs: 0 }]);
});

it("tells of each stretch apart, by when the writer was answered", () => {
  const arrivals = new Arrivals();
  arrivals.acknowledged("a", 1, 1_050);
  arrivals.acknowledged("a", 2, 1_150);
  arrivals.acknowledged("a", 3, 1_250);
  arrivals.shown("a", 3, 1_300);
  expect(arrivals.windows(1_000, 2, 100)).toMatchObject([
    { fromMs: 0, toMs: 100, count: 1, p50Ms: 250 },
    { fromMs: 100, toMs: 200, count: 1, p50Ms: 150 },
  ]);
});
