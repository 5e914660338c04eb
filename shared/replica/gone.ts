/**
 * Keys that went: remembered while somebody watches prefixes, or may resume, so that whoever was away hears of them. A
 * bounded number of rows, and none at a replica that nobody watches.
 */
import type { Sql } from "../store/sql.ts";
import { logIndex, type Revision } from "../types.ts";
import { GONE_MAX } from "./limits.ts";
import type { GoneCursor, GoneKey } from "./prefix-watcher.ts";
import type { Place, Sequence } from "./sequence.ts";
import type { ReplicaTables } from "./tables.ts";

export class Gone {
  readonly #sql: Sql;
  readonly #tables: ReplicaTables;
  readonly #sequence: Sequence;
  /** Counted once in a life, when first needed. */
  #count: number | null = null;

  constructor(sql: Sql, tables: ReplicaTables, sequence: Sequence) {
    this.#sql = sql;
    this.#tables = tables;
    this.#sequence = sequence;
  }

  add(key: string, revision: Revision, place: Place): void {
    if (!this.#sequence.remembers) {
      this.#sequence.forget(place);
      return;
    }
    this.#tables.ensure("gone");
    this.#count ??= this.#counted();
    this.#sql.run(
      "INSERT OR REPLACE INTO gone (place, key, revision) VALUES (?, ?, ?)",
      place,
      key,
      revision,
    );
    this.#count += 1;
    if (this.#count > GONE_MAX) this.#forgetHalf();
  }

  /** Those behind a place and a key, in their order, up to a place. */
  behind(cursor: GoneCursor, until: Place, limit: number): GoneKey[] {
    if (!this.#tables.has("gone")) return [];
    return this.#sql
      .all(
        `SELECT place, key, revision FROM gone WHERE (place, key) > (?, ?) AND place <= ?
         ORDER BY place, key LIMIT ?`,
        cursor.place,
        cursor.key,
        until,
        limit,
      )
      .map((row) => ({
        place: row.place as number,
        key: row.key as string,
        revision: logIndex(row.revision as number),
      }));
  }

  #forgetHalf(): void {
    const [row] = this.#sql.all(
      "SELECT place FROM gone ORDER BY place, key LIMIT 1 OFFSET ?",
      Math.floor(GONE_MAX / 2),
    );
    const through = row?.place as number;
    this.#sql.run("DELETE FROM gone WHERE place <= ?", through);
    this.#sequence.forget(through);
    this.#count = this.#counted();
  }

  #counted(): number {
    const [row] = this.#sql.all("SELECT count(*) AS n FROM gone");
    return (row?.n ?? 0) as number;
  }
}
