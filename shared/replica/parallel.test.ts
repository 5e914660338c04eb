import { describe, expect, it } from "vitest";
import { inParallel } from "./parallel.ts";

describe("work side by side", () => {
  it("is done for all, so many at a time", async () => {
    let under = 0;
    let most = 0;
    const done: number[] = [];
    const items = Array.from({ length: 20 }, (_, at) => at);
    await inParallel(items, 3, async (item) => {
      under += 1;
      most = Math.max(most, under);
      for (let turn = 0; turn <= item % 4; turn++) await undefined;
      under -= 1;
      done.push(item);
    });
    expect(most).toBe(3);
    expect(done.toSorted((a, b) => a - b)).toEqual(items);
  });

  it("fails where one fails, and is nothing where there is nothing to do", async () => {
    await inParallel([], 3, () => Promise.reject(new Error("never")));
    const failing = inParallel([1], 3, () => Promise.reject(new Error("once")));
    await expect(failing).rejects.toThrow("once");
  });
});
