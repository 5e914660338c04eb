/**
 * Listing keys in UTF-8 byte order, which is SQLite's order of text.
 *
 * SQLite keeps the row in which `max()` was found for the bare columns of a group, so one pass over the
 * primary key gives each key's newest revision at or below the index asked for.
 */

import type { LogIndex } from "../types.ts";
import { asRecord } from "./columns.ts";
import type { StoredRecord } from "./entry.ts";
import type { Sql, SqlValue } from "./sql.ts";
import type { KeyRange } from "./view.ts";

/**
 * The first string behind all that start with `prefix`; null where there is none. In byte order, that is
 * the prefix with its last code point that can be raised, raised by one; surrogates are no code points.
 */
export function prefixEnd(prefix: string): string | null {
  const points = [...prefix];
  while (points.length > 0) {
    const point = points.pop()?.codePointAt(0) ?? 0;
    if (point < 0x10ffff) {
      const raised = point + 1 === 0xd800 ? 0xe000 : point + 1;
      return points.join("") + String.fromCodePoint(raised);
    }
  }
  return null;
}

export function selectKeys(sql: Sql, range: KeyRange, index: LogIndex): StoredRecord[] {
  const where: string[] = ["revision <= ?"];
  const bindings: SqlValue[] = [index];
  const bound = (condition: string, value: string | null) => {
    if (value === null) return;
    where.push(condition);
    bindings.push(value);
  };
  bound("key >= ?", range.prefix === "" ? null : range.prefix);
  bound("key < ?", prefixEnd(range.prefix));
  bound("key >= ?", range.start);
  bound("key < ?", range.end);
  bound(range.reverse ? "key < ?" : "key > ?", range.after);
  const rows = sql.all(
    `SELECT key, max(revision) AS revision, content_type, value, expires_at FROM records
     WHERE ${where.join(" AND ")} GROUP BY key HAVING content_type IS NOT NULL
     ORDER BY key ${range.reverse ? "DESC" : "ASC"} LIMIT ?`,
    ...bindings,
    range.limit,
  );
  return rows.map(asRecord).filter((record) => record !== null);
}
