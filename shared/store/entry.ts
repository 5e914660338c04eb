/**
 * Log entries: what a group's one history is made of.
 *
 * An entry holds effects, never requests: whoever replays it needs no clock, no randomness and no
 * condition. Everything else a group knows (records by key and revision, answers by request and by
 * idempotency key, intents, transactions) is a pure fold of the entries.
 */
import type { Lock } from "../lock/lock.ts";
import type { Term } from "../raft/term.ts";
import type { OutcomeEffect, TransactionEffect } from "../transaction/effects.ts";
import type { Instant, LogIndex, RequestId, Revision, Value } from "../types.ts";

/** One change of one key, at the revision of the entry that carries it. */
export type Effect =
  | {
      readonly type: "put";
      readonly key: string;
      readonly value: Value;
      /** When the key's time to live ends on the leader's clock; null where it has none. */
      readonly expiresAt: Instant | null;
    }
  | {
      readonly type: "delete";
      readonly key: string;
      /** True where the key's time to live ended, false where a client deleted it. */
      readonly expired: boolean;
    };

/** What one operation of a write did. Its revision is the entry's index. */
export type OperationResult =
  | {
      readonly type: "put";
      readonly created: boolean;
      /** Of a lock that was granted or renewed: what it is from then on. */
      readonly lock?: Lock;
    }
  | {
      readonly type: "delete";
      /** False where there was nothing to delete. */
      readonly deleted: boolean;
    };

/** A condition that did not hold, by its position among the request's conditions. */
export interface FailedCondition {
  readonly condition: number;
  readonly key: string;
  /** The revision that failed it; null where the key was absent. */
  readonly revision: Revision | null;
  /** Of a condition on a lock: the lock that failed it, null where nobody held it. */
  readonly lock?: Lock | null;
}

/** What a write came to. Kept with its entry, so that every copy of the request hears the same. */
export type WriteOutcome =
  | { readonly succeeded: true; readonly results: readonly OperationResult[] }
  | { readonly succeeded: false; readonly failed: readonly FailedCondition[] };

/** A client's `Idempotency-Key` and a digest of the request it came with. */
export interface Idempotency {
  readonly key: string;
  readonly fingerprint: string;
}

export interface Entry {
  readonly index: LogIndex;
  readonly term: Term;
  /** The leader's clock when it appended the entry; never below the entry before. */
  readonly at: Instant;
  /** The request that asked for it; null for what a leader appends by itself (no-op, expiry). */
  readonly request: RequestId | null;
  /**
   * Empty for a no-op and for a recorded refusal. Those of an entry that votes are intents: they take effect when
   * a later entry resolves the vote as committed, at the revision of this one.
   */
  readonly effects: readonly Effect[];
  /** What it does to transactions. Left out where that is nothing. */
  readonly transaction?: readonly TransactionEffect[];
  /**
   * The oldest vote that is not resolved once this entry is applied, its own included; left out where there is none. A
   * leader that wakes finds in its last entry where to look for open votes.
   */
  readonly oldestOpen?: LogIndex;
  readonly outcome: WriteOutcome | null;
  readonly idempotency: Idempotency | null;
}

/** Bytes of the values an entry carries: of its effects, and of the answer of a transaction. */
export function bytesOf({ effects, transaction = [] }: Entry): number {
  let bytes = 0;
  for (const effect of effects) {
    if (effect.type === "put") bytes += effect.value.bytes.byteLength;
  }
  for (const effect of transaction) {
    if (effect.type !== "outcome") continue;
    for (const { value } of effect.answer?.results ?? []) bytes += value?.bytes.byteLength ?? 0;
  }
  return bytes;
}

/** A key's state at some revision. */
export interface StoredRecord {
  readonly key: string;
  readonly revision: Revision;
  readonly value: Value;
  readonly expiresAt: Instant | null;
}

/** The first answer to an idempotency key: a write's outcome, or that of a transaction. */
export interface StoredAnswer {
  readonly fingerprint: string;
  readonly index: LogIndex;
  readonly at: Instant;
  readonly outcome: WriteOutcome | OutcomeEffect;
}
