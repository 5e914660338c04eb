/**
 * Promises: what binds a voter, and for how long (L1).
 *
 * Granting a vote, or accepting an append or a renewal, promises a lease. Until it runs out on the voter's own
 * clock the voter votes for nobody else. A member that has just woken has forgotten how long, so for one
 * full lease it refuses everyone but the member its disk says it promised.
 */
import { planted } from "../planted.ts";
import {
  addMs,
  type Block,
  type Incarnation,
  type Instant,
  type Ms,
  ms,
  msBetween,
  type Region,
} from "../types.ts";
import type { HardState } from "./hard-state.ts";
import type { Permission } from "./messages.ts";
import type { RaftState } from "./state.ts";
import { nextBlock } from "./term.ts";

/** Binds this member to `to` for one lease from now. */
export function promise(
  raft: RaftState,
  to: Region,
  block: Block,
  incarnation: Incarnation | null,
  now: Instant,
): void {
  raft.promise = { to, block, until: addMs(now, raft.config.leaseMs), incarnation };
}

/**
 * How long this member may not yet vote for `candidate` in `block`; 0 where it may. A permission releases only
 * what was promised to the leader that gave it, in the block it gave up.
 */
export function boundFor(
  raft: RaftState,
  hard: HardState,
  candidate: Region,
  block: Block,
  permission: Permission | null,
  now: Instant,
): Ms {
  const released = (to: Region | null, of: Block): boolean =>
    permission !== null &&
    to === permission.from &&
    (of === permission.block || planted("permission-outlives-block")) &&
    (block === nextBlock(permission.block) || planted("permission-outlives-block"));

  const { promise: given } = raft;
  if (given !== null) {
    if (given.until <= now || given.to === candidate || released(given.to, given.block))
      return ms(0);
    return msBetween(now, given.until);
  }
  if (raft.wakeUntil <= now || planted("no-wait-on-waking")) return ms(0);
  if (hard.promisedTo === candidate || released(hard.promisedTo, hard.block)) return ms(0);
  return msBetween(now, raft.wakeUntil);
}
