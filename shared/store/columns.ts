/** Columns to branded values. */

import { type Instant, logIndex } from "../types.ts";
import type { StoredRecord } from "./entry.ts";
import type { SqlRow, SqlValue } from "./sql.ts";

export const asInstant = (value: SqlValue | undefined): Instant => value as Instant;

/** A blob as bytes. An empty one may come back as null. */
export function asBytes(value: SqlValue | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return new Uint8Array(0);
}

/** A row of `records`; null where it is a deletion. */
export function asRecord(row: SqlRow | undefined): StoredRecord | null {
  if (row === undefined || row.content_type === null) return null;
  return {
    key: row.key as string,
    revision: logIndex(row.revision as number),
    value: { bytes: asBytes(row.value), contentType: row.content_type as string },
    expiresAt: row.expires_at as Instant | null,
  };
}
