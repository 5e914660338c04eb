import { expect, it } from "vitest";
import { Waits } from "./waits.ts";

it("is the longest time to an answer", () => {
  const waits = new Waits<string>();
  waits.began("a", 0);
  waits.answered("a", 30, 30);
  waits.answered("a", 20, 50);
  expect(waits.longest(51)).toBe(30);
});

it("counts a request that has no answer at the end", () => {
  const waits = new Waits<string>();
  waits.began("a", 0);
  waits.began("b", 0);
  waits.answered("a", 30, 30);
  expect(waits.longest(100)).toBe(100);
});
