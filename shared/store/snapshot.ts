/**
 * Snapshots: a group's state as of one index, in parts.
 *
 * A member whose log no longer meets the leader's is sent the rows themselves. They are staged beside the tables and
 * take their place in one atomic write with the last part, so a member is never between two states. Rows up
 * to a base change no more, so the parts of one snapshot fit together while writes go on: every vote there is resolved,
 * and its versions carry the index of the entry that did it, even of one behind the base.
 */

import type { LogIndex } from "../types.ts";
import type { Database } from "./database.ts";
import type { SqlRow, SqlValue } from "./sql.ts";

/** Rows of `records`, then of `answers`, then of `transactions`, as their columns. */
export type SnapshotRow =
  | { readonly table: "records"; readonly columns: readonly SqlValue[] }
  | { readonly table: "answers"; readonly columns: readonly SqlValue[] }
  | { readonly table: "transactions"; readonly columns: readonly SqlValue[] };

/** Where a part ended: the last row it held. */
export type SnapshotCursor =
  | { readonly table: "records"; readonly key: string; readonly revision: number }
  | { readonly table: "answers"; readonly id: string }
  | {
      readonly table: "transactions";
      readonly id: string;
      readonly attempt: number;
      readonly kind: string;
    };

export interface SnapshotPart {
  readonly rows: readonly SnapshotRow[];
  /** Where the next part begins; null behind the last. */
  readonly next: SnapshotCursor | null;
}

/** Rows of one part; it ends earlier where its bytes do. */
const ROWS_MAX = 1_000;

/** How a table's rows are read, in the order of their key. */
const READING = {
  records: {
    key: ["key", "revision"],
    columns: "key, revision, content_type, value, expires_at, resolved",
    index: "revision",
    large: "value",
  },
  answers: {
    key: ["id"],
    columns: "id, fingerprint, idx, at, outcome",
    index: "idx",
    large: "outcome",
  },
  transactions: {
    key: ["id", "attempt", "kind"],
    columns: "id, attempt, kind, idx, at, body",
    index: "idx",
    large: "body",
  },
} as const;

type SnapshotTable = keyof typeof READING;

const STARTS = {
  records: { table: "records", key: "", revision: 0 },
  answers: { table: "answers", id: "" },
  transactions: { table: "transactions", id: "", attempt: 0, kind: "" },
} as const satisfies Record<SnapshotTable, SnapshotCursor>;

/** The part of the state as of `through` that begins behind `after`. */
export function readPart(
  db: Database,
  through: LogIndex,
  after: SnapshotCursor | null,
  bytesMax: number,
): SnapshotPart {
  const cursor = after ?? STARTS.records;
  const { rows, more } = db.has(cursor.table)
    ? readRows(db, through, cursor, bytesMax)
    : { rows: [], more: false };
  const last = rows.at(-1);
  return {
    rows: rows.map((row) => ({ table: cursor.table, columns: columnsOf(cursor.table, row) })),
    next: more && last !== undefined ? cursorAt(cursor.table, last) : startBehind(db, cursor.table),
  };
}

/** As many rows as fit, at least one where there is one. They are measured before their values are read. */
function readRows(
  db: Database,
  through: LogIndex,
  cursor: SnapshotCursor,
  bytesMax: number,
): { rows: SqlRow[]; more: boolean } {
  const { key, columns, index, large } = READING[cursor.table];
  const place = key.map(() => "?").join(", ");
  const selection = `FROM ${cursor.table} WHERE (${key.join(", ")}) > (${place}) AND ${index} <= ?
    ORDER BY ${key.join(", ")} LIMIT ?`;
  const behind = [...valuesOf(cursor), through];
  const sizes = db.all(`SELECT length(${large}) AS bytes ${selection}`, ...behind, ROWS_MAX);
  let bytes = 0;
  const end = sizes.findIndex((size, at) => {
    bytes += (size.bytes as number | null) ?? 0;
    return at > 0 && bytes > bytesMax;
  });
  const count = end < 0 ? sizes.length : end;
  if (count === 0) return { rows: [], more: false };
  return {
    rows: db.all(`SELECT ${columns} ${selection}`, ...behind, count),
    more: count < sizes.length || count === ROWS_MAX,
  };
}

function valuesOf(cursor: SnapshotCursor): SqlValue[] {
  switch (cursor.table) {
    case "records":
      return [cursor.key, cursor.revision];
    case "answers":
      return [cursor.id];
    case "transactions":
      return [cursor.id, cursor.attempt, cursor.kind];
  }
}

function cursorAt(table: SnapshotTable, row: SqlRow): SnapshotCursor {
  const id = row.id as string;
  switch (table) {
    case "records":
      return { table, key: row.key as string, revision: row.revision as number };
    case "answers":
      return { table, id };
    case "transactions":
      return { table, id, attempt: row.attempt as number, kind: row.kind as string };
  }
}

/** The beginning of the table behind this one. A group without transactions sends no part for them. */
function startBehind(db: Database, table: SnapshotTable): SnapshotCursor | null {
  if (table === "records") return STARTS.answers;
  return table === "answers" && db.has("transactions") ? STARTS.transactions : null;
}

/** A version that was never voted for is sent as code expects it that knows nothing of votes, and runs beside. */
function columnsOf(table: SnapshotTable, row: SqlRow): SqlValue[] {
  const columns = Object.values(row);
  return table === "records" && row.resolved === null ? columns.slice(0, -1) : columns;
}

const STAGED = {
  records: { table: "staged_records", columns: 6 },
  answers: { table: "staged_answers", columns: 5 },
  transactions: { table: "staged_transactions", columns: 6 },
} as const;

const TABLES = ["records", "answers", "transactions"] as const;

/** Puts a part's rows beside the tables; the first part clears what an earlier snapshot left there. */
export function stagePart(db: Database, rows: readonly SnapshotRow[], first: boolean): void {
  if (first) {
    for (const { table } of Object.values(STAGED)) {
      if (db.has(table)) db.run(`DELETE FROM ${table}`);
    }
  }
  for (const { table, columns } of rows) {
    const staged = STAGED[table];
    db.ensure(staged.table);
    const values = Array.from({ length: staged.columns }, (_, at) => columns[at] ?? null);
    const places = values.map(() => "?").join(", ");
    db.run(`INSERT OR REPLACE INTO ${staged.table} VALUES (${places})`, ...values);
  }
}

/** Has what was staged take the place of all that was there, the log included. */
export function installStaged(db: Database): void {
  db.ensure("log");
  db.run("DELETE FROM log");
  for (const table of TABLES) {
    if (db.has(table)) db.run(`DELETE FROM ${table}`);
    const staged = STAGED[table].table;
    if (!db.has(staged)) continue;
    db.ensure(table);
    if (table === "records") db.ensure("expiry");
    const { columns } = READING[table];
    db.run(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${staged}`);
    db.run(`DELETE FROM ${staged}`);
  }
}
