/**
 * What a member's disk says of elections (R4).
 *
 * Nothing stored means the state every group is born in: every member has voted for the namespace's first
 * region in block 1, and that member has won it with an empty log. So a new key costs no election and no row.
 */
import type { Block, Region } from "../types.ts";
import { BLOCK_BORN } from "./term.ts";

export interface HardState {
  /** The highest block this member has voted in or accepted a leader of. */
  readonly block: Block;
  /**
   * Whom the member promised in that block: the candidate it voted for, replaced by the leader whose append
   * or renewal it first accepted. Null where it only learned of the block.
   */
  readonly promisedTo: Region | null;
  /** The block this member won last; null where it won none. A vote for oneself is not a win. */
  readonly won: Block | null;
  /** The block this member gave up by a hand-over; it never holds a lease in it again. */
  readonly gaveUp: Block | null;
}

/** The state a group is born in, as `self` sees it. */
export function bornState(self: Region, first: Region): HardState {
  return {
    block: BLOCK_BORN,
    promisedTo: first,
    won: self === first ? BLOCK_BORN : null,
    gaveUp: null,
  };
}
