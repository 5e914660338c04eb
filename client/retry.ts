/**
 * Whether a call that failed is tried again, and when: a function of the error alone.
 *
 * Only what certainly had no effect is sent again as it is; anything else only where the service tells a repeat from
 * a second request: reads, what comes to the same when done twice,
 * and whatever carries an idempotency key.
 */
import type { HoldfastError } from "./errors.ts";

const PAUSE_MS_FIRST = 50;
const PAUSE_MS_MAX = 2_000;

/**
 * Why a call can be repeated: it has no effect, to do it twice is to do it once, it carries an idempotency key; or it
 * cannot.
 */
export type Repeatable = "read" | "idempotent" | "keyed" | "never";

export interface Failure {
  readonly error: HoldfastError;
  readonly repeatable: Repeatable;
  /** How many tries there have been. */
  readonly tries: number;
  readonly leftMs: number;
  /** From 0 to below 1. */
  readonly random: number;
}

/** After how many milliseconds to try again; null for never. */
export function pauseBeforeRetry(failure: Failure): number | null {
  const { error, repeatable, tries, leftMs, random } = failure;
  if (!error.retryable) return null;
  if (!error.definite && repeatable === "never") return null;
  const pauseMs = Math.max(error.retryAfterMs ?? 0, backoff(tries, random));
  return pauseMs < leftMs ? pauseMs : null;
}

/** Doubles with every try, half of it left to chance: those who failed together must not come back together. */
export function backoff(tries: number, random: number, firstMs = PAUSE_MS_FIRST): number {
  const pauseMs = Math.min(PAUSE_MS_MAX, firstMs * 2 ** (tries - 1));
  return pauseMs * (0.5 + random / 2);
}
