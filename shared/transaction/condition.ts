/** Whether a condition of a transaction holds for the record of its key. */
import type { StoredRecord } from "../store/entry.ts";
import type { Json, Value } from "../types.ts";
import { jsonEquals, readJson, readText } from "./json.ts";
import type { Condition } from "./request.ts";

export function holds(condition: Condition, record: StoredRecord | null): boolean {
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
  }
}

function says(value: Value, expected: Json): boolean {
  const json = readJson(value);
  if (json !== undefined) return jsonEquals(json, expected);
  const text = readText(value);
  return text !== null && text === expected;
}
