/**
 * What a member's disk says of elections (R4).
 *
 * Nothing stored means the state every group is born in: every member has voted for the namespace's first
 * region in block 1, and that member has won it with an empty log. So a new key costs no election and no row.
 */
import type { Block, Instant, LogIndex, Region } from "../types.ts";
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
  /**
   * When this member won that block, on its own clock, and where its log ended then; left out where it was born with it.
   * What is counted on a leader's clock from an entry up to there is counted from then (member/expiry.ts).
   */
  readonly wonAt?: { readonly block: Block; readonly at: Instant; readonly index: LogIndex };
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
