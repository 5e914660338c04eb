/**
 * When a replica compares itself with the others, and where it is in that: pure, and kept in its store (F2, L3).
 *
 * A round pages through the groups of other replicas of the namespace and fetches what is behind here. The first one
 * fills a replica that is new. Each later one, a sweep, follows something that was applied, an hour later; it tells the
 * others that there was news, so that a replica whose every message was lost looks too. A sweep that finds nothing is
 * the last one, so a namespace that is idle sets no alarm. Regions that a round did not finish with are looked at again
 * soon, and then ever more rarely.
 */
import { addMs, type Instant, ms, type Region } from "../types.ts";
import { ROUND_RETRY_MS, SWEEP_MS } from "./limits.ts";
import type { GroupCursor } from "./store.ts";

/** What a round looks at. */
interface Task {
  readonly regions: readonly Region[];
  /** Whether something had been applied since the round before: then it is told. */
  readonly news: boolean;
}

/** A round under way. */
export interface Round extends Task {
  /** Where the page before ended, in the first of the regions still to be looked at. */
  readonly after: GroupCursor | null;
  /** Whether a group of that region stayed behind, because its leader was not found. */
  readonly missed: boolean;
  /** Regions that it could not finish with. */
  readonly left: readonly Region[];
  /** Whether it has finished with a replica that is filled itself. */
  readonly sourced: boolean;
}

export interface Rounds {
  /** The layout of this. */
  readonly version: 1;
  /** Whether all groups that were there before this replica are known to it. */
  readonly filled: boolean;
  /** When the next step is due; null where there is nothing to do. */
  readonly dueAt: Instant | null;
  /** Null between rounds. */
  readonly round: Round | null;
  /** What the last round left; null where that is nothing. */
  readonly left: Task | null;
  /** Whether something was applied since the round under way began, or since the last one did. */
  readonly news: boolean;
  /** Rounds in a row that left something. */
  readonly failures: number;
}

/** A replica that is called for the first time begins to fill itself. */
export const newRounds = (now: Instant): Rounds => ({
  version: 1,
  filled: false,
  dueAt: now,
  round: null,
  left: null,
  news: false,
  failures: 0,
});

/** Something was applied. The same object where that changes nothing. */
export function onApplied(rounds: Rounds, now: Instant): Rounds {
  if (rounds.news) return rounds;
  return { ...rounds, news: true, dueAt: rounds.dueAt ?? addMs(now, SWEEP_MS) };
}

/** Another replica, which is looking at this one, has applied something. The same object where that changes nothing. */
export function onNews(rounds: Rounds, now: Instant): Rounds {
  return rounds.dueAt === null ? { ...rounds, dueAt: addMs(now, SWEEP_MS) } : rounds;
}

/** Begins a round, where none is under way. */
export function begin(rounds: Rounds, others: readonly Region[]): Rounds & { round: Round } {
  if (rounds.round !== null) return { ...rounds, round: rounds.round };
  const { news, left } = rounds;
  const task = left === null || news ? { regions: others, news } : left;
  const round = { ...task, after: null, missed: false, left: [], sourced: false };
  return { ...rounds, round, left: null, news: false };
}

/** What one step came to: a page of another replica's groups. */
export interface Step {
  readonly after: GroupCursor | null;
  /** Whether the replica asked is filled. */
  readonly filled: boolean;
  /** Whether a group of the page stayed behind. */
  readonly missed: boolean;
}

/** @param step null where the replica could not be asked. */
export function onStep(rounds: Rounds, step: Step | null, now: Instant): Rounds {
  const { round } = rounds;
  const [region, ...regions] = round?.regions ?? [];
  if (round === null || region === undefined) return rounds;
  const missed = round.missed || (step?.missed ?? false);
  if (step !== null && step.after !== null) {
    return { ...rounds, dueAt: now, round: { ...round, after: step.after, missed } };
  }
  const finished = step !== null && !missed;
  const next: Round = {
    ...round,
    regions,
    after: null,
    missed: false,
    left: finished ? round.left : [...round.left, region],
    sourced: round.sourced || (finished && step.filled),
  };
  if (regions.length > 0) return { ...rounds, dueAt: now, round: next };
  return end(rounds, next, now);
}

function end(rounds: Rounds, { left, news, sourced }: Round, now: Instant): Rounds {
  const over = { ...rounds, round: null, filled: rounds.filled || sourced || left.length === 0 };
  if (left.length === 0) {
    return { ...over, dueAt: rounds.news ? addMs(now, SWEEP_MS) : null, failures: 0 };
  }
  const pause = ms(Math.min(SWEEP_MS, ROUND_RETRY_MS * 2 ** rounds.failures));
  return {
    ...over,
    left: { regions: left, news },
    dueAt: addMs(now, pause),
    failures: rounds.failures + 1,
  };
}
