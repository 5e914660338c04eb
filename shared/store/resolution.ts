/**
 * Whether a version of a key counts. Each row of `records` says so in `resolved`:
 *
 *     null  a plain write, in effect from its revision on
 *     0     a vote's intent, which no entry has resolved
 *     r     the entry at r resolved it as committed: in effect from r on
 *     -r    the entry at r had it dropped
 *
 * So an index at which a vote was not resolved yet can still be told from one at which it was, and cutting the log off
 * behind it sets the column back. A key is locked from its vote to the vote's resolution: at most its newest version is
 * pending at any index, and the order of revisions is the order in which they took effect.
 */

import type { Sql, SqlRow } from "./sql.ts";

/** The column `resolved`. */
export type Resolution = number | null;

export const isInEffect = (resolved: Resolution, asOf: number): boolean =>
  resolved === null || (resolved > 0 && resolved <= asOf);

export const isPending = (resolved: Resolution, asOf: number): boolean =>
  resolved === 0 || (resolved !== null && Math.abs(resolved) > asOf);

/** The same for a query. @param asOf the place of its binding, such as `?2`. */
export const inEffectAt = (asOf: string): string =>
  `(resolved IS NULL OR resolved BETWEEN 1 AND ${asOf})`;

export const pendingAt = (asOf: string): string => `(resolved = 0 OR abs(resolved) > ${asOf})`;

export const RECORD_COLUMNS = "key, revision, content_type, value, expires_at, resolved";

/** The row of a key's version that is in effect below a pending or dropped one. */
export function rowBelow(sql: Pick<Sql, "all">, newest: SqlRow, asOf: number): SqlRow | undefined {
  return sql.all(
    `SELECT ${RECORD_COLUMNS} FROM records WHERE key = ?1 AND revision < ?2 AND ${inEffectAt("?3")}
     ORDER BY revision DESC LIMIT 1`,
    newest.key as string,
    newest.revision as number,
    asOf,
  )[0];
}
