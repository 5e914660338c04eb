/**
 * Which keys a transaction locks at a participant, and whose locks exclude each other.
 *
 * Every key it is named, those only looked at too: to release a reader's at its vote admits write skew (DESIGN.md §6).
 */
import type { FreeCondition, LockOperation } from "../lock/request.ts";
import type { Lock } from "./effects.ts";
import type { Condition, GetOperation, Operation } from "./request.ts";

/** What a transaction, a part of it, or a plain write does, in steps. */
export interface Steps {
  readonly conditions: readonly (Condition | FreeCondition)[];
  readonly operations: readonly (Operation | LockOperation)[];
  /** Left out where there is no other branch. */
  readonly otherwise?: readonly GetOperation[];
}

/** Every key that is named, to look at or to change, in order of first mention. */
export function keysOf({ conditions, operations, otherwise = [] }: Steps): Set<string> {
  const keys = new Set<string>();
  for (const steps of [conditions, operations, otherwise]) {
    for (const step of steps) keys.add(step.key);
  }
  return keys;
}

/** A lock for every key that is named, each once, in order of first mention. */
export function locksOf(steps: Steps): Lock[] {
  const written = new Set<string>();
  for (const operation of steps.operations) {
    if (operation.type !== "get") written.add(operation.key);
  }
  return [...keysOf(steps)].map((key) => ({ key, write: written.has(key) }));
}

/** Whether the two cannot be held at once: they share a key that at least one of them writes. */
export function conflicts(one: readonly Lock[], other: readonly Lock[]): boolean {
  const held = new Map<string, boolean>();
  for (const { key, write } of one) held.set(key, write || held.get(key) === true);
  return other.some(({ key, write }) => {
    const alsoWritten = held.get(key);
    return alsoWritten !== undefined && (write || alsoWritten);
  });
}
