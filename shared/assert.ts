/**
 * Assertions for broken invariants: programmer errors, never operating errors.
 *
 * A violation names the invariant as docs/guarantees.md does and prints both sides. The object that
 * throws one aborts and answers nobody: a wrong answer is worse than none.
 */

/** The invariants of docs/guarantees.md. */
export type InvariantId =
  | "R1"
  | "R2"
  | "R3"
  | "R4"
  | "L1"
  | "L2"
  | "L3"
  | "I1"
  | "T1"
  | "T2"
  | "T3"
  | "T4"
  | "T5"
  | "T6"
  | "F1"
  | "F2"
  | "F3"
  | "K1"
  | "K2"
  | "K3"
  | "W1"
  | "W2";

/** A broken invariant. Nothing catches it but the host, which aborts the object. */
export class Violation extends Error {
  override readonly name = "Violation";
  readonly invariant: InvariantId;

  constructor(invariant: InvariantId, message: string, found: unknown, expected: unknown) {
    super(
      `${invariant}: ${message}; found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`,
    );
    this.invariant = invariant;
  }
}

/** Throws a {@link Violation} unless `condition` holds. */
export function assert(
  condition: boolean,
  invariant: InvariantId,
  message: string,
  found: unknown,
  expected: unknown,
): asserts condition {
  if (!condition) throw new Violation(invariant, message, found, expected);
}

/** For the branch a type says cannot be reached. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
