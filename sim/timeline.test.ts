import { describe, expect, it } from "vitest";
import { Timeline } from "./timeline.ts";

describe("virtual time", () => {
  it("runs events by time, and those of one time in the order they were planned", async () => {
    const timeline = new Timeline();
    const happened: string[] = [];
    for (const [time, name] of [
      [5, "e"],
      [1, "a"],
      [3, "c"],
      [1, "b"],
      [4, "d"],
    ] as const) {
      timeline.at(time, () => happened.push(`${name}${timeline.now}`));
    }
    await timeline.run(() => false);
    expect(happened).toEqual(["a1", "b1", "c3", "d4", "e5"]);
  });

  it("lets what an event set off come to rest before the next", async () => {
    const timeline = new Timeline();
    const happened: string[] = [];
    const slow = async () => {
      for (let turn = 0; turn < 5; turn++) await Promise.all([Promise.resolve()]);
      happened.push("rest");
    };
    timeline.at(1, () => void slow());
    timeline.at(1, () => happened.push("next"));
    await timeline.run(() => false);
    expect(happened).toEqual(["rest", "next"]);
  });

  it("never goes back", async () => {
    const timeline = new Timeline();
    let seen = -1;
    timeline.at(10, () =>
      timeline.at(3, () => {
        seen = timeline.now;
      }),
    );
    await timeline.run(() => false);
    expect(seen).toBe(10);
  });

  it("stops when it is told that this is enough", async () => {
    const timeline = new Timeline();
    let count = 0;
    for (let time = 1; time <= 9; time++) timeline.at(time, () => count++);
    await timeline.run(() => count === 4);
    expect([count, timeline.pending]).toEqual([4, 5]);
  });
});
