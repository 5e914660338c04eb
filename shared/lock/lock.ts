/**
 * A lock, and an election, which is a lock with a value: who holds it, by which fencing token, for how long.
 *
 * The token is the log index of the grant, so it grows with every grant, whoever led the group then (K1). Whoever guards
 * something by it refuses a lower one than it has seen (Kleppmann 2016, "How to do distributed locking").
 *
 * The holder may rely on the lock for its time to live, counted on its own clock from when it sent the request. The
 * leader counts longer, so that even with the holder's clock as slow and its own as fast as the drift bound allows,
 * the lock never passes on while its holder relies on it (K2).
 */
import { DRIFT_BOUND } from "../limits.ts";
import { planted } from "../planted.ts";
import type { StoredRecord } from "../store/entry.ts";
import { jsonValue, readJson } from "../transaction/json.ts";
import { type Instant, type LogIndex, type Ms, ms, type Value } from "../types.ts";

/** The log index of the grant. It only ever grows. */
export type FencingToken = LogIndex;

export interface Lock {
  readonly holder: string;
  readonly token: FencingToken;
  readonly ttlMs: Ms;
  /** By when the holder must have renewed it, on the clock of the leader that granted or renewed it last. */
  readonly expiresAt: Instant;
  /** What the leader of an election says of itself, as JSON text; null for a lock. */
  readonly value: string | null;
}

/** What a clock's reading may lag behind the time it shows, at both ends of what is counted. */
const CLOCK_GRAIN_MS = 2;

/** How long a leader counts before a time to live is over on every clock within the drift bound. */
export function countedMs(ttlMs: Ms): Ms {
  if (planted("lock-counts-ttl-alone")) return ttlMs;
  const slowest = planted("lock-trusts-holders-clock") ? 1 : 1 - DRIFT_BOUND;
  return ms(Math.ceil((ttlMs * (1 + DRIFT_BOUND)) / slowest) + CLOCK_GRAIN_MS);
}

/** A lock as its record's value keeps it. The record ends when the leader has counted enough. */
export function encodeLock({ holder, token, ttlMs, expiresAt, value }: Lock): Value {
  return jsonValue({ v: 1, holder, token, ttlMs, expiresAt, value });
}

/** The lock a record is; null where there is none. The record's own `expiresAt` is when the leader gives it up. */
export function lockIn(record: StoredRecord | null): Lock | null {
  if (record === null) return null;
  const stored = readJson(record.value) as unknown as Lock & { readonly v: number };
  if (stored?.v !== 1) throw new Error(`a lock of unknown version ${stored?.v}`);
  return stored;
}
