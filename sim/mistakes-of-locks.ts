/**
 * How soon each planted mistake of locks must be found, in groups with so many members.
 *
 * The numbers leave room, for a change of the protocol moves every seed; docs/testing.md says how often each shows.
 */
import type { Mistake } from "../shared/planted.ts";
import type { Stated } from "./mistakes.ts";

const stated = (mistake: Mistake, members: number, seedsMax: number, from = 1): Stated => ({
  mistake,
  play: "locks",
  members,
  from,
  seedsMax,
});

export const STATED_OF_LOCKS: readonly Stated[] = [
  stated("lock-counts-ttl-alone", 1, 80),
  stated("lock-trusts-holders-clock", 1, 300),
  stated("lock-ends-by-foreign-clock", 3, 400),
  stated("lock-shortened", 1, 20),
  stated("lock-token-kept", 1, 10),
  stated("fencing-token-ignored", 1, 20),
  stated("lock-barging", 1, 30),
  stated("lock-waits-for-the-gone", 1, 30),
  stated("lock-expires-under-transaction", 1, 30),
];
