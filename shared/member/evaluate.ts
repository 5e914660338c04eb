/**
 * Evaluating a write against the log's tail: do its conditions hold, and what would it change?
 *
 * Pure: nothing is written here. A failed condition names the revision that failed it (T6).
 */
import type { Effect, FailedCondition, OperationResult, StoredRecord } from "../store/entry.ts";
import { addMs, type Instant } from "../types.ts";
import type { Condition, Operation, WriteRequest } from "./request.ts";

/** Where conditions look a key up. */
export interface Records {
  record(key: string): StoredRecord | null;
}

export type Evaluation =
  | {
      readonly holds: true;
      readonly effects: readonly Effect[];
      readonly results: readonly OperationResult[];
    }
  | { readonly holds: false; readonly failed: readonly FailedCondition[] };

/** Every key a write names, to look at or to change. */
export function keysOf(request: WriteRequest): Set<string> {
  const keys = new Set<string>();
  for (const condition of request.conditions) keys.add(condition.key);
  for (const operation of request.operations) keys.add(operation.key);
  return keys;
}

export function evaluate(request: WriteRequest, records: Records, now: Instant): Evaluation {
  const failed: FailedCondition[] = [];
  for (const [position, condition] of request.conditions.entries()) {
    const record = records.record(condition.key);
    if (holds(condition, record)) continue;
    failed.push({
      condition: position,
      key: condition.key,
      revision: record?.revision ?? null,
    });
  }
  if (failed.length > 0) return { holds: false, failed };

  const effects: Effect[] = [];
  const results: OperationResult[] = [];
  for (const operation of request.operations) {
    const existed = records.record(operation.key) !== null;
    if (operation.type === "put") {
      effects.push(putEffect(operation, now));
      results.push({ type: "put", created: !existed });
    } else {
      if (existed) effects.push({ type: "delete", key: operation.key, expired: false });
      results.push({ type: "delete", deleted: existed });
    }
  }
  return { holds: true, effects, results };
}

function putEffect(operation: Extract<Operation, { type: "put" }>, now: Instant): Effect {
  const { key, value, ttlMs } = operation;
  return { type: "put", key, value, expiresAt: ttlMs === null ? null : addMs(now, ttlMs) };
}

function holds(condition: Condition, record: StoredRecord | null): boolean {
  switch (condition.type) {
    case "exists":
      return (record !== null) === condition.exists;
    case "revision": {
      const among = record !== null && condition.among.includes(record.revision);
      return among !== condition.negated;
    }
  }
}
