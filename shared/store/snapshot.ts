/**
 * Snapshots: a group's state as of one index, in parts.
 *
 * A member whose log no longer meets the leader's is sent the rows themselves. They are staged beside the tables and
 * take their place in one atomic write with the last part, so a member is never between two states. Rows up
 * to a commit index change no more, so the parts of one snapshot fit together while writes go on.
 */

import type { LogIndex } from "../types.ts";
import { asBytes } from "./columns.ts";
import type { Schema } from "./schema.ts";
import type { Sql, SqlRow, SqlValue } from "./sql.ts";

/** Rows of `records`, then of `answers`, as their columns. */
export type SnapshotRow =
  | { readonly table: "records"; readonly columns: readonly SqlValue[] }
  | { readonly table: "answers"; readonly columns: readonly SqlValue[] };

/** Where a part ended: the last row it held. */
export type SnapshotCursor =
  | { readonly table: "records"; readonly key: string; readonly revision: number }
  | { readonly table: "answers"; readonly id: string };

export interface SnapshotPart {
  readonly rows: readonly SnapshotRow[];
  /** Where the next part begins; null behind the last. */
  readonly next: SnapshotCursor | null;
}

/** Rows of one query for a part; the part ends earlier where its bytes do. */
const ROWS_MAX = 1_000;

const START: SnapshotCursor = { table: "records", key: "", revision: 0 };

/** The part of the state as of `through` that begins behind `after`. */
export function readPart(
  sql: Sql,
  schema: Schema,
  through: LogIndex,
  after: SnapshotCursor | null,
  bytesMax: number,
): SnapshotPart {
  const cursor = after ?? START;
  if (cursor.table === "records") {
    const found = schema.has("records")
      ? sql.all(
          `SELECT key, revision, content_type, value, expires_at FROM records
           WHERE (key, revision) > (?, ?) AND revision <= ? ORDER BY key, revision LIMIT ?`,
          cursor.key,
          cursor.revision,
          through,
          ROWS_MAX,
        )
      : [];
    const rows = fitting(found, bytesMax);
    const last = rows.at(-1);
    const more = last !== undefined && (rows.length < found.length || found.length === ROWS_MAX);
    return {
      rows: rows.map((row) => ({ table: "records", columns: Object.values(row) })),
      next: more
        ? { table: "records", key: last.key as string, revision: last.revision as number }
        : { table: "answers", id: "" },
    };
  }
  const found = schema.has("answers")
    ? sql.all(
        `SELECT id, fingerprint, idx, at, outcome FROM answers
         WHERE id > ? AND idx <= ? ORDER BY id LIMIT ?`,
        cursor.id,
        through,
        ROWS_MAX,
      )
    : [];
  const last = found.at(-1);
  return {
    rows: found.map((row) => ({ table: "answers", columns: Object.values(row) })),
    next: found.length === ROWS_MAX && last ? { table: "answers", id: last.id as string } : null,
  };
}

/** As many rows as fit, at least one. */
function fitting(rows: SqlRow[], bytesMax: number): SqlRow[] {
  let bytes = 0;
  const end = rows.findIndex((row, at) => {
    bytes += asBytes(row.value).byteLength;
    return at > 0 && bytes > bytesMax;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

const STAGED = {
  records: {
    table: "staged_records",
    insert: "INSERT OR REPLACE INTO staged_records VALUES (?, ?, ?, ?, ?)",
    install: "INSERT INTO records SELECT * FROM staged_records",
  },
  answers: {
    table: "staged_answers",
    insert: "INSERT OR REPLACE INTO staged_answers VALUES (?, ?, ?, ?, ?)",
    install: "INSERT INTO answers SELECT * FROM staged_answers",
  },
} as const;

/** Puts a part's rows beside the tables; the first part clears what an earlier snapshot left there. */
export function stagePart(
  run: Sql["run"],
  schema: Schema,
  rows: readonly SnapshotRow[],
  first: boolean,
): void {
  for (const table of ["records", "answers"] as const) {
    schema.ensure(STAGED[table].table);
    if (first) run(`DELETE FROM ${STAGED[table].table}`);
  }
  for (const { table, columns } of rows) run(STAGED[table].insert, ...columns);
}

/** Has what was staged take the place of all that was there, the log included. */
export function installStaged(run: Sql["run"], schema: Schema): void {
  for (const table of ["log", "records", "answers"] as const) {
    schema.ensure(table);
    run(`DELETE FROM ${table}`);
  }
  schema.ensure("expiry");
  for (const { table, install } of Object.values(STAGED)) {
    run(install);
    run(`DELETE FROM ${table}`);
  }
}
