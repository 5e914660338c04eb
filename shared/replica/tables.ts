/**
 * The tables of a replica, each made with its first row, so that a replica nobody feeds stores nothing.
 *
 * All are `WITHOUT ROWID`: a put is a row in `records` and one in `groups`. A group stands under its hash, which is what
 * a bookmark names it by. Its keys are found by its name, which is one of them, and by an index of those that are tagged
 * with it: a row more when such a key comes.
 */
import type { Sql } from "../store/sql.ts";

/** `tagged` is an index. */
export type ReplicaTable = "records" | "tagged" | "groups" | "staged" | "meta" | "gone";

const RECORD_COLUMNS = `key TEXT NOT NULL, grp TEXT NOT NULL, revision INTEGER NOT NULL,
  place INTEGER NOT NULL DEFAULT 0, content_type TEXT NOT NULL, value BLOB, expires_at INTEGER`;

const DEFINITIONS: Record<ReplicaTable, string> = {
  records: `CREATE TABLE records (${RECORD_COLUMNS}, PRIMARY KEY (key)) WITHOUT ROWID`,
  tagged: "CREATE INDEX tagged ON records (grp) WHERE grp <> key",
  groups: `CREATE TABLE groups (hash INTEGER NOT NULL, grp TEXT NOT NULL, idx INTEGER NOT NULL,
    at INTEGER NOT NULL, doubts TEXT, PRIMARY KEY (hash, grp)) WITHOUT ROWID`,
  // Where the parts of a group's state wait for the last one.
  staged: `CREATE TABLE staged (${RECORD_COLUMNS}, PRIMARY KEY (grp, key)) WITHOUT ROWID`,
  // Keys that went, while somebody watches prefixes or may resume.
  gone: `CREATE TABLE gone (place INTEGER NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL,
    PRIMARY KEY (place, key)) WITHOUT ROWID`,
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
    const [found] = this.#sql.all("SELECT sql FROM sqlite_master WHERE name = ?", table);
    if (found === undefined) return false;
    this.#bringUpToDate(table, String(found.sql));
    this.#present.add(table);
    return true;
  }

  /** A store that was made before replicas were watched has no places. */
  #bringUpToDate(table: ReplicaTable, definition: string): void {
    if ((table !== "records" && table !== "staged") || definition.includes("place")) return;
    this.#sql.run(`ALTER TABLE ${table} ADD COLUMN place INTEGER NOT NULL DEFAULT 0`);
  }

  ensure(table: ReplicaTable): void {
    if (this.has(table)) return;
    this.#sql.run(DEFINITIONS[table]);
    this.#present.add(table);
  }
}
