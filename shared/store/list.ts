/**
 * Listing keys in UTF-8 byte order, which is SQLite's order of text.
 *
 * SQLite keeps the row in which `max()` was found for the bare columns of a group, so one pass over the
 * primary key gives each key's newest version at or below the index asked for. Only where that one is not in effect
 * there, pending or dropped, the one below is looked up.
 */

import { INTERNAL, isInternal } from "../lock/key.ts";
import { type LogIndex, logIndex } from "../types.ts";
import { asRecord } from "./columns.ts";
import type { StoredRecord } from "./entry.ts";
import { inEffectAt, isInEffect, isPending, type Resolution, rowBelow } from "./resolution.ts";
import type { Sql, SqlRow } from "./sql.ts";
import type { KeyRange, Listed } from "./view.ts";

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

/**
 * The records of the range, and whether a version is pending of any key up to the last of them, or up to the range's
 * end where they are fewer than asked for.
 */
export function selectKeys(sql: Pick<Sql, "all">, range: KeyRange, index: LogIndex): Listed {
  const records: StoredRecord[] = [];
  let inDoubt: LogIndex | null = null;
  let { after } = range;
  for (;;) {
    const limit = range.limit - records.length;
    const rows = selectRows(sql, { ...range, after, limit }, index);
    for (const row of rows) {
      const resolved = row.resolved as Resolution;
      const counts = isInEffect(resolved, index);
      const record = asRecord(counts ? row : rowBelow(sql, row, index));
      if (record !== null) records.push(record);
      if (isPending(resolved, index)) inDoubt ??= logIndex(row.revision as number);
      after = row.key as string;
    }
    // Keys that are not there, but for a version not in effect, are rows too: there may be further records behind them.
    if (rows.length < limit || records.length === range.limit) return { records, inDoubt };
  }
}

/** The newest row of each key, but for keys that it says are absent. */
function selectRows(sql: Pick<Sql, "all">, range: KeyRange, index: LogIndex): SqlRow[] {
  const { where, bindings } = keyBounds(range);
  return sql.all(
    `SELECT key, max(revision) AS revision, content_type, value, expires_at, resolved FROM records
     WHERE ${["revision <= ?1", ...where].join(" AND ")} GROUP BY key
     HAVING content_type IS NOT NULL OR NOT ${inEffectAt("?1")}
     ORDER BY key ${range.reverse ? "DESC" : "ASC"} LIMIT ?`,
    index,
    ...bindings,
    range.limit,
  );
}

/**
 * The conditions on `key` that a range is, with their bindings in that order. At most one condition a side: of two,
 * SQLite enters the index by one and tries every row it then finds against the other, so that a page far behind the
 * first would take as long as all before it.
 */
export function keyBounds(range: KeyRange): { where: string[]; bindings: string[] } {
  const { prefix, start, end, after, reverse } = range;
  // The string right behind another is that one and a zero byte.
  const lowest = [prefix === "" ? null : prefix, start, reverse ? null : behind(after)];
  // Behind all that clients can name.
  const last = isInternal(prefix) ? INTERNAL : (prefixEnd(prefix) ?? INTERNAL);
  const beyond = [last, end, reverse ? after : null];
  const low = lowest.filter((bound) => bound !== null);
  const high = beyond.filter((bound) => bound !== null);
  const where: string[] = [];
  if (low.length > 0) where.push(`key >= ${strictest("max", low.length)}`);
  if (high.length > 0) where.push(`key < ${strictest("min", high.length)}`);
  return { where, bindings: [...low, ...high] };
}

const behind = (key: string | null): string | null => (key === null ? null : `${key}\0`);

/** With a single argument, `max` and `min` would be the aggregates. */
const strictest = (of: "max" | "min", count: number): string =>
  count === 1 ? "?" : `${of}(${new Array(count).fill("?").join(", ")})`;
