/**
 * A group's store on SQLite: the log, and the state that is its fold.
 *
 * Effects are applied in the same write that appends their entry, so the tables always stand at the log's
 * tail. That is safe because records are kept by revision: a read below the tail asks for an earlier
 * revision, and cutting the tail off deletes what it made. Rows are only ever removed by that cut
 * and by compaction below the commit index.
 */

import { assert } from "../assert.ts";
import { planted } from "../planted.ts";
import type { HardState } from "../raft/hard-state.ts";
import { TERM_ZERO, type Term } from "../raft/term.ts";
import {
  type Instant,
  type LogIndex,
  logIndex,
  nextIndex,
  ORIGIN,
  previousIndex,
  type RequestId,
} from "../types.ts";
import { changedKeys, decodeEntry, encodeBody, termOf } from "./codec.ts";
import { asInstant, asRecord } from "./columns.ts";
import type { Entry, StoredAnswer, StoredRecord, WriteOutcome } from "./entry.ts";
import { selectKeys } from "./list.ts";
import type { RequestPlace } from "./recent-requests.ts";
import { Schema } from "./schema.ts";
import {
  installStaged,
  readPart,
  type SnapshotCursor,
  type SnapshotPart,
  type SnapshotRow,
  stagePart,
} from "./snapshot.ts";
import type { Sql, SqlValue } from "./sql.ts";
import type { KeyRange, StagedSnapshot, StoreView } from "./view.ts";
import type { Write } from "./write.ts";

const RECORD_COLUMNS = "key, revision, content_type, value, expires_at";

interface Base {
  readonly index: LogIndex;
  readonly term: Term;
  /** When the entry at `index` was appended: no entry behind it is earlier. */
  readonly at: Instant;
}

export class Store implements StoreView {
  readonly #sql: Sql;
  readonly #schema: Schema;
  #hardState: HardState;
  #base: Base;
  #lastIndex: LogIndex;
  #lastTerm: Term;
  #lastAt: Instant;
  /** Rows written since {@link takeRowsWritten} was last asked. */
  #rowsWritten = 0;

  /** Opens what `sql` holds; `born` is the election state of a member that has stored none. */
  constructor(sql: Sql, born: HardState) {
    this.#sql = sql;
    this.#schema = new Schema(sql);
    this.#hardState = this.#meta<HardState>("election") ?? born;
    this.#base = this.#meta<Base>("base") ?? {
      index: ORIGIN,
      term: TERM_ZERO,
      at: asInstant(0),
    };
    const last = this.#schema.has("log")
      ? sql.all("SELECT idx, block, wake, at FROM log ORDER BY idx DESC LIMIT 1")[0]
      : undefined;
    this.#lastIndex = last ? logIndex(last.idx as number) : this.#base.index;
    this.#lastTerm = last ? termOf(last) : this.#base.term;
    this.#lastAt = last ? asInstant(last.at) : this.#base.at;
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  get lastIndex(): LogIndex {
    return this.#lastIndex;
  }

  get lastTerm(): Term {
    return this.#lastTerm;
  }

  get lastAt(): Instant {
    return this.#lastAt;
  }

  get baseIndex(): LogIndex {
    return this.#base.index;
  }

  termAt(index: LogIndex): Term | null {
    if (index === this.#lastIndex) return this.#lastTerm;
    if (index === this.#base.index) return this.#base.term;
    return this.readTerm(index);
  }

  readTerm(index: LogIndex): Term | null {
    if (!this.#schema.has("log")) return index === this.#base.index ? this.#base.term : null;
    const row = this.#sql.all("SELECT block, wake FROM log WHERE idx = ?", index)[0];
    if (row !== undefined) return termOf(row);
    return index === this.#base.index ? this.#base.term : null;
  }

  entries(from: LogIndex, bytesMax: number): Entry[] {
    const entries: Entry[] = [];
    let bytes = 0;
    for (let index = from; index <= this.#lastIndex; index = nextIndex(index)) {
      const entry = this.#entry(index);
      for (const effect of entry.effects) {
        if (effect.type === "put") bytes += effect.value.bytes.byteLength;
      }
      if (entries.length > 0 && bytes > bytesMax) break;
      entries.push(entry);
    }
    return entries;
  }

  record(key: string): StoredRecord | null {
    return this.recordAt(key, this.#lastIndex);
  }

  recordAt(key: string, index: LogIndex): StoredRecord | null {
    if (!this.#schema.has("records")) return null;
    const rows = this.#sql.all(
      `SELECT ${RECORD_COLUMNS} FROM records WHERE key = ? AND revision <= ? ORDER BY revision DESC LIMIT 1`,
      key,
      index,
    );
    return asRecord(rows[0]);
  }

  list(range: KeyRange, index: LogIndex): StoredRecord[] {
    if (!this.#schema.has("records")) return [];
    return selectKeys(this.#sql, range, index);
  }

  answer(idempotencyKey: string): StoredAnswer | null {
    if (!this.#schema.has("answers")) return null;
    const row = this.#sql.all(
      "SELECT fingerprint, idx, at, outcome FROM answers WHERE id = ?",
      idempotencyKey,
    )[0];
    if (row === undefined) return null;
    return {
      fingerprint: row.fingerprint as string,
      index: logIndex(row.idx as number),
      at: asInstant(row.at),
      outcome: JSON.parse(row.outcome as string) as WriteOutcome,
    };
  }

  requestsSince(since: Instant, atLeast: number): RequestPlace[] {
    if (!this.#schema.has("log")) return [];
    const from = Math.min(this.#firstIndexAt(since), this.#lastIndex + 1 - atLeast);
    return this.#sql
      .all("SELECT request, idx, at FROM log WHERE idx >= ? AND request IS NOT NULL", from)
      .map((row) => ({
        request: row.request as RequestId,
        index: logIndex(row.idx as number),
        at: asInstant(row.at),
      }));
  }

  overdue(now: Instant, limit: number): string[] {
    if (!this.#schema.has("expiry")) return [];
    return this.#sql
      .all(
        `SELECT key FROM records AS r WHERE expires_at <= ? AND NOT EXISTS
           (SELECT 1 FROM records AS newer WHERE newer.key = r.key AND newer.revision > r.revision)
         ORDER BY expires_at LIMIT ?`,
        now,
        limit,
      )
      .map((row) => row.key as string);
  }

  nextExpiry(after: Instant): Instant | null {
    if (!this.#schema.has("expiry")) return null;
    const row = this.#sql.all(
      `SELECT expires_at FROM records AS r WHERE expires_at > ? AND NOT EXISTS
         (SELECT 1 FROM records AS newer WHERE newer.key = r.key AND newer.revision > r.revision)
       ORDER BY expires_at LIMIT 1`,
      after,
    )[0];
    return row ? asInstant(row.expires_at) : null;
  }

  lastIndexBefore(before: Instant): LogIndex | null {
    const last = previousIndex(this.#firstIndexAt(before));
    return last > this.#base.index ? last : null;
  }

  /** Appends entries that follow the log's end, and applies their effects. */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      assert(
        entry.index === this.#lastIndex + 1,
        "R2",
        "the log has a gap",
        entry.index,
        this.#lastIndex,
      );
      this.#schema.ensure("log");
      this.#run(
        "INSERT INTO log (idx, block, wake, at, request, body) VALUES (?, ?, ?, ?, ?, ?)",
        entry.index,
        entry.term.block,
        entry.term.wake,
        entry.at,
        entry.request,
        encodeBody(entry),
      );
      this.#apply(entry);
      this.#lastIndex = entry.index;
      this.#lastTerm = entry.term;
      this.#lastAt = entry.at;
    }
  }

  /** Cuts the log off behind `last`, and undoes what the entries behind it did. */
  truncate(last: LogIndex): void {
    assert(last >= this.#base.index, "R3", "a compacted entry is cut off", last, this.#base.index);
    for (const row of this.#sql.all("SELECT body FROM log WHERE idx > ?", last)) {
      if (planted("truncation-leaves-records")) break;
      for (const key of changedKeys(row.body)) {
        this.#run("DELETE FROM records WHERE key = ? AND revision > ?", key, last);
      }
    }
    if (this.#schema.has("answers")) this.#run("DELETE FROM answers WHERE idx > ?", last);
    this.#run("DELETE FROM log WHERE idx > ?", last);
    this.#lastTerm = this.#termOfStored(last);
    this.#lastAt = this.timeAt(last);
    this.#lastIndex = last;
  }

  /**
   * Forgets the entries up to `through` and the revisions they superseded. What each key was at `through`
   * stays, so every later revision remains readable.
   */
  compact(through: LogIndex): void {
    const base: Base = {
      index: through,
      term: this.#termOfStored(through),
      at: this.timeAt(through),
    };
    const keys = new Set<string>();
    for (const row of this.#sql.all("SELECT body FROM log WHERE idx <= ?", through)) {
      for (const key of changedKeys(row.body)) keys.add(key);
    }
    for (const key of keys) {
      this.#run(
        `DELETE FROM records WHERE key = ?1 AND revision <
           (SELECT max(revision) FROM records WHERE key = ?1 AND revision <= ?2)`,
        key,
        planted("compacted-base") ? this.#lastIndex : through,
      );
      this.#run(
        "DELETE FROM records WHERE key = ? AND revision <= ? AND content_type IS NULL",
        key,
        through,
      );
    }
    this.#run("DELETE FROM log WHERE idx <= ?", through);
    this.#setMeta("base", base);
    this.#base = base;
  }

  /** Forgets answers to idempotency keys that were given before `before`. */
  forgetAnswers(before: Instant): void {
    if (this.#schema.has("answers")) this.#run("DELETE FROM answers WHERE at < ?", before);
  }

  get staged(): StagedSnapshot | null {
    return this.#meta<StagedSnapshot>("staged");
  }

  snapshotPart(through: LogIndex, after: SnapshotCursor | null, bytesMax: number): SnapshotPart {
    return readPart(this.#sql, this.#schema, through, after, bytesMax);
  }

  /** Puts a part of a snapshot beside the tables. */
  stage(staged: StagedSnapshot, rows: readonly SnapshotRow[]): void {
    stagePart(this.#run.bind(this), this.#schema, rows, staged.nextPart === 1);
    this.#setMeta("staged", staged);
  }

  /** Has the staged snapshot take the place of log and state. */
  install(index: LogIndex, term: Term, at: Instant): void {
    installStaged(this.#run.bind(this), this.#schema);
    this.#run("DELETE FROM meta WHERE name = 'staged'");
    this.#base = { index, term, at };
    this.#setMeta("base", this.#base);
    this.#lastIndex = index;
    this.#lastTerm = term;
    this.#lastAt = at;
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
    this.#setMeta("election", state);
    this.#hardState = state;
  }

  /** How many rows were written since this was last asked. */
  takeRowsWritten(): number {
    const rows = this.#rowsWritten;
    this.#rowsWritten = 0;
    return rows;
  }

  #apply(entry: Entry): void {
    for (const effect of entry.effects) {
      this.#schema.ensure("records");
      if (effect.type === "put") {
        if (effect.expiresAt !== null) this.#schema.ensure("expiry");
        this.#run(
          "INSERT INTO records (key, revision, content_type, value, expires_at) VALUES (?, ?, ?, ?, ?)",
          effect.key,
          entry.index,
          effect.value.contentType,
          effect.value.bytes,
          effect.expiresAt,
        );
      } else {
        this.#run("INSERT INTO records (key, revision) VALUES (?, ?)", effect.key, entry.index);
      }
    }
    if (entry.idempotency !== null && entry.outcome !== null) {
      this.#schema.ensure("answers");
      this.#run(
        "INSERT OR REPLACE INTO answers (id, fingerprint, idx, at, outcome) VALUES (?, ?, ?, ?, ?)",
        entry.idempotency.key,
        entry.idempotency.fingerprint,
        entry.index,
        entry.at,
        JSON.stringify(entry.outcome),
      );
    }
  }

  #entry(index: LogIndex): Entry {
    const row = this.#sql.all("SELECT * FROM log WHERE idx = ?", index)[0];
    if (row === undefined) throw new Error(`entry ${index} is not in the log`);
    return decodeEntry(row, (key, at) => this.recordAt(key, at));
  }

  /**
   * The first index appended at `at` or later; one behind the tail where there is none. Entries' times
   * never fall along the log, so halving finds it in a few rows without an index on time.
   */
  #firstIndexAt(at: Instant): LogIndex {
    let low = this.#base.index + 1;
    let high = this.#lastIndex + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = this.#sql.all("SELECT at FROM log WHERE idx = ?", middle)[0];
      if (row !== undefined && (row.at as number) < at) low = middle + 1;
      else high = middle;
    }
    return logIndex(low);
  }

  #termOfStored(index: LogIndex): Term {
    const term = this.termAt(index);
    assert(term !== null, "R2", "an entry of the log is missing", index, [
      this.#base.index,
      this.#lastIndex,
    ]);
    return term;
  }

  timeAt(index: LogIndex): Instant {
    const row = this.#sql.all("SELECT at FROM log WHERE idx = ?", index)[0];
    return row ? asInstant(row.at) : this.#base.at;
  }

  #meta<T>(name: string): T | null {
    if (!this.#schema.has("meta")) return null;
    const row = this.#sql.all("SELECT value FROM meta WHERE name = ?", name)[0];
    return row ? (JSON.parse(row.value as string) as T) : null;
  }

  #setMeta(name: string, value: unknown): void {
    this.#schema.ensure("meta");
    this.#run(
      "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)",
      name,
      JSON.stringify(value),
    );
  }

  #run(statement: string, ...bindings: SqlValue[]): number {
    const rows = this.#sql.run(statement, ...bindings);
    this.#rowsWritten += rows;
    return rows;
  }
}
