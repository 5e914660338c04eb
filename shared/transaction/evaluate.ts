/**
 * Evaluating a transaction, or one participant's part of it, against the log's tail: do its conditions hold, and what
 * would it change?
 *
 * Pure: nothing is written here. The same records, index and time give the same evaluation, so what an entry records
 * of it never needs to be found out again (T2). A failed condition names the revision that failed it (T6). Source:
 * DESIGN.md §3, §6; docs/protocols/transaction.md.
 */
import { isInternal } from "../lock/key.ts";
import { lockIn } from "../lock/lock.ts";
import type { FreeCondition, LockOperation } from "../lock/request.ts";
import type { Effect, FailedCondition, StoredRecord } from "../store/entry.ts";
import type { Instant, LogIndex } from "../types.ts";
import { holds } from "./condition.ts";
import type { ResultMark, TransactionFault, TransactionResult } from "./effects.ts";
import { type Result, read, run } from "./operation.ts";
import type { Condition, GetOperation, Operation } from "./request.ts";

export type { Result } from "./operation.ts";

/** Where keys are looked up: none of them is overdue. */
export interface Records {
  record(key: string): StoredRecord | null;
}

export type Evaluation =
  | {
      readonly type: "holds";
      readonly effects: readonly Effect[];
      /** One for each operation, in their order. */
      readonly results: readonly Result[];
    }
  | {
      readonly type: "fails";
      /** By their position among the conditions evaluated, all that fail. */
      readonly failed: readonly FailedCondition[];
    }
  /** All conditions hold, but an operation cannot run; the first that cannot says why. */
  | { readonly type: "faulty"; readonly fault: TransactionFault };

/**
 * Conditions look at what is stored; operations run in order, each seeing what those before it did. A key is written
 * at most once, which the Worker has checked: an entry makes one version of a key.
 *
 * @param index of the entry that is to carry the effects.
 * @param now the time that its times to live count from.
 */
export function evaluate(
  steps: {
    readonly conditions: readonly (Condition | FreeCondition)[];
    readonly operations: readonly (Operation | LockOperation)[];
  },
  records: Records,
  index: LogIndex,
  now: Instant,
): Evaluation {
  const failed = failedConditions(steps.conditions, records);
  if (failed.length > 0) return { type: "fails", failed };

  const written = new Map<string, StoredRecord | null>();
  const effects: Effect[] = [];
  const results: Result[] = [];
  for (const operation of steps.operations) {
    const { key } = operation;
    const own = written.get(key);
    const ran = run(operation, own === undefined ? records.record(key) : own, index, now);
    if (ran.type === "faulty") return ran;
    results.push(ran.result);
    if (ran.effect === null) continue;
    effects.push(ran.effect);
    written.set(key, recordOf(ran.effect, index));
  }
  return { type: "holds", effects, results };
}

function failedConditions(
  conditions: readonly (Condition | FreeCondition)[],
  records: Records,
): readonly FailedCondition[] {
  const failed: FailedCondition[] = [];
  for (const [position, condition] of conditions.entries()) {
    const { key } = condition;
    const record = records.record(key);
    if (holds(condition, record)) continue;
    const about = { condition: position, key, revision: record?.revision ?? null };
    failed.push(isInternal(key) ? { ...about, lock: lockIn(record) } : about);
  }
  return failed;
}

/** The record that an effect makes; null where it takes one away. */
function recordOf(effect: Effect, revision: LogIndex): StoredRecord | null {
  if (effect.type === "delete") return null;
  const { key, value, expiresAt } = effect;
  return { key, revision, value, expiresAt };
}

/** The reads of a transaction's other branch. */
export function readAll(gets: readonly GetOperation[], records: Records): Result[] {
  return gets.map(({ key }) => read(key, records.record(key)));
}

/**
 * What a vote keeps of results: their values stand in the store.
 *
 * @param at where each stands among the steps of the whole transaction, as in all functions below.
 */
export function toMarks(results: readonly Result[], at: readonly number[]): ResultMark[] {
  return results.map(({ op, key, revision }, position) => ({
    at: placeOf(at, position),
    op,
    key,
    revision,
  }));
}

/** Results as a participant tells them, and the client hears them. */
export function toResults(results: readonly Result[], at: readonly number[]): TransactionResult[] {
  return toMarks(results, at).map((mark, position) => {
    const value = results[position]?.value;
    return value === undefined ? mark : { ...mark, value };
  });
}

/** Failed conditions by their position in the whole transaction. */
export function toFailed(
  failed: readonly FailedCondition[],
  at: readonly number[],
): FailedCondition[] {
  return failed.map((each) => ({ ...each, condition: placeOf(at, each.condition) }));
}

function placeOf(at: readonly number[], position: number): number {
  const place = at[position];
  if (place === undefined) throw new Error(`step ${position} has no place in its transaction`);
  return place;
}
