/**
 * A group's history, key by key: what each operation showed of one key and did to it.
 *
 * Linearizability is local (Herlihy & Wing 1990): a history is linearizable exactly if each object's part is. A
 * write to several keys is here a write to each; that they change together is the log's check (replay.ts).
 */
import type { WriteRequest } from "../../shared/member/request.ts";
import { type Operation, text } from "../history.ts";
import { keysInRange } from "./range.ts";
import type { KeyCondition, KeyOperation, KeyOutcome } from "./register.ts";

/** How the histories' true times relate to the members' clocks. */
export interface ClockFacts {
  readonly clockSpreadMs: number;
  readonly driftBound: number;
}

/** Operations that stand for one effect become one: from the first call of any to the first answer to any. */
export function mergeRepeats(operations: readonly Operation[]): Operation[] {
  const merged = new Map<string, Operation>();
  const rest: Operation[] = [];
  for (const operation of operations) {
    if (operation.request.type !== "write") {
      rest.push(operation);
      continue;
    }
    if (operation.answer?.type === "refused") continue;
    const known = merged.get(operation.effect);
    if (known === undefined) {
      merged.set(operation.effect, operation);
      continue;
    }
    const first = operation.returnedAt < known.returnedAt ? operation : known;
    merged.set(operation.effect, {
      ...first,
      invokedAt: Math.min(known.invokedAt, operation.invokedAt),
    });
  }
  return [...merged.values(), ...rest];
}

/** The histories of all keys that a group's operations name. */
export function keyHistories(
  operations: readonly Operation[],
  clocks: ClockFacts,
): Map<string, KeyOperation[]> {
  const keys = new Set<string>();
  for (const { request } of operations) {
    if (request.type === "get") keys.add(request.key);
    if (request.type === "write") {
      for (const one of [...request.conditions, ...request.operations]) keys.add(one.key);
    }
  }
  const histories = new Map<string, KeyOperation[]>();
  for (const key of keys) histories.set(key, []);
  for (const operation of mergeRepeats(operations)) {
    for (const [key, history] of histories) {
      const part = partOf(operation, key, clocks);
      if (part !== null) history.push(part);
    }
  }
  return histories;
}

function partOf(operation: Operation, key: string, clocks: ClockFacts): KeyOperation | null {
  const { request, answer, number, invokedAt, returnedAt } = operation;
  const interval = { number, invokedAt, returnedAt };
  switch (request.type) {
    case "get":
      if (request.key !== key || request.revision !== null || answer?.type !== "record")
        return null;
      return { ...interval, action: { type: "observe", record: seen(answer.record) } };
    case "list": {
      if (answer?.type !== "records") return null;
      const record = answer.records.find((one) => one.key === key) ?? null;
      // A full page says nothing of the keys behind its end.
      if (record === null && !covers(request.range, answer.records, key)) return null;
      return { ...interval, action: { type: "observe", record: seen(record) } };
    }
    case "write": {
      const conditions = request.conditions.filter((one) => one.key === key);
      const change = request.operations.find((one) => one.key === key) ?? null;
      if (conditions.length === 0 && change === null) return null;
      return {
        ...interval,
        action: {
          type: "write",
          conditions: conditions as readonly KeyCondition[],
          change:
            change?.type === "put"
              ? {
                  type: "put",
                  value: text(change.value.bytes),
                  mayExpireFrom: earliestEnd(invokedAt, change.ttlMs, clocks),
                }
              : change,
          outcome: outcomeFor(operation, request, key),
        },
      };
    }
    default:
      throw new Error(`a ${request.type} is no operation on keys`);
  }
}

function seen(
  record: { readonly revision: number; readonly value: { readonly bytes: Uint8Array } } | null,
): { readonly revision: number; readonly value: string } | null {
  return record === null ? null : { revision: record.revision, value: text(record.value.bytes) };
}

function covers(
  range: Parameters<typeof keysInRange>[0],
  records: readonly { readonly key: string }[],
  key: string,
): boolean {
  if (keysInRange(range, [key]).length === 0) return false;
  const last = records.at(-1);
  if (last === undefined || records.length < range.limit) return true;
  return range.reverse ? key >= last.key : key <= last.key;
}

/** A clock that ran ahead may end a time to live early, by true time, but never by more than clocks may differ. */
function earliestEnd(invokedAt: number, ttlMs: number | null, clocks: ClockFacts): number | null {
  if (ttlMs === null) return null;
  return invokedAt + ttlMs / (1 + clocks.driftBound) - clocks.clockSpreadMs - 1;
}

function outcomeFor({ answer }: Operation, request: WriteRequest, key: string): KeyOutcome {
  if (answer?.type === "written") {
    const at = request.operations.findIndex((one) => one.key === key);
    const result = answer.results[at];
    const existed =
      result === undefined ? null : result.type === "put" ? !result.created : result.deleted;
    return { succeeded: true, revision: answer.receipt.index, existed };
  }
  if (answer?.type === "failed") {
    const failed = answer.failed.find((one) => one.key === key);
    return { succeeded: false, seen: failed === undefined ? undefined : failed.revision };
  }
  return null;
}
