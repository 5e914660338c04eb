/**
 * Terms: (block, wake), compared lexicographically everywhere (docs/protocols/raft.md).
 *
 * An election wins a block; its winner alone uses the block's terms, one for each of its wakes, so that a
 * leader that comes back with nothing but its disk resumes without an election.
 */
import type { Block, Wake } from "../types.ts";

export interface Term {
  readonly block: Block;
  readonly wake: Wake;
}

/** The term of "before the first entry"; lower than every term in use. */
export const TERM_ZERO: Term = { block: 0 as Block, wake: 0 as Wake };

/** The block a group is born in, won by the namespace's first region. */
export const BLOCK_BORN = 1 as Block;

/** The wake of a leader that has just won its block. */
export const WAKE_ZERO = 0 as Wake;

export const nextBlock = (block: Block): Block => (block + 1) as Block;
export const nextWake = (wake: Wake): Wake => (wake + 1) as Wake;

/** Negative, zero or positive, as `a` is below, equal to or above `b`. */
export function compareTerms(a: Term, b: Term): number {
  return a.block - b.block || a.wake - b.wake;
}

export function sameTerm(a: Term, b: Term): boolean {
  return a.block === b.block && a.wake === b.wake;
}

/** As the API shows a term: `block.wake`. */
export function formatTerm(term: Term): string {
  return `${term.block}.${term.wake}`;
}
