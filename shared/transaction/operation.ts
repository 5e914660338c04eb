/**
 * What one operation of a transaction does to the record of its key.
 *
 * `add` and `append` keep the time to live that the key has: a counter of a window's requests would otherwise begin
 * its window anew with each of them, or never end. Who wants another one puts the key.
 */
import { assert } from "../assert.ts";
import { VALUE_BYTES_MAX } from "../limits.ts";
import { countedMs, encodeLock, type Lock, lockIn } from "../lock/lock.ts";
import type { LockOperation } from "../lock/request.ts";
import { planted } from "../planted.ts";
import type { Effect, StoredRecord } from "../store/entry.ts";
import { addMs, type Instant, type LogIndex, ms, type Revision, type Value } from "../types.ts";
import type { TransactionFault } from "./effects.ts";
import { appendItems, isArray, jsonValue, readJson } from "./json.ts";
import type { Operation } from "./request.ts";

/** What an operation came to. */
export interface Result {
  readonly op: Operation["type"];
  readonly key: string;
  /** The entry's index for what was written, the revision read by a `get`; null for what is absent. */
  readonly revision: Revision | null;
  /** Whether the key was there before. */
  readonly existed: boolean;
  /** Of what was read, added or appended; left out for the others and where the key is absent. */
  readonly value?: Value;
  /** Of what was granted or renewed. */
  readonly lock?: Lock;
}

export type Ran =
  /** `effect` is null where nothing changes. */
  | { readonly type: "ran"; readonly result: Result; readonly effect: Effect | null }
  | { readonly type: "faulty"; readonly fault: TransactionFault };

/** @param index of the entry that is to carry the effect. */
export function run(
  operation: Operation | LockOperation,
  record: StoredRecord | null,
  index: LogIndex,
  now: Instant,
): Ran {
  switch (operation.type) {
    case "get":
      return { type: "ran", result: read(operation.key, record), effect: null };
    case "put": {
      const { key, value, ttlMs } = operation;
      const expiresAt = ttlMs === null ? null : addMs(now, ttlMs);
      return {
        type: "ran",
        result: { op: "put", key, revision: index, existed: record !== null },
        effect: { type: "put", key, value, expiresAt },
      };
    }
    case "delete": {
      const { key } = operation;
      const existed = record !== null;
      return {
        type: "ran",
        result: { op: "delete", key, revision: existed ? index : null, existed },
        effect: existed ? { type: "delete", key, expired: false } : null,
      };
    }
    case "grant":
    case "renew":
      return hold(operation, record, index, now);
    case "add":
    case "append": {
      const changed = operation.type === "add" ? sum(operation, record) : longer(operation, record);
      if ("code" in changed) return { type: "faulty", fault: changed };
      const { type: op, key } = operation;
      const expiresAt = record?.expiresAt ?? null;
      return {
        type: "ran",
        result: { op, key, revision: index, existed: record !== null, value: changed },
        effect: { type: "put", key, value: changed, expiresAt },
      };
    }
  }
}

/** What a `get` finds. */
export function read(key: string, record: StoredRecord | null): Result {
  return record === null
    ? { op: "get", key, revision: null, existed: false }
    : { op: "get", key, revision: record.revision, existed: true, value: record.value };
}

/**
 * A lock as it is from now on. Neither a renewal shortens it nor a grant to its own holder: whoever did not hear of that goes
 * on relying on what it was told before.
 */
function hold(
  operation: LockOperation,
  record: StoredRecord | null,
  index: LogIndex,
  now: Instant,
): Ran {
  const { key } = operation;
  const before = lockIn(record);
  const least = planted("lock-shortened") ? 0 : (before?.ttlMs ?? 0);
  const ttlMs = ms(Math.max(operation.ttlMs ?? before?.ttlMs ?? 0, least));
  let lock: Lock;
  if (operation.type === "grant") {
    const { holder, value } = operation;
    assert(
      before === null || before.token < index,
      "K1",
      "a fencing token does not grow",
      index,
      before,
    );
    const token = planted("lock-token-kept") ? (before?.token ?? index) : index;
    lock = { holder, token, ttlMs, expiresAt: addMs(now, ttlMs), value };
  } else {
    if (before === null) throw new Error("a lock that nobody holds is renewed");
    const { value = before.value } = operation;
    lock = { ...before, ttlMs, expiresAt: addMs(now, ttlMs), value };
  }
  const expiresAt = addMs(now, countedMs(lock.ttlMs));
  return {
    type: "ran",
    result: { op: "put", key, revision: index, existed: record !== null, lock },
    effect: { type: "put", key, value: encodeLock(lock), expiresAt },
  };
}

type Add = Extract<Operation, { type: "add" }>;
type Append = Extract<Operation, { type: "append" }>;

function sum({ key, by }: Add, record: StoredRecord | null): Value | TransactionFault {
  const before = record === null ? 0 : readJson(record.value);
  if (!Number.isSafeInteger(before)) {
    return badRequest(`"add" needs a JSON safe integer, which the value of "${key}" is not`);
  }
  const after = (before as number) + by;
  if (!Number.isSafeInteger(after)) {
    return badRequest(`the sum of "add" to "${key}" is out of the range of safe integers`);
  }
  return jsonValue(after);
}

function longer({ key, values }: Append, record: StoredRecord | null): Value | TransactionFault {
  const stored = record?.value ?? jsonValue([]);
  const array = readJson(stored);
  if (!isArray(array)) {
    return badRequest(`"append" needs a JSON array, which the value of "${key}" is not`);
  }
  const value = appendItems(stored, array, values);
  if (value.bytes.byteLength <= VALUE_BYTES_MAX) return value;
  const detail = `"append" would make the value of "${key}" longer than ${VALUE_BYTES_MAX} bytes`;
  return { code: "too-large", detail };
}

const badRequest = (detail: string): TransactionFault => ({ code: "bad-request", detail });
