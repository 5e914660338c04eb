/** What a member knows from the start, and what follows from it. */
import { planted } from "../planted.ts";
import type { Incarnation, Ms, Region } from "../types.ts";

export interface RaftConfig {
  readonly self: Region;
  /** All members, self included, in the order the namespace names them; the first is born the leader. */
  readonly members: readonly Region[];
  /** Drawn anew each time the member's object starts; answers meant for another one are ignored. */
  readonly incarnation: Incarnation;
  /** How long a promise binds, on the clock of the member that gave it. */
  readonly leaseMs: Ms;
  /** How far a clock's rate may be from true time. */
  readonly driftBound: number;
}

/** What a clock's reading may lag behind the time it shows. */
const CLOCK_GRAIN_MS = 1;

/** How many members a decision needs. */
export function quorum(config: RaftConfig): number {
  return Math.floor(config.members.length / 2) + 1;
}

/**
 * How long a leader may count on promises of `leaseMs`, from the moment it sent the round they answer.
 *
 * The leader's clock may run slow and a voter's fast, each by the drift bound, so the factor is
 * (1 − d) / (1 + d); shortening by d alone would let two leases overlap (L1). Clocks show whole milliseconds: a
 * promise may be short by one, and so a lease must be.
 */
export function leaderLeaseMs(config: RaftConfig): Ms {
  if (planted("lease-shortened-by-drift-alone")) {
    return (config.leaseMs * (1 - config.driftBound)) as Ms;
  }
  const promisedMs = config.leaseMs - CLOCK_GRAIN_MS;
  return Math.floor((promisedMs * (1 - config.driftBound)) / (1 + config.driftBound)) as Ms;
}
