/** What an entry costs on one member's disk, in rows written (DESIGN.md §9). */
import type { Entry } from "../store/entry.ts";

/** The log's row, one a changed key, one more for a time to live's index and alarm, one for an idempotency key. */
export function rowsOf(entry: Entry): number {
  let rows = 1 + entry.effects.length;
  for (const effect of entry.effects) {
    if (effect.type === "put" && effect.expiresAt !== null) rows += 1;
  }
  return entry.idempotency === null ? rows : rows + 1;
}
