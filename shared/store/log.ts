/**
 * The log's rows: entries without their values, from behind the base to the tail.
 *
 * The end is known by heart. The base is the last entry that was compacted, or that a snapshot stood for.
 */
import { assert } from "../assert.ts";
import { TERM_ZERO, type Term } from "../raft/term.ts";
import type { TransactionEffect } from "../transaction/effects.ts";
import {
  type Instant,
  type LogIndex,
  logIndex,
  ORIGIN,
  previousIndex,
  type RequestId,
  type TransactionId,
} from "../types.ts";
import {
  type Body,
  CONCERNS_TRANSACTIONS,
  changedKeys,
  encodeBody,
  oldestOpenOf,
  parseBody,
  termOf,
  transactionOf,
} from "./codec.ts";
import { asInstant } from "./columns.ts";
import type { Database } from "./database.ts";
import type { Entry } from "./entry.ts";
import type { RequestPlace } from "./recent-requests.ts";
import type { SqlRow } from "./sql.ts";
import type { TransactionEntry } from "./view.ts";

export interface Base {
  readonly index: LogIndex;
  readonly term: Term;
  /** When the entry at `index` was appended: no entry behind it is earlier. */
  readonly at: Instant;
}

/** An entry as its row has it. */
export interface LogRow {
  readonly index: LogIndex;
  readonly at: Instant;
  readonly body: Body;
}

const BORN: Base = { index: ORIGIN, term: TERM_ZERO, at: asInstant(0) };

/** Rows of a cut read at a time. A row may have 2 MB, and an object 128 MB for everything. */
const CUT_ROWS = 16;

/** Open votes whose keys are remembered. */
const VOTES_NOTED_MAX = 1_000;

/** Rows read at a time where answers may stand in them. */
const ANSWERS_ROWS = 16;

/** Bytes of bodies that one piece of a compaction reads; those of a busy minute are far fewer. */
const PIECE_BYTES = 8 * 1024 * 1024;

export class Log {
  readonly #db: Database;
  #base: Base;
  #lastIndex: LogIndex;
  #lastTerm: Term;
  #lastAt: Instant;
  readonly #voteKeys = new Map<LogIndex, readonly string[]>();
  #lastOldestOpen: LogIndex | null;

  constructor(db: Database) {
    this.#db = db;
    this.#base = db.meta<Base>("base") ?? BORN;
    const last = db.has("log")
      ? db.all("SELECT idx, block, wake, at, body FROM log ORDER BY idx DESC LIMIT 1")[0]
      : undefined;
    this.#lastIndex = last ? logIndex(last.idx as number) : this.#base.index;
    this.#lastTerm = last ? termOf(last) : this.#base.term;
    this.#lastAt = last ? asInstant(last.at) : this.#base.at;
    this.#lastOldestOpen = last ? oldestOpenOf(parseBody(last.body)) : null;
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
    if (!this.#db.has("log")) return index === this.#base.index ? this.#base.term : null;
    const row = this.#db.all("SELECT block, wake FROM log WHERE idx = ?", index)[0];
    if (row !== undefined) return termOf(row);
    return index === this.#base.index ? this.#base.term : null;
  }

  timeAt(index: LogIndex): Instant {
    if (!this.#db.has("log")) return this.#base.at;
    const row = this.#db.all("SELECT at FROM log WHERE idx = ?", index)[0];
    return row ? asInstant(row.at) : this.#base.at;
  }

  oldestOpen(index: LogIndex): LogIndex | null {
    if (index === this.#lastIndex) return this.#lastOldestOpen;
    const body = this.#bodyAt(index);
    return body === null ? null : oldestOpenOf(body);
  }

  /** All of the entry's columns. */
  row(index: LogIndex): SqlRow {
    const row = this.#db.all("SELECT * FROM log WHERE idx = ?", index)[0];
    if (row === undefined) throw new Error(`entry ${index} is not in the log`);
    return row;
  }

  /** The keys that the entry changed, or voted to change; none where the log does not hold it any more. */
  keysAt(index: LogIndex): readonly string[] {
    const known = this.#voteKeys.get(index);
    if (known !== undefined) return known;
    const body = this.#bodyAt(index);
    return body === null ? [] : changedKeys(body);
  }

  /** The entries a piece of a compaction takes. The simulator knows by this query that one begins (sim/disk.ts). */
  upTo(through: LogIndex): LogRow[] {
    return this.#db
      .all("SELECT idx, at, body FROM log WHERE idx <= ? ORDER BY idx", through)
      .map(asLogRow);
  }

  /** The entries behind `last`. */
  *rowsBehind(last: LogIndex): Generator<LogRow> {
    for (let done = last; done < this.#lastIndex; done = logIndex(done + CUT_ROWS)) {
      const rows = this.#db.all(
        "SELECT idx, at, body FROM log WHERE idx > ? AND idx <= ?",
        done,
        done + CUT_ROWS,
      );
      yield* rows.map(asLogRow);
    }
  }

  /** How far towards `through` the log can be compacted without reading too much of it at once. */
  pieceEnd(through: LogIndex): LogIndex {
    let bytes = 0;
    const rows = this.#db.all(
      "SELECT idx, length(body) AS bytes FROM log WHERE idx <= ? ORDER BY idx",
      through,
    );
    const beyond = rows.find((row, at) => {
      bytes += row.bytes as number;
      return at > 0 && bytes > PIECE_BYTES;
    });
    return beyond === undefined ? through : logIndex((beyond.idx as number) - 1);
  }

  requestsSince(since: Instant, atLeast: number): RequestPlace[] {
    if (!this.#db.has("log")) return [];
    const from = Math.min(this.#firstIndexAt(since), this.#lastIndex + 1 - atLeast);
    return this.#db
      .all("SELECT request, idx, at FROM log WHERE idx >= ? AND request IS NOT NULL", from)
      .map((row) => ({
        request: row.request as RequestId,
        index: logIndex(row.idx as number),
        at: asInstant(row.at),
      }));
  }

  transactionEntries(from: LogIndex): TransactionEntry[] {
    const entries: TransactionEntry[] = [];
    // A few bodies at a time: some carry answers of a megabyte, which nobody wants here.
    for (let next = from; next <= this.#lastIndex; next = logIndex(next + ANSWERS_ROWS)) {
      const end = next + ANSWERS_ROWS;
      const found = this.#transactionEntries(
        `idx >= ? AND idx < ${end} AND ${CONCERNS_TRANSACTIONS}`,
        next,
      );
      for (const { index, at, effects } of found) {
        entries.push({ index, at, effects: effects.map(withoutAnswer) });
      }
    }
    return entries;
  }

  entriesOfTransaction(id: TransactionId): TransactionEntry[] {
    return this.#transactionEntries("request = ?", id);
  }

  lastIndexBefore(before: Instant): LogIndex | null {
    const last = previousIndex(this.#firstIndexAt(before));
    return last > this.#base.index ? last : null;
  }

  append(entry: Entry): void {
    assert(
      entry.index === this.#lastIndex + 1,
      "R2",
      "the log has a gap",
      entry.index,
      this.#lastIndex,
    );
    this.#db.ensure("log");
    this.#db.run(
      "INSERT INTO log (idx, block, wake, at, request, body) VALUES (?, ?, ?, ?, ?, ?)",
      entry.index,
      entry.term.block,
      entry.term.wake,
      entry.at,
      entry.request,
      encodeBody(entry),
    );
    this.#lastIndex = entry.index;
    this.#lastTerm = entry.term;
    this.#lastAt = entry.at;
    this.#lastOldestOpen = entry.oldestOpen ?? null;
    this.#noteVotes(entry);
  }

  /** Most votes are resolved soon after: their keys need not be read again. */
  #noteVotes({ index, effects, transaction = [] }: Entry): void {
    if (!transaction.some(({ type }) => type === "vote")) return;
    if (this.#voteKeys.size >= VOTES_NOTED_MAX) this.#voteKeys.clear();
    this.#voteKeys.set(
      index,
      effects.map(({ key }) => key),
    );
  }

  truncate(last: LogIndex): void {
    this.#voteKeys.clear();
    this.#db.run("DELETE FROM log WHERE idx > ?", last);
    this.#lastTerm = this.#storedTerm(last);
    this.#lastAt = this.timeAt(last);
    const body = this.#bodyAt(last);
    this.#lastOldestOpen = body === null ? null : oldestOpenOf(body);
    this.#lastIndex = last;
  }

  compact(through: LogIndex): void {
    const base: Base = {
      index: through,
      term: this.#storedTerm(through),
      at: this.timeAt(through),
    };
    this.#db.run("DELETE FROM log WHERE idx <= ?", through);
    this.#db.setMeta("base", base);
    this.#base = base;
  }

  /** Begins anew behind a snapshot; the rows are gone already. */
  restart(base: Base): void {
    this.#voteKeys.clear();
    this.#db.setMeta("base", base);
    this.#base = base;
    this.#lastIndex = base.index;
    this.#lastTerm = base.term;
    this.#lastAt = base.at;
    this.#lastOldestOpen = null;
  }

  #bodyAt(index: LogIndex): Body | null {
    if (!this.#db.has("log")) return null;
    const row = this.#db.all("SELECT body FROM log WHERE idx = ?", index)[0];
    return row === undefined ? null : parseBody(row.body);
  }

  #transactionEntries(condition: string, binding: string | number): TransactionEntry[] {
    if (!this.#db.has("log")) return [];
    return this.#db
      .all(`SELECT idx, at, body FROM log WHERE ${condition} ORDER BY idx`, binding)
      .map((row) => ({
        index: logIndex(row.idx as number),
        at: asInstant(row.at),
        effects: transactionOf(parseBody(row.body)),
      }))
      .filter((entry) => entry.effects.length > 0);
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
      const row = this.#db.all("SELECT at FROM log WHERE idx = ?", middle)[0];
      if (row !== undefined && (row.at as number) < at) low = middle + 1;
      else high = middle;
    }
    return logIndex(low);
  }

  #storedTerm(index: LogIndex): Term {
    const term = this.termAt(index);
    assert(term !== null, "R2", "an entry of the log is missing", index, [
      this.#base.index,
      this.#lastIndex,
    ]);
    return term;
  }
}

const asLogRow = (row: SqlRow): LogRow => ({
  index: logIndex(row.idx as number),
  at: asInstant(row.at),
  body: parseBody(row.body),
});

const withoutAnswer = (effect: TransactionEffect): TransactionEffect =>
  effect.type === "outcome" ? { ...effect, answer: null } : effect;
