import { describe, expect, it } from "vitest";
import { type Instant, ms } from "../../shared/types.ts";
import {
  afterSetback,
  BROKEN_ATTEMPTS_MAX,
  type Course,
  type Decision,
  ELECTION_PATIENCE_MS,
  PATIENCE_MS,
  PATIENCE_MS_OF_SEVERAL,
  patienceMs,
  type Setback,
  setbackOf,
} from "./setback.ts";

const NOW = 1_000_000 as Instant;
const DEADLINE = (NOW + 10_000) as Instant;
const first: Course = { attempts: 1, broken: 0, mayHaveEffect: false };
const copy: Course = { ...first, mayHaveEffect: true };

const decide = (setback: Setback, course: Course, deadline: Instant = DEADLINE, chance = 0.5) =>
  afterSetback(setback, course, NOW, deadline, chance);
const outcomeOf = (decision: Decision) =>
  decision.type === "give-up" ? decision.code : decision.type;

describe("after a setback", () => {
  const TABLE: Record<Setback, { first: string; copy: string; late: string }> = {
    lost: { first: "try-again", copy: "try-again", late: "deadline-exceeded" },
    redirected: { first: "try-again", copy: "try-again", late: "deadline-exceeded" },
    overloaded: { first: "overloaded", copy: "internal", late: "overloaded" },
    transient: { first: "try-again", copy: "try-again", late: "deadline-exceeded" },
    broken: { first: "try-again", copy: "try-again", late: "deadline-exceeded" },
    "refused-copy": { first: "try-again", copy: "try-again", late: "deadline-exceeded" },
  };

  it.each(Object.entries(TABLE))("%s", (setback, expected) => {
    const kind = setback as Setback;
    expect(outcomeOf(decide(kind, first))).toBe(expected.first);
    expect(outcomeOf(decide(kind, copy))).toBe(expected.copy);
    expect(outcomeOf(decide(kind, first, NOW))).toBe(expected.late);
    expect(outcomeOf(decide(kind, first, (NOW - 1) as Instant))).toBe(expected.late);
  });

  it("broken code is tried three times, not until the deadline", () => {
    const broken = (times: number) => decide("broken", { ...copy, attempts: times, broken: times });
    expect(outcomeOf(broken(BROKEN_ATTEMPTS_MAX - 1))).toBe("try-again");
    expect(outcomeOf(broken(BROKEN_ATTEMPTS_MAX))).toBe("internal");
  });

  it("pauses longer each time, to a limit, with a part left to chance", () => {
    const pause = (attempts: number, chance: number) => {
      const decision = decide("transient", { ...first, attempts }, DEADLINE, chance);
      return decision.type === "try-again" ? decision.afterMs : null;
    };
    expect([1, 2, 3, 4].map((attempts) => pause(attempts, 1))).toEqual([20, 40, 80, 160]);
    expect([1, 2, 3, 4].map((attempts) => pause(attempts, 0))).toEqual([10, 20, 40, 80]);
    expect(pause(20, 1)).toBe(500);
  });

  it("one that was sent elsewhere goes at once, unless it is sent to and fro", () => {
    const pause = (attempts: number) => decide("redirected", { ...first, attempts });
    expect(pause(2)).toEqual({ type: "try-again", afterMs: 0 });
    expect(pause(3)).toEqual({ type: "try-again", afterMs: 60 });
  });

  it("one that lost patience has waited long enough", () => {
    expect(decide("lost", first)).toEqual({ type: "try-again", afterMs: 0 });
  });

  it("starts nothing that would end past the deadline", () => {
    const soon = (NOW + 21) as Instant;
    expect(outcomeOf(decide("transient", first, soon, 1))).toBe("deadline-exceeded");
    expect(outcomeOf(decide("transient", first, (NOW + 22) as Instant, 1))).toBe("try-again");
  });
});

describe("patience", () => {
  it("grows with each attempt, and never goes past the deadline", () => {
    expect(patienceMs(0, false, false, NOW, DEADLINE)).toBe(PATIENCE_MS);
    expect(patienceMs(1, false, false, NOW, DEADLINE)).toBe(2 * PATIENCE_MS);
    expect(patienceMs(3, false, false, NOW, DEADLINE)).toBe(10_000);
    expect(patienceMs(0, false, false, NOW, (NOW + 50) as Instant)).toBe(50);
    expect(patienceMs(0, false, false, NOW, (NOW - 50) as Instant)).toBe(ms(0));
  });

  it("is short where another member can be asked, unless the leader may have to wait itself", () => {
    expect(patienceMs(0, true, false, NOW, DEADLINE)).toBe(PATIENCE_MS_OF_SEVERAL);
    expect(patienceMs(0, true, true, NOW, DEADLINE)).toBe(PATIENCE_MS);
    for (const mayWait of [false, true]) {
      expect(patienceMs(1, true, mayWait, NOW, DEADLINE)).toBe(ELECTION_PATIENCE_MS);
      expect(patienceMs(2, true, mayWait, NOW, DEADLINE)).toBe(2 * ELECTION_PATIENCE_MS);
    }
  });
});

describe("an exception", () => {
  it.each([
    [{ overloaded: true }, "overloaded"],
    [{ overloaded: true, retryable: true }, "overloaded"],
    [{ retryable: true }, "transient"],
    [{ retryable: true, remote: true }, "transient"],
    [{ retryable: false, remote: true }, "broken"],
    [{ remote: true }, "broken"],
    [{}, "broken"],
    [null, "broken"],
    ["text", "broken"],
  ])("%j is %s", (properties, setback) => {
    const fault =
      typeof properties === "object" && properties !== null
        ? Object.assign(new Error("fault"), properties)
        : properties;
    expect(setbackOf(fault)).toBe(setback);
  });
});
