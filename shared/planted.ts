/**
 * Known mistakes, behind a switch that only the simulator and tests can reach.
 *
 * A check that cannot fail is no check: each mistake must be found within the number of seeds that
 * docs/testing.md states. No code outside sim/ and test/ imports {@link plant}, which a test checks, so in
 * a deployment every {@link planted} is false.
 */

export type Mistake =
  /** An answer is told before what it rests on is committed. */
  | "acknowledge-before-durable"
  /** A read shows what is not committed yet. */
  | "read-past-commit"
  /** Neither request ids nor idempotency keys are looked up. */
  | "deduplicate-nothing"
  /** Only requests that say they are copies are looked up, but the first one may come last. */
  | "first-copy-unchecked"
  /** An idempotency key answers whatever request it comes with. */
  | "fingerprint-ignored"
  /** A key reused is refused on the word of an entry that may yet be lost. */
  | "reuse-refused-early"
  /** Conditions are evaluated at the commit index, past what is under way. */
  | "conditions-at-commit"
  /** A refusal is not recorded although another copy of the request may come. */
  | "refusal-unrecorded"
  /** A leader's lease never ends. */
  | "lease-without-end"
  /** A key found overdue is removed although it has been written again since. */
  | "expiry-unchecked"
  /** A list shows a key that is overdue and being written again. */
  | "list-shows-overdue"
  /** Compaction does not wait until the history window is over. */
  | "compacted-early"
  /** Compaction drops what a key was at the base, because it has changed since. */
  | "compacted-base"
  /** A woken leader goes on with the wake before. */
  | "wake-reused"
  /** Entries' times fall when the clock is set back. */
  | "times-fall"
  /** A cut of the log leaves what its entries did. */
  | "truncation-leaves-records"
  /** The simulator's own disk loses what it confirmed. */
  | "disk-loses-confirmed";

let active: Mistake | null = null;

/** Whether the code shall make this mistake. */
export const planted = (mistake: Mistake): boolean => active === mistake;

/** Has every place that asks make `mistake`, or none. Only for the simulator and for tests. */
export function plant(mistake: Mistake | null): void {
  active = mistake;
}
