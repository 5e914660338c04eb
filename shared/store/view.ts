/**
 * What a protocol may read of its store: synchronous, read-only, and always at the log's tail.
 *
 * The tail may run ahead of what is committed; every method that takes an index answers as of that index,
 * which is how a strong read stays below the commit index.
 */
import type { HardState } from "../raft/hard-state.ts";
import type { LogPoint } from "../raft/log-match.ts";
import type { Term } from "../raft/term.ts";
import type { OutcomeEffect, TransactionEffect } from "../transaction/effects.ts";
import type { Incarnation, Instant, LogIndex, Revision, TransactionId } from "../types.ts";
import type { Entry, StoredAnswer, StoredRecord } from "./entry.ts";
import type { RequestPlace } from "./recent-requests.ts";
import type { SnapshotCursor, SnapshotPart } from "./snapshot.ts";

/** Which keys a list asks for, in UTF-8 byte order. */
export interface KeyRange {
  readonly prefix: string;
  /** First key, included. */
  readonly start: string | null;
  /** Last key, excluded. */
  readonly end: string | null;
  /** Only keys beyond this one, in the direction of travel; where a page before ended. */
  readonly after: string | null;
  readonly reverse: boolean;
  readonly limit: number;
}

/** What a key is as of an index, and whether that is certain yet. */
export interface Look {
  /** The latest version that has taken effect; null where the key is absent or deleted. */
  readonly record: StoredRecord | null;
  /**
   * A later version whose vote is not resolved as of the index: whoever must know waits for its outcome.
   * `resolvedAt` is where the log resolves it, behind the index; null where it does not yet.
   */
  readonly intent: { readonly vote: LogIndex; readonly resolvedAt: LogIndex | null } | null;
}

/** Part of a list: records, and an unresolved vote that stands in the way of one of them; null where none does. */
export interface Listed {
  readonly records: StoredRecord[];
  readonly inDoubt: LogIndex | null;
}

/** An entry, as far as transactions go. */
export interface TransactionEntry {
  readonly index: LogIndex;
  readonly at: Instant;
  readonly effects: readonly TransactionEffect[];
}

export interface LogView {
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  /** Entries up to this one are compacted away; their effects remain. */
  readonly baseIndex: LogIndex;
  /** The term at an index from the base to the tail; null elsewhere. */
  termAt(index: LogIndex): Term | null;
  /** The same, always from storage: the look a superseded instance is refused (L2). */
  readTerm(index: LogIndex): Term | null;
  /** When the entry at an index from the base to the tail was appended. */
  timeAt(index: LogIndex): Instant;
  /** Entries from `from` on, up to about `bytesMax` of values, at least one where there is one. */
  entries(from: LogIndex, bytesMax: number): Entry[];
}

/** How far the parts of a snapshot have come that this member is being sent. */
export interface StagedSnapshot extends LogPoint {
  /** The life of the leader that sends it: another one's parts are cut elsewhere. */
  readonly incarnation: Incarnation;
  readonly nextPart: number;
}

export interface StoreView extends LogView {
  readonly hardState: HardState;
  readonly staged: StagedSnapshot | null;
  /** A part of the state as of `through`; see store/snapshot.ts. */
  snapshotPart(through: LogIndex, after: SnapshotCursor | null, bytesMax: number): SnapshotPart;
  /** When the last entry was appended, on its leader's clock. */
  readonly lastAt: Instant;
  /** A key at the tail; null where it is absent or deleted. */
  record(key: string): StoredRecord | null;
  /**
   * A key as it was once entry `index` had been applied. Never below the base.
   * @param asOf up to where votes count as resolved; `index` unless told. Whoever asks for what a revision was says a
   *   later one: the version of that very revision may have been resolved behind it.
   */
  recordAt(key: string, index: LogIndex, asOf?: LogIndex): StoredRecord | null;
  /** The same, with the intent that may stand above it. */
  look(key: string, index: LogIndex, asOf?: LogIndex): Look;
  /** The version of a key that the entry at `revision` made, in effect or not; null where it is not kept. */
  versionAt(key: string, revision: Revision): StoredRecord | null;
  /** The latest index at or below `index` at which an entry touched the key, in effect or not; null where none is kept. */
  lastChange(key: string, index: LogIndex): LogIndex | null;
  list(range: KeyRange, index: LogIndex): Listed;
  /** The entry at an index behind the base, up to the tail. */
  entryAt(index: LogIndex): Entry;
  /** The oldest vote not resolved at `index`, from the base to the tail; null where there is none. */
  oldestOpen(index: LogIndex): LogIndex | null;
  /** The entries from `from` on that concern transactions, without values. */
  transactionEntries(from: LogIndex): TransactionEntry[];
  /** The entries of one transaction that the log still holds, found by looking at all of it. */
  entriesOfTransaction(id: TransactionId): TransactionEntry[];
  /** What is kept of a transaction beside the log: its outcome once compacted, what aborts it or refuses it at once. */
  keptOfTransaction(id: TransactionId): TransactionEntry[];
  /** Nothing is known any more of transactions made at this time or before. */
  readonly horizon: Instant;
  /** The oldest outcomes up to the base, without their answers, kept of transactions made at or before `through`, at most `limit`. */
  outcomesThrough(through: Instant, limit: number): OutcomeEffect[];
  /** The first answer to an idempotency key, however old. */
  answer(idempotencyKey: string): StoredAnswer | null;
  /** The requests of the entries appended at `since` or later, and of the last `atLeast`, in the log's order. */
  requestsSince(since: Instant, atLeast: number): RequestPlace[];
  /** Locks and elections that are held, at the tail. */
  locks(): StoredRecord[];
  /** Keys whose time to live ended at `now` or before; no locks. */
  overdue(now: Instant, limit: number): string[];
  /** When the next key's time to live ends, of those that end after `after`; no lock's. */
  nextExpiry(after: Instant): Instant | null;
  /** The last of the oldest entries that were all appended before `before`; null where there is none. */
  lastIndexBefore(before: Instant): LogIndex | null;
}
