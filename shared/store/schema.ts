/**
 * The tables of a group, each made with its first row.
 *
 * A key that is put once costs two tables; a key that is only read costs none. Every table is `WITHOUT
 * ROWID`, which writes one row where a table with a text primary key writes two. An index is a row more for each
 * row it covers, so the one there is covers only keys with a time to live.
 *
 * `log` keeps what an entry did to which keys, `records` keeps the values, by key and revision: a value is
 * stored once, and a row stays under the platform's 2 MB however large its transaction. Every row names
 * the index that made it, so cutting the log's tail off is a deletion by index.
 */
import type { Sql } from "./sql.ts";

export type Table =
  | "log"
  | "records"
  | "expiry"
  | "answers"
  | "transactions"
  | "meta"
  | "staged_records"
  | "staged_answers"
  | "staged_transactions";

const RECORD_COLUMNS = `key TEXT NOT NULL, revision INTEGER NOT NULL, content_type TEXT, value BLOB,
    expires_at INTEGER, resolved INTEGER, PRIMARY KEY (key, revision)`;

const ANSWER_COLUMNS = `id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, idx INTEGER NOT NULL,
    at INTEGER NOT NULL, outcome TEXT NOT NULL`;

const TRANSACTION_COLUMNS = `id TEXT NOT NULL, attempt INTEGER NOT NULL, kind TEXT NOT NULL,
    idx INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (id, attempt, kind)`;

const DEFINITIONS: Record<Table, string> = {
  log: `CREATE TABLE log (
    idx INTEGER PRIMARY KEY, block INTEGER NOT NULL, wake INTEGER NOT NULL, at INTEGER NOT NULL,
    request TEXT, body TEXT NOT NULL) WITHOUT ROWID`,
  // A deletion is a row whose content_type is null. What `resolved` means stands in resolution.ts.
  records: `CREATE TABLE records (${RECORD_COLUMNS}) WITHOUT ROWID`,
  expiry: `CREATE INDEX expiry ON records (expires_at) WHERE expires_at IS NOT NULL`,
  answers: `CREATE TABLE answers (${ANSWER_COLUMNS}) WITHOUT ROWID`,
  transactions: `CREATE TABLE transactions (${TRANSACTION_COLUMNS}) WITHOUT ROWID`,
  meta: `CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`,
  // Where a snapshot's parts wait for the last one.
  staged_records: `CREATE TABLE staged_records (${RECORD_COLUMNS}) WITHOUT ROWID`,
  staged_answers: `CREATE TABLE staged_answers (${ANSWER_COLUMNS}) WITHOUT ROWID`,
  staged_transactions: `CREATE TABLE staged_transactions (${TRANSACTION_COLUMNS}) WITHOUT ROWID`,
};

/** The tables that are there, and how to make the others. One query when a member wakes. */
export class Schema {
  readonly #sql: Sql;
  readonly #present = new Set<string>();

  constructor(sql: Sql) {
    this.#sql = sql;
    const rows = sql.all("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index')");
    for (const row of rows) {
      const name = String(row.name);
      this.#present.add(name);
      const records = name === "records" || name === "staged_records";
      // Made before there were transactions. None of its rows is of one, which is what null says.
      if (records && !String(row.sql).includes("resolved")) {
        sql.run(`ALTER TABLE ${name} ADD COLUMN resolved INTEGER`);
      }
    }
  }

  /**
   * Whether the table is there. A no is looked up afresh each time: that is a look at the storage, which a
   * superseded instance is refused, so that it cannot go on calling a key absent (L2).
   */
  has(table: Table): boolean {
    if (this.#present.has(table)) return true;
    const rows = this.#sql.all("SELECT 1 FROM sqlite_master WHERE name = ?", table);
    return rows.length > 0;
  }

  /**
   * Whether this instance has found or made the table. Enough wherever what is not found leads to a write, which a
   * superseded instance is refused, or is looked for beside what is read.
   */
  knows(table: Table): boolean {
    return this.#present.has(table);
  }

  ensure(table: Table): void {
    if (this.#present.has(table)) return;
    this.#sql.run(DEFINITIONS[table]);
    this.#present.add(table);
  }
}
