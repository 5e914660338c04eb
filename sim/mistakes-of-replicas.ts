/**
 * How soon each planted mistake of replicas and of what feeds them must be found, in groups with so many members.
 *
 * The numbers leave room, for a change of the protocol moves every seed; docs/testing.md says how often each shows.
 */
import type { Mistake } from "../shared/planted.ts";
import type { Stated } from "./mistakes.ts";

const stated = (mistake: Mistake, members: number, seedsMax: number, from = 1): Stated => ({
  mistake,
  play: "replicas",
  members,
  from,
  seedsMax,
});

export const STATED_OF_REPLICAS: readonly Stated[] = [stated("replicas-unasked", 1, 100)];
