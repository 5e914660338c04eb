/** A transaction's body as the leaders take it: values as bytes, none of them too large. */
import { TRANSACTION_BYTES_MAX, VALUE_BYTES_MAX } from "../../../shared/limits.ts";
import { internalKey } from "../../../shared/lock/key.ts";
import type { Condition, Operation } from "../../../shared/transaction/request.ts";
import type { Whole } from "../../../shared/transaction/split.ts";
import { type Json, logIndex, type Value } from "../../../shared/types.ts";
import { CONTENT_TYPE_DEFAULT } from "../../../shared/wire/keys-headers.ts";
import type {
  ConditionBody,
  KeyConditionBody,
  OperationBody,
  PutBody,
  TransactionBody,
} from "../../../shared/wire/transactions.ts";
import { Problem } from "../../problem.ts";

const encoder = new TextEncoder();

/** What is too large ends the request. */
export function wholeOf(body: TransactionBody): Whole {
  const budget = new Budget();
  return {
    conditions: body.if.map((step, at) => {
      const condition = conditionOf(step);
      if (condition.type === "equals") budget.spend(`if[${at}].equals`, jsonBytes(condition.value));
      return condition;
    }),
    operations: body.then.map((step, at) => operationOf(step, `then[${at}]`, budget)),
    otherwise: body.else.map(({ key }) => ({ type: "get", key })),
  };
}

/** What may yet be spent of the bytes that all values of a transaction have together. */
class Budget {
  #left = TRANSACTION_BYTES_MAX;

  spend(path: string, bytes: number): void {
    if (bytes > VALUE_BYTES_MAX) throw tooLarge(path, `has more than ${VALUE_BYTES_MAX} bytes`);
    this.#left -= bytes;
    if (this.#left >= 0) return;
    throw tooLarge(path, `brings the transaction past ${TRANSACTION_BYTES_MAX} bytes of values`);
  }
}

const tooLarge = (path: string, message: string) =>
  new Problem("too-large", `${path} ${message}`, { errors: [{ path, message }] });

function conditionOf(step: ConditionBody): Condition {
  if ("key" in step) return keyConditionOf(step);
  const key =
    "lock" in step ? internalKey("lock", step.lock) : internalKey("election", step.election);
  return { type: "held", key, token: logIndex(step.token) };
}

function keyConditionOf({ key, revision, exists, atLeast, equals }: KeyConditionBody): Condition {
  if (revision !== undefined) {
    return { type: "revision", key, among: [logIndex(revision)], negated: false };
  }
  if (exists !== undefined) return { type: "exists", key, exists };
  if (atLeast !== undefined) return { type: "at-least", key, least: atLeast };
  if (equals !== undefined) return { type: "equals", key, value: equals };
  throw new Error("a condition without a predicate got past its schema");
}

function operationOf(step: OperationBody, path: string, budget: Budget): Operation {
  const { key } = step;
  switch (step.op) {
    case "put": {
      const value = storedValue(step);
      budget.spend(`${path}.value`, value.bytes.byteLength);
      return { type: "put", key, value, ttlMs: step.ttlMs ?? null };
    }
    case "append":
      budget.spend(`${path}.values`, jsonBytes(step.values));
      return { type: "append", key, values: step.values };
    case "add":
      return { type: "add", key, by: step.by };
    default:
      return { type: step.op, key };
  }
}

function storedValue({ value, encoding, contentType }: PutBody): Value {
  switch (encoding) {
    case "json":
      return {
        bytes: encoder.encode(JSON.stringify(value)),
        contentType: contentType ?? "application/json",
      };
    case "text":
      return {
        bytes: encoder.encode(value as string),
        contentType: contentType ?? "text/plain; charset=utf-8",
      };
    case "base64":
      return {
        bytes: Uint8Array.from(atob(value as string), (unit) => unit.charCodeAt(0)),
        contentType: contentType ?? CONTENT_TYPE_DEFAULT,
      };
  }
}

const jsonBytes = (json: Json): number => encoder.encode(JSON.stringify(json)).byteLength;
