import { describe, expect, it } from "vitest";
import { Random } from "./random.ts";

const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.next());

describe("chance", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(draw(new Random(7), 20)).toEqual(draw(new Random(7), 20));
    expect(draw(new Random(7), 20)).not.toEqual(draw(new Random(8), 20));
  });

  it("is even enough", () => {
    const random = new Random(1);
    const counts = new Array<number>(10).fill(0);
    for (let drawn = 0; drawn < 10_000; drawn++) {
      const at = random.below(10);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it("follows weights", () => {
    const random = new Random(1);
    const drawn = Array.from({ length: 1_000 }, () =>
      random.weighted({ often: 9, seldom: 1, not: 0 }),
    );
    const seldom = drawn.filter((name) => name === "seldom").length;
    expect(seldom).toBeGreaterThan(60);
    expect(seldom).toBeLessThan(140);
    expect(drawn).not.toContain("not");
  });

  it("of a fork is its own", () => {
    const one = new Random(3);
    const fork = one.fork();
    const rest = draw(one, 5);
    const again = new Random(3);
    draw(again.fork(), 50);
    expect(draw(again, 5)).toEqual(rest);
    expect(draw(fork, 5)).not.toEqual(rest);
  });
});
