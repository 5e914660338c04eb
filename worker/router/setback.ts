/**
 * What to do when a call to a leader brings no answer: try again, or say so.
 *
 * A fault says little of the effect: a write may have been done before the connection broke. So a write is
 * only ever tried again as a copy under its own id, and what its client is told is `definite` only where
 * no copy can have got through.
 */
import type { ErrorCode } from "../../shared/errors.ts";
import { type Instant, type Ms, ms } from "../../shared/types.ts";

/** Why there is no answer. */
export type Setback =
  /** The member asked named another that leads. */
  | "redirected"
  /** No word within patience: the call may be slow, its carrier gone, the connection dead. */
  | "lost"
  /** The platform turned the call away before the leader saw it. */
  | "overloaded"
  /** The connection broke or the object was moved; a new stub may do. */
  | "transient"
  /** The leader's own code failed; soon it will fail again. */
  | "broken"
  /** The leader refused, which says nothing of an earlier copy. */
  | "refused-copy";

/** How far a request has come. */
export interface Course {
  /** Attempts made so far. */
  readonly attempts: number;
  /** How many of them found the leader broken. */
  readonly broken: number;
  /** True where an earlier attempt may have taken effect, or may yet. */
  readonly mayHaveEffect: boolean;
}

export type Decision =
  | { readonly type: "try-again"; readonly afterMs: Ms }
  | { readonly type: "give-up"; readonly code: ErrorCode; readonly detail: string };

/**
 * How long a request waits for word before it tries again by itself, at first. Half a world is 150 ms away. Whoever may
 * wait for a transaction's outcome waits this long wherever it asks.
 */
export const PATIENCE_MS: Ms = ms(2_000);

/**
 * After this long a call counts as over for those who wait behind it. Less than patience, so that whoever
 * loses that finds the way free.
 */
export const TRIP_MS_MAX: Ms = ms(1_800);

/** The same where another member can be asked: long enough for a commit across the world, and a busy disk. */
export const PATIENCE_MS_OF_SEVERAL: Ms = ms(700);
export const TRIP_MS_MAX_OF_SEVERAL: Ms = ms(600);

/** The member asked next may have to win an election first: a lease, and the messages of one. */
export const ELECTION_PATIENCE_MS: Ms = ms(3_500);

/** How often broken code is tried: a new life of the object may mend it, three will not. */
export const BROKEN_ATTEMPTS_MAX = 3;

const REDIRECTS_AT_ONCE = 2;

const BACKOFF_MS_FIRST = 20;
const BACKOFF_MS_MAX = 500;

/** The least time worth an attempt. */
const ATTEMPT_MS_MIN = 2;

/** What an exception from a call to an object says; see docs/architecture.md. */
export function setbackOf(fault: unknown): Setback {
  const { overloaded, retryable } = (fault ?? {}) as { overloaded?: unknown; retryable?: unknown };
  if (overloaded === true) return "overloaded";
  return retryable === true ? "transient" : "broken";
}

/**
 * How long an attempt may take: each one is given more time, and none goes past the deadline.
 * @param failures attempts that found nobody
 * @param several whether the group has more than one member, so that another can be asked
 * @param mayWait whether the leader may be silent for good reason, while a transaction is decided
 */
export function patienceMs(
  failures: number,
  several: boolean,
  mayWait: boolean,
  now: Instant,
  deadline: Instant,
): Ms {
  let patience = PATIENCE_MS * 2 ** failures;
  if (several && failures > 0) patience = ELECTION_PATIENCE_MS * 2 ** (failures - 1);
  else if (several && !mayWait) patience = PATIENCE_MS_OF_SEVERAL;
  return ms(Math.max(0, Math.min(patience, deadline - now)));
}

/** @param chance from 0 to 1, so that many who failed together do not come back together. */
export function afterSetback(
  setback: Setback,
  course: Course,
  now: Instant,
  deadline: Instant,
  chance: number,
): Decision {
  if (setback === "overloaded") {
    if (!course.mayHaveEffect) {
      return giveUp("overloaded", "the group's leader has more to do than it can");
    }
    return giveUp(
      "internal",
      "the group's leader is overloaded, and an earlier attempt may have had its effect",
    );
  }
  if (setback === "broken" && course.broken >= BROKEN_ATTEMPTS_MAX) {
    return giveUp("internal", "the group's leader fails at this request");
  }
  // A member that names the leader costs no wait, unless members go on naming one another.
  const atOnce =
    setback === "lost" || (setback === "redirected" && course.attempts <= REDIRECTS_AT_ONCE);
  const afterMs = atOnce ? 0 : backoffMs(course.attempts, chance);
  if (now + afterMs + ATTEMPT_MS_MIN > deadline) {
    return giveUp("deadline-exceeded", "the group's leader has not answered in time");
  }
  return { type: "try-again", afterMs: ms(afterMs) };
}

/** Doubles with each attempt; half of it is left to chance. */
function backoffMs(attempts: number, chance: number): number {
  const whole = Math.min(BACKOFF_MS_FIRST * 2 ** Math.max(0, attempts - 1), BACKOFF_MS_MAX);
  return Math.round(whole * (0.5 + chance / 2));
}

const giveUp = (code: ErrorCode, detail: string): Decision => ({ type: "give-up", code, detail });
