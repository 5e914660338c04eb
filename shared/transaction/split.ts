/**
 * A transaction, split into the parts of its groups.
 *
 * The anchor's part stands first: the anchor is the group of the first write, whose leader then appends its own vote
 * while the others are asked. What only reads has the group of the first key it names.
 */
import { keysOf } from "./locks.ts";
import type { Condition, GetOperation, GroupPart, Operation } from "./request.ts";

/** A transaction as its client states it. */
export interface Whole {
  readonly conditions: readonly Condition[];
  readonly operations: readonly Operation[];
  /** What is read where a condition fails. */
  readonly otherwise: readonly GetOperation[];
}

/** Whether nothing would be written, whichever branch is run. */
export const isReadOnly = (operations: readonly Operation[]): boolean =>
  operations.every(({ type }) => type === "get");

/**
 * One part for each group that is named: the anchor's first, the others in order of first mention among conditions,
 * operations and the other branch. Within a part, steps keep their order. Empty where no key is named.
 */
export function split(whole: Whole, groupOf: (key: string) => string): GroupPart[] {
  const groups = new Set<string>();
  const firstWrite = whole.operations.find(({ type }) => type !== "get");
  if (firstWrite !== undefined) groups.add(groupOf(firstWrite.key));
  for (const key of keysOf(whole)) groups.add(groupOf(key));

  return [...groups].map((group) => {
    const here = ({ key }: { readonly key: string }) => groupOf(key) === group;
    const conditions = pick(whole.conditions, here);
    const operations = pick(whole.operations, here);
    const otherwise = pick(whole.otherwise, here);
    return {
      group,
      conditions: conditions.steps,
      operations: operations.steps,
      otherwise: otherwise.steps,
      at: { conditions: conditions.at, operations: operations.at, otherwise: otherwise.at },
    };
  });
}

/** Those of `all` that are `wanted`, and where each stood. */
function pick<Step>(
  all: readonly Step[],
  wanted: (step: Step) => boolean,
): { steps: Step[]; at: number[] } {
  const steps: Step[] = [];
  const at: number[] = [];
  for (const [position, step] of all.entries()) {
    if (!wanted(step)) continue;
    steps.push(step);
    at.push(position);
  }
  return { steps, at };
}
