/**
 * How soon each planted mistake of watches must be found, in groups with so many members.
 *
 * The numbers leave room, for a change of the protocol moves every seed; docs/testing.md says how often each shows.
 */
import type { Mistake } from "../shared/planted.ts";
import type { Stated } from "./mistakes.ts";

const stated = (mistake: Mistake, members: number, seedsMax: number, from = 1): Stated => ({
  mistake,
  play: "watch",
  members,
  from,
  seedsMax,
});

export const STATED_OF_WATCH: readonly Stated[] = [
  stated("watch-past-commit", 1, 80),
  stated("watch-without-window", 1, 30),
  stated("watch-forgets-position", 1, 120),
  stated("watch-skips-compacted", 1, 120),
  stated("watch-overlooks-compacted-votes", 3, 20, 125),
  stated("watch-begins-unleased", 3, 100),
  stated("watch-outlives-leadership", 3, 80),
];
