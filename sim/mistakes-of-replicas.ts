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

export const STATED_OF_REPLICAS: readonly Stated[] = [
  stated("replicas-unasked", 1, 30),
  stated("queued-counts-as-arrived", 1, 30),
  stated("ring-ends-unanswered", 1, 100),
  stated("fed-past-commit", 1, 200),
  stated("feed-from-memory", 1, 250),
  stated("unfed-finds-no-leader", 3, 120),
  stated("replica-applies-over-gaps", 1, 10),
  stated("replica-applies-repeats", 1, 10),
  stated("current-since-arrival", 1, 20),
  stated("current-since-answer", 1, 50),
  stated("age-without-drift", 1, 500),
  stated("replica-shows-intents", 1, 20),
  stated("doubt-ignored-at-session", 1, 60),
  stated("bookmark-reached-in-doubt", 1, 60),
  stated("answer-below-bookmark", 1, 10),
  stated("list-remembers-what-it-shows", 1, 700),
  stated("replica-tells-before-durable", 1, 250),
  stated("parts-outlive-their-state", 1, 900),
  stated("sweep-finds-nothing", 1, 200),
  stated("census-asks-nobody", 1, 100),
  stated("census-ends-with-its-share", 1, 600),
];
