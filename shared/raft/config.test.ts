import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DRIFT_BOUND, LEASE_MS } from "../limits.ts";
import { leaderLeaseMs, quorum } from "./config.ts";
import { FIVE, raftOf, THREE, WEUR } from "./fixture.ts";

describe("a quorum", () => {
  it.each([
    [[WEUR], 1],
    [THREE, 2],
    [FIVE, 3],
  ])("of %j is %i", (members, needed) => {
    expect(quorum(raftOf({ members }).config)).toBe(needed);
  });

  it("meets every other quorum (R1)", () => {
    for (const members of [[WEUR], THREE, FIVE]) {
      expect(2 * quorum(raftOf({ members }).config)).toBeGreaterThan(members.length);
    }
  });
});

describe("the leader's lease (L1)", () => {
  it("is 1,635 ms of a promise of 2,000", () => {
    const { config } = raftOf();
    expect([config.leaseMs, config.driftBound]).toEqual([LEASE_MS, DRIFT_BOUND]);
    expect(leaderLeaseMs(config)).toBe(1_635);
  });

  it("ends before any promise it rests on, however slow its clock and fast the voter's", () => {
    const { config } = raftOf();
    const rate = fc.double({ min: 1 - DRIFT_BOUND, max: 1 + DRIFT_BOUND, noNaN: true });
    fc.assert(
      fc.property(rate, rate, (leaders, voters) => {
        const leaseEnds = leaderLeaseMs(config) / leaders;
        const promiseEnds = config.leaseMs / voters;
        expect(leaseEnds).toBeLessThanOrEqual(promiseEnds + 1e-6);
      }),
    );
  });
});
