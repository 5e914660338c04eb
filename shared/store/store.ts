/**
 * A group's store on SQLite: the log, and the state that is its fold.
 *
 * Effects are applied in the same write that appends their entry, so the tables always stand at the log's
 * tail. That is safe because records are kept by revision: a read below the tail asks for an earlier
 * revision, and cutting the tail off deletes what it made. Rows are only ever removed by that cut
 * and by compaction below the commit index.
 *
 * Each table has its own file; here stands what one change does to all of them.
 */

import { assert } from "../assert.ts";
import { planted } from "../planted.ts";
import type { HardState } from "../raft/hard-state.ts";
import type { Term } from "../raft/term.ts";
import type { OutcomeEffect, ResolveEffect, TransactionEffect } from "../transaction/effects.ts";
import {
  type Instant,
  type LogIndex,
  nextIndex,
  type Revision,
  type TransactionId,
} from "../types.ts";
import { Answers } from "./answers.ts";
import { changedKeys, decodeEntry, transactionOf } from "./codec.ts";
import { Database } from "./database.ts";
import { bytesOf, type Entry, type StoredAnswer, type StoredRecord } from "./entry.ts";
import { Log } from "./log.ts";
import type { RequestPlace } from "./recent-requests.ts";
import { Records } from "./records.ts";
import {
  installStaged,
  readPart,
  type SnapshotCursor,
  type SnapshotPart,
  type SnapshotRow,
  stagePart,
} from "./snapshot.ts";
import type { Sql } from "./sql.ts";
import { Transactions } from "./transactions.ts";
import type {
  KeyRange,
  Listed,
  Look,
  StagedSnapshot,
  StoreView,
  TransactionEntry,
} from "./view.ts";
import type { Write } from "./write.ts";

export class Store implements StoreView {
  readonly #db: Database;
  readonly #log: Log;
  readonly #records: Records;
  readonly #answers: Answers;
  readonly #transactions: Transactions;
  #hardState: HardState;

  /** Opens what `sql` holds; `born` is the election state of a member that has stored none. */
  constructor(sql: Sql, born: HardState) {
    this.#db = new Database(sql);
    this.#hardState = this.#db.meta<HardState>("election") ?? born;
    this.#log = new Log(this.#db);
    this.#records = new Records(this.#db);
    this.#answers = new Answers(this.#db);
    this.#transactions = new Transactions(this.#db);
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  get lastIndex(): LogIndex {
    return this.#log.lastIndex;
  }

  get lastTerm(): Term {
    return this.#log.lastTerm;
  }

  get lastAt(): Instant {
    return this.#log.lastAt;
  }

  get baseIndex(): LogIndex {
    return this.#log.baseIndex;
  }

  termAt(index: LogIndex): Term | null {
    return this.#log.termAt(index);
  }

  readTerm(index: LogIndex): Term | null {
    return this.#log.readTerm(index);
  }

  timeAt(index: LogIndex): Instant {
    return this.#log.timeAt(index);
  }

  entries(from: LogIndex, bytesMax: number): Entry[] {
    const entries: Entry[] = [];
    let bytes = 0;
    for (let index = from; index <= this.lastIndex; index = nextIndex(index)) {
      const entry = this.entryAt(index);
      bytes += bytesOf(entry);
      if (entries.length > 0 && bytes > bytesMax) break;
      entries.push(entry);
    }
    return entries;
  }

  entryAt(index: LogIndex): Entry {
    return decodeEntry(this.#log.row(index), (key, at) => this.#records.versionAt(key, at));
  }

  record(key: string): StoredRecord | null {
    return this.recordAt(key, this.lastIndex);
  }

  recordAt(key: string, index: LogIndex, asOf: LogIndex = index): StoredRecord | null {
    return this.#records.look(key, index, asOf).record;
  }

  look(key: string, index: LogIndex, asOf: LogIndex = index): Look {
    return this.#records.look(key, index, asOf);
  }

  versionAt(key: string, revision: Revision): StoredRecord | null {
    return this.#records.versionAt(key, revision);
  }

  lastChange(key: string, index: LogIndex): LogIndex | null {
    return this.#records.lastChange(key, index);
  }

  list(range: KeyRange, index: LogIndex): Listed {
    return this.#records.list(range, index);
  }

  overdue(now: Instant, limit: number): string[] {
    return this.#records.overdue(now, limit);
  }

  nextExpiry(after: Instant): Instant | null {
    return this.#records.nextExpiry(after);
  }

  answer(idempotencyKey: string): StoredAnswer | null {
    return this.#answers.find(idempotencyKey);
  }

  requestsSince(since: Instant, atLeast: number): RequestPlace[] {
    return this.#log.requestsSince(since, atLeast);
  }

  lastIndexBefore(before: Instant): LogIndex | null {
    return this.#log.lastIndexBefore(before);
  }

  oldestOpen(index: LogIndex): LogIndex | null {
    return this.#log.oldestOpen(index);
  }

  transactionEntries(from: LogIndex): TransactionEntry[] {
    return this.#log.transactionEntries(from);
  }

  entriesOfTransaction(id: TransactionId): TransactionEntry[] {
    return this.#log.entriesOfTransaction(id);
  }

  keptOfTransaction(id: TransactionId): TransactionEntry[] {
    return this.#transactions.find(id);
  }

  get horizon(): Instant {
    return this.#transactions.horizon;
  }

  outcomesThrough(through: Instant, limit: number): OutcomeEffect[] {
    return this.#transactions.outcomesThrough(through, this.baseIndex, limit);
  }

  locks(): StoredRecord[] {
    return this.#records.locks();
  }

  get staged(): StagedSnapshot | null {
    return this.#db.meta<StagedSnapshot>("staged");
  }

  snapshotPart(through: LogIndex, after: SnapshotCursor | null, bytesMax: number): SnapshotPart {
    return readPart(this.#db, through, after, bytesMax);
  }

  /** How many rows were written since this was last asked. */
  takeRowsWritten(): number {
    return this.#db.takeRowsWritten();
  }

  /** Carries out one change. */
  write(write: Write): void {
    switch (write.type) {
      case "append":
        this.append(write.entries);
        break;
      case "truncate":
        this.truncate(write.last);
        break;
      case "stage":
        this.stage(write.staged, write.rows);
        break;
      case "install":
        this.install(write.lastIndex, write.lastTerm, write.at);
        break;
      case "hard-state":
        this.setHardState(write.state);
        break;
      case "compact":
        this.compact(write.through);
        break;
      case "forget-answers":
        this.forgetAnswers(write.before);
        break;
    }
  }

  setHardState(state: HardState): void {
    this.#db.setMeta("election", state);
    this.#hardState = state;
  }

  /** Appends entries that follow the log's end, and applies their effects. */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const { index, at, transaction = [] } = entry;
      this.#log.append(entry);
      for (const { vote, committed } of resolutionsOf(transaction)) {
        // A vote that is compacted was resolved before that, wherever this entry stands: see compact.
        for (const key of this.#log.keysAt(vote)) {
          this.#records.resolve(key, vote, committed, index);
        }
      }
      const votes = transaction.some((effect) => effect.type === "vote");
      for (const effect of entry.effects) this.#records.add(effect, index, votes);
      this.#answers.apply(entry);
      this.#transactions.apply({ index, at, effects: transaction });
    }
  }

  /** Cuts the log off behind `last`, and undoes what the entries behind it did. */
  truncate(last: LogIndex): void {
    assert(last >= this.baseIndex, "R3", "a compacted entry is cut off", last, this.baseIndex);
    for (const { body } of this.#log.rowsBehind(last)) {
      if (planted("truncation-leaves-records")) break;
      for (const key of changedKeys(body)) this.#records.truncate(key, last);
      for (const { vote } of resolutionsOf(transactionOf(body))) {
        if (vote > last) continue;
        for (const key of this.#log.keysAt(vote)) this.#records.reopen(key, vote, last);
      }
    }
    this.#answers.truncate(last);
    this.#transactions.truncate(last);
    this.#log.truncate(last);
  }

  /**
   * Forgets the entries up to `through` and the revisions they superseded. What each key was at `through`
   * stays, so every later revision remains readable.
   *
   * Every vote among them is resolved by an entry that is committed, though perhaps behind `through`: with the vote's row
   * goes the knowledge of its keys, so it can be neither resolved nor reopened any more.
   */
  compact(through: LogIndex): void {
    const open = this.#log.oldestOpen(this.lastIndex);
    assert(open === null || open > through, "T2", "an open vote is compacted", through, open);
    let end: LogIndex;
    do {
      end = this.#log.pieceEnd(through);
      this.#compactPiece(end);
    } while (end < through);
  }

  #compactPiece(through: LogIndex): void {
    const pending = new Set(this.#db.meta<string[]>("pending") ?? []);
    const keys = new Set(pending);
    for (const { index, at, body } of this.#log.upTo(through)) {
      const effects = transactionOf(body);
      const votes = effects.some((effect) => effect.type === "vote");
      for (const key of changedKeys(body)) {
        keys.add(key);
        if (votes) pending.add(key);
      }
      this.#transactions.move({ index, at, effects });
    }
    for (const key of keys) this.#records.compact(key, through, this.lastIndex);
    this.#setPending([...pending].filter((key) => this.#records.isPendingAt(key, through)));
    this.#transactions.compact(through);
    this.#log.compact(through);
  }

  /** Forgets answers to idempotency keys that were given before `before`. */
  forgetAnswers(before: Instant): void {
    this.#answers.forgetBefore(before);
  }

  /** Puts a part of a snapshot beside the tables. */
  stage(staged: StagedSnapshot, rows: readonly SnapshotRow[]): void {
    stagePart(this.#db, rows, staged.nextPart === 1);
    this.#db.setMeta("staged", staged);
  }

  /** Has the staged snapshot take the place of log and state. */
  install(index: LogIndex, term: Term, at: Instant): void {
    installStaged(this.#db);
    this.#db.forgetMeta("staged");
    this.#setPending(this.#records.pendingAt(index));
    this.#transactions.replaced();
    this.#log.restart({ index, term, at });
  }

  /**
   * Keys that have a version at or below the base which is resolved behind it. No row of the log names them any
   * more, so the next compaction finds them here.
   */
  #setPending(keys: readonly string[]): void {
    if (keys.length > 0) this.#db.setMeta("pending", keys);
    else this.#db.forgetMeta("pending");
  }
}

const resolutionsOf = (effects: readonly TransactionEffect[]): ResolveEffect[] =>
  effects.filter((effect) => effect.type === "resolve");
