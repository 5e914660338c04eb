/**
 * The tables of a replica, each made with its first row, so that a replica nobody feeds stores nothing.
 *
 * All are `WITHOUT ROWID`: a put is a row in `records` and one in `groups`. A group stands under its hash, which is what
 * a bookmark names it by.
 */
import type { Sql } from "../store/sql.ts";

export type ReplicaTable = "records" | "groups" | "staged" | "meta";

/** `value` comes last but one, and is not read to find out a row's group. */
const RECORD_COLUMNS = `key TEXT PRIMARY KEY, grp TEXT NOT NULL, revision INTEGER NOT NULL,
  content_type TEXT NOT NULL, value BLOB, expires_at INTEGER`;

const DEFINITIONS: Record<ReplicaTable, string> = {
  records: `CREATE TABLE records (${RECORD_COLUMNS}) WITHOUT ROWID`,
  groups: `CREATE TABLE groups (hash INTEGER NOT NULL, grp TEXT NOT NULL, idx INTEGER NOT NULL,
    at INTEGER NOT NULL, doubts TEXT, PRIMARY KEY (hash, grp)) WITHOUT ROWID`,
  // Where the parts of a group's state wait for the last one.
  staged: `CREATE TABLE staged (${RECORD_COLUMNS}) WITHOUT ROWID`,
  meta: "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
};

export class ReplicaTables {
  readonly #sql: Sql;
  readonly #present = new Set<string>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Whether the table is there. A no is looked up afresh each time, as in a member's store: a superseded instance is
   * refused that look, and cannot go on calling a key absent.
   */
  has(table: ReplicaTable): boolean {
    if (this.#present.has(table)) return true;
    const there = this.#sql.all("SELECT 1 FROM sqlite_master WHERE name = ?", table).length > 0;
    if (there) this.#present.add(table);
    return there;
  }

  ensure(table: ReplicaTable): void {
    if (this.has(table)) return;
    this.#sql.run(DEFINITIONS[table]);
    this.#present.add(table);
  }
}
