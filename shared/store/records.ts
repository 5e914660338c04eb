/**
 * Keys' versions, by key and revision: every put and deletion of the log, in effect or voted for (resolution.ts).
 *
 * What a read looks at most, a key's newest version, is one query; only below an intent or a dropped version it is two.
 */
import { INTERNAL } from "../lock/key.ts";
import { planted } from "../planted.ts";
import { type Instant, type LogIndex, logIndex, type Revision } from "../types.ts";
import { asInstant, asRecord } from "./columns.ts";
import type { Database } from "./database.ts";
import type { Effect, StoredRecord } from "./entry.ts";
import { selectKeys } from "./list.ts";
import {
  inEffectAt,
  isInEffect,
  isPending,
  pendingAt,
  RECORD_COLUMNS,
  type Resolution,
  rowBelow,
} from "./resolution.ts";
import type { SqlRow } from "./sql.ts";
import type { KeyRange, Listed, Look } from "./view.ts";

const NOTHING: Look = { record: null, intent: null };

/** At the tail, where a vote's resolution counts wherever it stands. A pending version above one is a newer one. */
const IS_LATEST = `(resolved IS NULL OR resolved > 0) AND NOT EXISTS
  (SELECT 1 FROM records AS newer WHERE newer.key = r.key AND newer.revision > r.revision
     AND (newer.resolved IS NULL OR newer.resolved >= 0))`;

export class Records {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  look(key: string, index: LogIndex, asOf: LogIndex): Look {
    if (!this.#db.has("records")) return NOTHING;
    const newest = this.#db.all(
      `SELECT ${RECORD_COLUMNS} FROM records WHERE key = ? AND revision <= ? ORDER BY revision DESC LIMIT 1`,
      key,
      index,
    )[0];
    if (newest === undefined) return NOTHING;
    const resolved = newest.resolved as Resolution;
    if (isInEffect(resolved, asOf)) return { record: asRecord(newest), intent: null };
    return {
      record: asRecord(rowBelow(this.#db, newest, asOf)),
      intent: isPending(resolved, asOf) ? intentOf(newest) : null,
    };
  }

  versionAt(key: string, revision: Revision): StoredRecord | null {
    if (!this.#db.has("records")) return null;
    const rows = this.#db.all(
      `SELECT ${RECORD_COLUMNS} FROM records WHERE key = ? AND revision = ?`,
      key,
      revision,
    );
    return asRecord(rows[0]);
  }

  /** The newest version tells: the ones below were resolved before it, since the key was locked until then. */
  lastChange(key: string, index: LogIndex): LogIndex | null {
    if (!this.#db.has("records")) return null;
    const row = this.#db.all(
      `SELECT revision, resolved FROM records WHERE key = ? AND revision <= ?
       ORDER BY revision DESC LIMIT 1`,
      key,
      index,
    )[0];
    if (row === undefined) return null;
    const resolvedAt = Math.abs((row.resolved as Resolution) ?? 0);
    return logIndex(Math.max(row.revision as number, resolvedAt <= index ? resolvedAt : 0));
  }

  list(range: KeyRange, index: LogIndex): Listed {
    if (!this.#db.has("records")) return { records: [], inDoubt: null };
    return selectKeys(this.#db, range, index);
  }

  /** They are never voted for, so the newest version of each is in effect. */
  locks(): StoredRecord[] {
    if (!this.#db.knows("expiry")) return [];
    return this.#db
      .all(
        `SELECT key, max(revision) AS revision, content_type, value, expires_at, resolved FROM records
         WHERE key >= ? GROUP BY key HAVING content_type IS NOT NULL`,
        INTERNAL,
      )
      .map((row) => asRecord(row))
      .filter((record) => record !== null);
  }

  overdue(now: Instant, limit: number): string[] {
    if (!this.#db.knows("expiry")) return [];
    return this.#db
      .all(
        `SELECT key FROM records AS r WHERE expires_at <= ? AND key < ? AND ${IS_LATEST}
         ORDER BY expires_at LIMIT ?`,
        now,
        INTERNAL,
        limit,
      )
      .map((row) => row.key as string);
  }

  nextExpiry(after: Instant): Instant | null {
    if (!this.#db.knows("expiry")) return null;
    const row = this.#db.all(
      `SELECT expires_at FROM records AS r WHERE expires_at > ? AND key < ? AND ${IS_LATEST}
       ORDER BY expires_at LIMIT 1`,
      after,
      INTERNAL,
    )[0];
    return row ? asInstant(row.expires_at) : null;
  }

  /** Adds a version; one that is only voted for takes effect when it is resolved. */
  add(effect: Effect, revision: Revision, votedFor: boolean): void {
    const resolved: Resolution = votedFor ? 0 : null;
    this.#db.ensure("records");
    if (effect.type === "delete") {
      this.#db.run(
        "INSERT INTO records (key, revision, resolved) VALUES (?, ?, ?)",
        effect.key,
        revision,
        resolved,
      );
      return;
    }
    if (effect.expiresAt !== null) this.#db.ensure("expiry");
    this.#db.run(
      `INSERT INTO records (key, revision, content_type, value, expires_at, resolved)
       VALUES (?, ?, ?, ?, ?, ?)`,
      effect.key,
      revision,
      effect.value.contentType,
      effect.value.bytes,
      effect.expiresAt,
      resolved,
    );
  }

  /** The entry at `index` resolves a vote's version of a key; what is resolved stays as it is (T2). */
  resolve(key: string, vote: Revision, committed: boolean, index: LogIndex): void {
    this.#db.run(
      "UPDATE records SET resolved = ? WHERE key = ? AND revision = ? AND resolved = 0",
      committed ? index : -index,
      key,
      vote,
    );
  }

  /** Undoes what an entry behind `last` made of a vote's version. */
  reopen(key: string, vote: Revision, last: LogIndex): void {
    this.#db.run(
      "UPDATE records SET resolved = 0 WHERE key = ? AND revision = ? AND abs(resolved) > ?",
      key,
      vote,
      last,
    );
  }

  /** Removes a key's versions behind `last`. */
  truncate(key: string, last: LogIndex): void {
    this.#db.run("DELETE FROM records WHERE key = ? AND revision > ?", key, last);
  }

  /**
   * Removes what no index from `through` on needs of a key: versions below the one in effect there, that one if it is a
   * deletion, and dropped ones. A vote at or below `through` that is resolved behind it keeps what is below.
   */
  compact(key: string, through: LogIndex, lastIndex: LogIndex): void {
    this.#db.run(
      `DELETE FROM records WHERE key = ?1 AND revision <
         (SELECT max(revision) FROM records WHERE key = ?1 AND revision <= ?2 AND ${inEffectAt("?2")})`,
      key,
      planted("compacted-base") ? lastIndex : through,
    );
    this.#db.run(
      `DELETE FROM records WHERE key = ?1 AND revision <= ?2 AND
         ((content_type IS NULL AND ${inEffectAt("?2")}) OR resolved BETWEEN -?2 AND -1)`,
      key,
      through,
    );
  }

  /** Whether a version of the key at or below `index` is pending there. */
  isPendingAt(key: string, index: LogIndex): boolean {
    const rows = this.#db.all(
      `SELECT 1 FROM records WHERE key = ?1 AND revision <= ?2 AND ${pendingAt("?2")} LIMIT 1`,
      key,
      index,
    );
    return rows.length > 0;
  }

  /** All keys with such a version, found by looking at every row. */
  pendingAt(index: LogIndex): string[] {
    if (!this.#db.has("records")) return [];
    return this.#db
      .all(`SELECT key FROM records WHERE revision <= ?1 AND ${pendingAt("?1")}`, index)
      .map((row) => row.key as string);
  }
}

function intentOf(row: SqlRow): Look["intent"] {
  const resolvedAt = Math.abs(row.resolved as number);
  return {
    vote: logIndex(row.revision as number),
    resolvedAt: resolvedAt === 0 ? null : logIndex(resolvedAt),
  };
}
