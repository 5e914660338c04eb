/**
 * Whether a condition of a transaction holds for the record of its key. One on a lock is evaluated where the grants are, and
 * the lock stays as it is until the outcome: a stale holder changes nothing (K3).
 */
import { lockIn } from "../lock/lock.ts";
import type { FreeCondition } from "../lock/request.ts";
import { planted } from "../planted.ts";
import type { StoredRecord } from "../store/entry.ts";
import type { Json, Value } from "../types.ts";
import { jsonEquals, readJson, readText } from "./json.ts";
import type { Condition } from "./request.ts";

export function holds(condition: Condition | FreeCondition, record: StoredRecord | null): boolean {
  switch (condition.type) {
    case "exists":
      return (record !== null) === condition.exists;
    case "revision": {
      const among = record !== null && condition.among.includes(record.revision);
      return among !== condition.negated;
    }
    case "at-least": {
      const number = record === null ? undefined : readJson(record.value);
      return typeof number === "number" && number >= condition.least;
    }
    case "equals":
      return record !== null && says(record.value, condition.value);
    case "held":
      return lockIn(record)?.token === condition.token || planted("fencing-token-ignored");
    case "free": {
      const lock = lockIn(record);
      return lock === null || lock.holder === condition.holder;
    }
  }
}

function says(value: Value, expected: Json): boolean {
  const json = readJson(value);
  if (json !== undefined) return jsonEquals(json, expected);
  const text = readText(value);
  return text !== null && text === expected;
}
