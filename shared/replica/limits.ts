/** Limits and defaults of replicas, with unit and reason. */
import { LIST_LIMIT_MAX } from "../limits.ts";
import { type Ms, ms } from "../types.ts";

/** How long a leader is looked for that a feed is asked of: through an election by lease, and a little more. */
export const FEED_MS: Ms = ms(6_000);

/** Calls made for one answer of a feed: each member twice, in a namespace of five, whatever they say. */
export const FEED_CALLS_MAX = 10;

/** How often a group's state may begin anew, because its leader compacted what the parts before were of. */
export const STATE_RESTARTS_MAX = 3;

/** Groups that one call, or one step of a round, fetches side by side. */
export const FETCHES_AT_ONCE = 16;

/** How long a bounded read waits for a proof; then its caller asks the leader with the time that is left. */
export const PROOF_WAIT_MS: Ms = ms(1_000);

/** Groups whose proof of being current is remembered, and whose leader is: bounds a replica's memory. */
export const PROOFS_MAX = 10_000;
export const LEADERS_MAX = 10_000;

/** How long after something was applied a replica compares itself with the others. */
export const SWEEP_MS: Ms = ms(3_600_000);

/** How soon a round that came to no good end is begun again; it doubles, up to {@link SWEEP_MS}. */
export const ROUND_RETRY_MS: Ms = ms(60_000);

/** How late an alarm may ring before it counts as lost: the platform's own minute, and some. */
export const ALARM_LATE_MS: Ms = ms(180_000);

/** The most between two censuses of which the first one missed a group, because its leader was not found. */
export const CENSUS_RETRY_MS_MAX: Ms = ms(24 * 3_600_000);

/** What is made small where every path is to be taken with little data. */
export interface ReplicaLimits {
  /** Groups of one step of a round: their names are a quarter of a megabyte at most. */
  readonly roundGroups: number;
  /** Groups whose leaders one step of a census asks: with some calls each, far below what one event may make. */
  readonly censusStepGroups: number;
  /** Groups whose leaders are asked in an hour: this is what a census costs at most, however large the namespace is. */
  readonly censusGroupsMax: number;
  /** Keys of one part of a group's state. A leader gives no more than it would in a list. */
  readonly stateKeysMax: number;
}

export const REPLICA_LIMITS: ReplicaLimits = {
  roundGroups: 500,
  censusStepGroups: 100,
  censusGroupsMax: 1_000,
  stateKeysMax: LIST_LIMIT_MAX,
};

/**
 * How long after somebody last began to watch a prefix the keys that go are remembered, so that whoever resumes hears of them. An
 * hour: who is away longer is told everything anew.
 */
export const GONE_MS: Ms = ms(3_600_000);

/** Keys that went, as many as are remembered: a row each, of at most a kilobyte. */
export const GONE_MAX = 10_000;
