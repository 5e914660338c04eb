/**
 * When a replica asks the leaders of all groups that it knows whether they have more than it has, and where it is in
 * that: pure, and kept in its store (F2, L3).
 *
 * A census follows something that was applied, an hour later, and finds what neither the queue nor the groups' alarms
 * have brought: whatever of a known group was committed before its leader was asked. It asks a bounded number of
 * leaders an hour and goes on where it was. One that began after the last thing applied here is the last one, so a
 * namespace that is idle is left alone.
 */
import { planted } from "../planted.ts";
import { addMs, type Instant, ms } from "../types.ts";
import { CENSUS_RETRY_MS_MAX, SWEEP_MS } from "./limits.ts";
import type { GroupCursor } from "./store.ts";

/** A census under way. */
export interface Walk {
  /** When it began. A copy that is proven current since then needs no question. */
  readonly since: Instant;
  /** The last group that was asked about. */
  readonly after: GroupCursor | null;
  /** Whether a group's leader was not found, or did not bring everything. */
  readonly missed: boolean;
}

export interface Census {
  /** When the next step is due; null where there is nothing to ask. */
  readonly dueAt: Instant | null;
  readonly walk: Walk | null;
  /** Groups asked about in this hour. */
  readonly asked: number;
  /** Whether something was applied, or missed, since the census under way began, or since the last one did. */
  readonly again: boolean;
  /** Censuses in a row that missed something. */
  readonly failures: number;
}

export const NO_CENSUS: Census = {
  dueAt: null,
  walk: null,
  asked: 0,
  again: false,
  failures: 0,
};

/** Something was applied. The same object where that changes nothing. */
export function onHeard(census: Census, now: Instant): Census {
  if (census.again) return census;
  return { ...census, again: true, dueAt: census.dueAt ?? addMs(now, SWEEP_MS) };
}

/** Begins a census, where none is under way. */
export function beginWalk(census: Census, now: Instant): Census & { readonly walk: Walk } {
  if (census.walk !== null) return { ...census, walk: census.walk };
  return { ...census, again: false, walk: { since: now, after: null, missed: false } };
}

/** What one step came to: some groups, whose leaders were asked. */
export interface CensusStep {
  readonly asked: number;
  /** Null behind the last group. */
  readonly after: GroupCursor | null;
  readonly missed: boolean;
}

/** @param askedMax how many groups may be asked about in an hour */
export function onAsked(census: Census, step: CensusStep, askedMax: number, now: Instant): Census {
  const { walk } = census;
  if (walk === null) return census;
  const missed = walk.missed || step.missed;
  const asked = census.asked + step.asked;
  const isOver = asked >= askedMax;
  if (step.after !== null && !(isOver && planted("census-ends-with-its-share"))) {
    return {
      ...census,
      walk: { ...walk, after: step.after, missed },
      asked: isOver ? 0 : asked,
      dueAt: isOver ? addMs(now, SWEEP_MS) : now,
    };
  }
  const failures = missed ? census.failures + 1 : 0;
  const again = census.again || missed;
  // What was missed alone is asked for ever more rarely: its leader may be away for long.
  const pauseMs = census.again
    ? SWEEP_MS
    : ms(Math.min(CENSUS_RETRY_MS_MAX, SWEEP_MS * 2 ** census.failures));
  return { dueAt: again ? addMs(now, pauseMs) : null, walk: null, asked: 0, again, failures };
}
