import { describe, expect, it } from "vitest";
import { Waiters } from "./waiters.ts";

/** A patience that ends when told to. */
function patience() {
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { over, end: () => end() };
}

describe("who waits", () => {
  it("is told at once where all is there already", async () => {
    expect(await new Waiters().until([1], () => true, patience().over)).toBe(true);
  });

  it("is told when the last of it comes", async () => {
    const waiters = new Waiters();
    let missing = 2;
    const waiting = waiters.until([1, 2], () => missing === 0, patience().over);
    for (const hash of [1, 2]) {
      missing -= 1;
      waiters.wake(hash);
    }
    expect(await waiting).toBe(true);
  });

  it("is not woken by other groups, and hears when its patience is over", async () => {
    const waiters = new Waiters();
    const { over, end } = patience();
    let looks = 0;
    const waiting = waiters.until([1], () => ++looks < 0, over);
    waiters.wake(2);
    expect(looks).toBe(1);
    end();
    expect(await waiting).toBe(false);
    waiters.wake(1);
    expect(looks).toBe(1);
  });

  it("hears what went wrong while it was looked", async () => {
    const waiters = new Waiters();
    let broken = false;
    const ready = () => {
      if (broken) throw new Error("no storage");
      return false;
    };
    const waiting = waiters.until([1], ready, patience().over);
    broken = true;
    waiters.wake(1);
    await expect(waiting).rejects.toThrow("no storage");
  });
});
