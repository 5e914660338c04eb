/**
 * The sequential object a key is: a register with a revision, conditional writes, deletion, and a time to live
 * that ends by itself.
 *
 * A state may hold what nobody can know yet: the revision of a write that was never answered. The first
 * observation binds it.
 */
import type { Interval, Model } from "./linearizability.ts";

/** A condition on the key, as far as it is about this key alone. */
export type KeyCondition =
  | { readonly type: "exists"; readonly exists: boolean }
  | { readonly type: "revision"; readonly among: readonly number[]; readonly negated: boolean };

export interface KeyOperation extends Interval {
  /** For the report. */
  readonly number: number;
  readonly action:
    | {
        readonly type: "observe";
        /** What was there; null where nothing was. */
        readonly record: { readonly revision: number; readonly value: string } | null;
      }
    | {
        readonly type: "write";
        readonly conditions: readonly KeyCondition[];
        readonly change:
          | {
              readonly type: "put";
              readonly value: string;
              /** The earliest true time at which it may be gone by itself; null where it never is. */
              readonly mayExpireFrom: number | null;
            }
          | { readonly type: "delete" }
          | null;
        readonly outcome: KeyOutcome;
      };
}

export type KeyOutcome =
  /** Nobody heard. */
  | null
  | {
      readonly succeeded: true;
      readonly revision: number;
      /** Whether the key was there before; null where the answer does not say. */
      readonly existed: boolean | null;
    }
  | {
      readonly succeeded: false;
      /** The revision seen where a condition on this key failed; undefined where all of this key's held. */
      readonly seen: number | null | undefined;
    };

export type KeyState =
  | { readonly value: null; readonly floor: number }
  | {
      readonly value: string;
      /** Null while no answer has shown it. */
      readonly revision: number | null;
      /** No later write of this key has a revision at or below this. */
      readonly floor: number;
      readonly mayExpireFrom: number | null;
    };

export const register: Model<KeyState, KeyOperation> = {
  initial: { value: null, floor: 0 },
  key: (state) =>
    state.value === null ? `-${state.floor}` : `${state.value}@${state.revision}>${state.floor}`,
  step(state, operation) {
    const { action } = operation;
    if (action.type === "observe") return observe(state, action.record, operation.returnedAt);
    if (action.outcome === null) return applyUnheard(state, action.conditions, action.change);
    return action.outcome.succeeded
      ? applyHeard(state, action.conditions, action.change, action.outcome, operation.returnedAt)
      : applyFailed(state, action.conditions, action.outcome.seen, operation.returnedAt);
  },
};

type WriteAction = Extract<KeyOperation["action"], { type: "write" }>;

function observe(
  state: KeyState,
  record: { readonly revision: number; readonly value: string } | null,
  by: number,
): KeyState | null {
  if (record === null) return absence(state, by);
  if (state.value !== record.value) return null;
  return bind(state, record.revision);
}

/** The state as absent, where it is, or may have expired by `by`. */
function absence(state: KeyState, by: number): KeyState | null {
  if (state.value === null) return state;
  const { mayExpireFrom, floor } = state;
  return mayExpireFrom !== null && mayExpireFrom <= by ? { value: null, floor } : null;
}

/** The state once its revision is known to be `revision`. */
function bind(state: KeyState, revision: number): KeyState | null {
  if (state.value === null) return null;
  if (state.revision === revision) return state;
  if (state.revision !== null || revision <= state.floor) return null;
  return { ...state, revision, floor: revision };
}

function applyHeard(
  before: KeyState,
  conditions: readonly KeyCondition[],
  change: WriteAction["change"],
  outcome: Extract<KeyOutcome, { succeeded: true }>,
  by: number,
): KeyState | null {
  for (const state of possibleStates(before, outcome.existed, by)) {
    const held = require(state, conditions);
    if (held === null) continue;
    if (change === null) return held;
    if (change.type === "delete" && outcome.existed === false) return held;
    if (outcome.revision <= held.floor) return null;
    return change.type === "put"
      ? {
          value: change.value,
          revision: outcome.revision,
          floor: outcome.revision,
          mayExpireFrom: change.mayExpireFrom,
        }
      : { value: null, floor: outcome.revision };
  }
  return null;
}

/** The states this one may be by now: itself, or gone; or only what the answer says it was. */
function possibleStates(state: KeyState, existed: boolean | null, by: number): KeyState[] {
  const gone = absence(state, by);
  if (existed === false) return gone === null ? [] : [gone];
  if (existed === true) return state.value === null ? [] : [state];
  return gone === null || gone === state ? [state] : [state, gone];
}

/** The state once all conditions are known to hold; null where one does not. */
function require(before: KeyState, conditions: readonly KeyCondition[]): KeyState | null {
  let state: KeyState | null = before;
  for (const condition of conditions) {
    if (state === null) return null;
    state = requireOne(state, condition);
  }
  return state;
}

function requireOne(state: KeyState, condition: KeyCondition): KeyState | null {
  if (condition.type === "exists") {
    return (state.value !== null) === condition.exists ? state : null;
  }
  const { among, negated } = condition;
  if (state.value === null) return negated ? state : null;
  if (state.revision !== null) return among.includes(state.revision) !== negated ? state : null;
  if (negated) return state;
  const possible = among.filter((revision) => revision > state.floor);
  const [only] = possible;
  if (only === undefined) return null;
  return possible.length === 1 ? bind(state, only) : state;
}

/** A write nobody heard of: it takes effect where it can; where it must not, it comes last. */
function applyUnheard(
  before: KeyState,
  conditions: readonly KeyCondition[],
  change: WriteAction["change"],
): KeyState {
  for (const state of possibleStates(before, null, Number.POSITIVE_INFINITY)) {
    const held = require(state, conditions);
    if (held === null || change === null) continue;
    if (change.type === "delete") return { value: null, floor: held.floor };
    const { value, mayExpireFrom } = change;
    return { value, revision: null, floor: held.floor, mayExpireFrom };
  }
  return before;
}

function applyFailed(
  before: KeyState,
  conditions: readonly KeyCondition[],
  seen: number | null | undefined,
  by: number,
): KeyState | null {
  if (seen === null) {
    const gone = absence(before, by);
    return gone !== null && require(gone, conditions) === null ? gone : null;
  }
  if (seen !== undefined) {
    const bound = bind(before, seen);
    return bound !== null && require(bound, conditions) === null ? bound : null;
  }
  for (const state of possibleStates(before, null, by)) {
    const held = require(state, conditions);
    if (held !== null) return held;
  }
  return null;
}
