/**
 * A replica's store: the latest state of every key of a namespace, and how far each group's log is applied in it.
 *
 * A group's copy goes forward only, an entry at a time or by its whole state taking the old one's place in one turn, so
 * at every instant it is a prefix of the group's committed log (F1). Every read is a look at the storage, which a
 * superseded instance is refused.
 *
 * The database must be confirmed before anything read here is told: a copy that a crash takes back has gone backwards.
 */
import { assert } from "../assert.ts";
import { groupHash } from "../bookmark.ts";
import { planted } from "../planted.ts";
import { asRecord } from "../store/columns.ts";
import type { StoredRecord } from "../store/entry.ts";
import { keyBounds } from "../store/list.ts";
import type { Sql } from "../store/sql.ts";
import type { KeyRange, Listed } from "../store/view.ts";
import { type Instant, type LogIndex, logIndex, nextIndex, ORIGIN } from "../types.ts";
import { doubtsAfter } from "./doubts.ts";
import type { Change, Doubt, FeedEntry, FeedState } from "./feed.ts";
import { Gone } from "./gone.ts";
import type { Placed } from "./prefix-watcher.ts";
import { BEGINNING, NOBODY, type Place, Sequence, type Watchers } from "./sequence.ts";
import { type ReplicaTable, ReplicaTables } from "./tables.ts";

/** A group's copy. */
export interface GroupCopy {
  /** The last entry applied. */
  readonly index: LogIndex;
  /** When its leader appended that. */
  readonly at: Instant;
  /** Votes at or below the index that no entry up to it resolves. */
  readonly doubts: readonly Doubt[];
}

export interface GroupIndex {
  readonly group: string;
  readonly index: LogIndex;
}

/** The last group of a page of groups, which come in the order of their hashes. */
export interface GroupCursor {
  readonly hash: number;
  readonly group: string;
}

export interface GroupPage {
  readonly groups: readonly GroupIndex[];
  /** Null behind the last page. */
  readonly after: GroupCursor | null;
}

export interface Totals {
  readonly groups: number;
  /** When the newest of all entries applied was appended, on its leader's clock; zero where there is none. */
  readonly newestAt: Instant;
}

const NEVER = 0 as Instant;
const UNKNOWN: GroupCopy = { index: ORIGIN, at: NEVER, doubts: [] };

/** Whether a known mistake lets an entry follow another one that is not the one before it. */
const leaps = (index: LogIndex, last: LogIndex): boolean =>
  planted(index <= last ? "replica-applies-repeats" : "replica-applies-over-gaps");

const COLUMNS = "key, grp, revision, content_type, value, expires_at, place";

const STAGE = `INSERT OR REPLACE INTO staged (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`;
/** Replaced, a row would be written anew in the index too. */
const PUT = `INSERT INTO records (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET revision = excluded.revision, content_type = excluded.content_type,
  value = excluded.value, expires_at = excluded.expires_at, place = excluded.place`;

export class ReplicaStore {
  readonly #sql: Sql;
  readonly #namespace: string;
  readonly #tables: ReplicaTables;
  /** In which order changes were taken in. */
  readonly sequence: Sequence;
  /** Keys that went. */
  readonly gone: Gone;
  readonly #taken: (placed: Placed | null) => void;
  /** Counted once in a life, when first asked for, and kept up to date from then on. */
  #totals: Totals | null = null;

  /** @param taken is told of each change as it is taken in; null stands for a group's whole state. */
  constructor(
    namespace: string,
    sql: Sql,
    watchers: Watchers = NOBODY,
    taken: (placed: Placed | null) => void = () => {},
  ) {
    this.#sql = sql;
    this.#namespace = namespace;
    this.#tables = new ReplicaTables(sql);
    this.sequence = new Sequence(this, watchers);
    this.gone = new Gone(sql, this.#tables, this.sequence);
    this.#taken = taken;
  }

  hash(group: string): number {
    return groupHash(this.#namespace, group);
  }

  /** A group's copy; one that nothing is known of is empty. */
  group(name: string): GroupCopy {
    if (!this.#tables.has("groups")) return UNKNOWN;
    const row = this.#sql.all(
      "SELECT idx, at, doubts FROM groups WHERE hash = ? AND grp = ?",
      this.hash(name),
      name,
    )[0];
    if (row === undefined) return UNKNOWN;
    return {
      index: logIndex(row.idx as number),
      at: row.at as Instant,
      doubts: row.doubts === null ? [] : (JSON.parse(row.doubts as string) as Doubt[]),
    };
  }

  /** The groups known that a bookmark calls by this hash: one, unless two collide. */
  groupsOfHash(hash: number): string[] {
    if (!this.#tables.has("groups")) return [];
    return this.#sql
      .all("SELECT grp FROM groups WHERE hash = ?", hash)
      .map((row) => row.grp as string);
  }

  /** The groups behind `after`, with their indexes. */
  groups(after: GroupCursor | null, limit: number): GroupPage {
    if (!this.#tables.has("groups")) return { groups: [], after: null };
    const { hash, group } = after ?? { hash: -1, group: "" };
    const rows = this.#sql.all(
      "SELECT hash, grp, idx FROM groups WHERE (hash, grp) > (?, ?) ORDER BY hash, grp LIMIT ?",
      hash,
      group,
      limit,
    );
    const last = rows.length < limit ? undefined : rows.at(-1);
    return {
      groups: rows.map((row) => ({
        group: row.grp as string,
        index: logIndex(row.idx as number),
      })),
      after: last ? { hash: last.hash as number, group: last.grp as string } : null,
    };
  }

  totals(): Totals {
    this.#totals ??= this.#count();
    return this.#totals;
  }

  get(key: string): StoredRecord | null {
    if (!this.#tables.has("records")) return null;
    return asRecord(this.#sql.all(`SELECT ${COLUMNS} FROM records WHERE key = ?`, key)[0]);
  }

  /** In UTF-8 byte order, in time proportional to the records given. */
  list(range: KeyRange): Listed {
    if (!this.#tables.has("records")) return { records: [], inDoubt: null };
    const { where, bindings } = keyBounds(range);
    const rows = this.#sql.all(
      `SELECT ${COLUMNS} FROM records ${where.length > 0 ? `WHERE ${where.join(" AND ")}` : ""}
       ORDER BY key ${range.reverse ? "DESC" : "ASC"} LIMIT ?`,
      ...bindings,
      range.limit,
    );
    return { records: rows.map(asRecord).filter((record) => record !== null), inDoubt: null };
  }

  /**
   * Applies what of these entries follows; those that are applied already are dropped.
   * @returns whether there was anything to apply
   */
  apply(group: string, entries: readonly FeedEntry[]): boolean {
    const copy = this.group(group);
    let { index, at, doubts } = copy;
    const changes = new Map<string, Placed>();
    for (const entry of entries) {
      if (entry.index <= index && !planted("replica-applies-repeats")) continue;
      assert(
        entry.index === nextIndex(index) || leaps(entry.index, index),
        "F1",
        `an entry of ${JSON.stringify(group)} follows its copy`,
        entry.index,
        nextIndex(index),
      );
      for (const change of entry.changes) changes.set(change.key, this.#place(change));
      doubts = doubtsAfter(doubts, entry);
      ({ index, at } = entry);
    }
    if (index === copy.index) return false;
    for (const { change, place } of changes.values()) {
      this.#change("records", group, change, place);
    }
    this.#setGroup(group, copy.index === ORIGIN, { index, at, doubts });
    return true;
  }

  /** Keeps a part of a group's state until the last one comes; the first drops what was kept of another. */
  stage(group: string, part: FeedState, first: boolean): void {
    if (first && !planted("parts-outlive-their-state")) this.#dropStaged(group);
    for (const change of part.changes) this.#change("staged", group, change, BEGINNING);
  }

  /** The last part of a group's state: all its parts take the place of the copy, in one turn. */
  replace(group: string, part: FeedState, first: boolean): void {
    const copy = this.group(group);
    const { index, at, doubts } = part;
    assert(
      index > copy.index,
      "F1",
      `the copy of ${JSON.stringify(group)} goes forward`,
      index,
      copy.index,
    );
    const known = copy.index !== ORIGIN;
    const place = this.sequence.next();
    this.#taken(null);
    if (known && this.sequence.store !== null) this.#rememberGone(group, part, first, place);
    if (known && this.#tables.has("records")) {
      this.#sql.run("DELETE FROM records WHERE key = ?", group);
      this.#sql.run("DELETE FROM records WHERE grp = ? AND grp <> key", group);
    }
    if (!first && this.#tables.has("staged")) {
      this.#ensureRecords();
      this.#sql.run(
        `INSERT OR REPLACE INTO records (${COLUMNS})
         SELECT key, grp, revision, content_type, value, expires_at, ? FROM staged WHERE grp = ?`,
        place,
        group,
      );
      this.#dropStaged(group);
    }
    for (const change of part.changes) this.#change("records", group, change, place);
    this.#setGroup(group, !known, { index, at: at ?? copy.at, doubts });
  }

  /** What is kept under a name; null where nothing is. */
  meta<T>(name: string): T | null {
    if (!this.#tables.has("meta")) return null;
    const row = this.#sql.all("SELECT value FROM meta WHERE name = ?", name)[0];
    return row ? (JSON.parse(row.value as string) as T) : null;
  }

  setMeta(name: string, value: unknown): void {
    this.#tables.ensure("meta");
    this.#sql.run(
      "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)",
      name,
      JSON.stringify(value),
    );
  }

  /** Keys that start with a prefix, behind one, each with its place in the sequence. */
  places(prefix: string, after: string | null, limit: number): { key: string; place: Place }[] {
    if (!this.#tables.has("records")) return [];
    const range = { prefix, start: null, end: null, after, reverse: false, limit };
    const { where, bindings } = keyBounds(range);
    return this.#sql
      .all(
        `SELECT key, place FROM records ${where.length > 0 ? `WHERE ${where.join(" AND ")}` : ""}
         ORDER BY key LIMIT ?`,
        ...bindings,
        limit,
      )
      .map((row) => ({ key: row.key as string, place: row.place as number }));
  }

  /** The place of a change that is taken in now. */
  #place(change: Change): Placed {
    const placed = { place: this.sequence.next(), change };
    this.#taken(placed);
    return placed;
  }

  /** A group's state takes the place of its copy: what that had and this has not is gone. */
  #rememberGone(group: string, part: FeedState, first: boolean, place: Place): void {
    if (!this.sequence.remembers) {
      this.sequence.forget(place);
      return;
    }
    const there = new Set(part.changes.map(({ key }) => key));
    const keys = (table: ReplicaTable, query: string): string[] =>
      this.#tables.has(table) ? this.#sql.all(query, group).map((row) => row.key as string) : [];
    if (!first) {
      for (const key of keys("staged", "SELECT key FROM staged WHERE grp = ?")) there.add(key);
    }
    for (const key of [
      ...keys("records", "SELECT key FROM records WHERE key = ?"),
      ...keys("records", "SELECT key FROM records WHERE grp = ? AND grp <> key"),
    ]) {
      if (!there.has(key)) this.gone.add(key, part.index, place);
    }
  }

  #change(table: "records" | "staged", group: string, change: Change, place: Place): void {
    const { key, revision, value, expiresAt } = change;
    if (value === null) {
      if (this.#tables.has(table)) this.#sql.run(`DELETE FROM ${table} WHERE key = ?`, key);
      if (table === "records") this.gone.add(key, revision, place);
      return;
    }
    const isStaged = table === "staged";
    if (isStaged) this.#tables.ensure("staged");
    else this.#ensureRecords();
    this.#sql.run(
      isStaged ? STAGE : PUT,
      key,
      group,
      revision,
      value.contentType,
      value.bytes,
      expiresAt,
      place,
    );
  }

  #ensureRecords(): void {
    this.#tables.ensure("records");
    this.#tables.ensure("tagged");
  }

  #setGroup(group: string, isNew: boolean, { index, at, doubts }: GroupCopy): void {
    this.#tables.ensure("groups");
    this.#sql.run(
      "INSERT OR REPLACE INTO groups (hash, grp, idx, at, doubts) VALUES (?, ?, ?, ?, ?)",
      this.hash(group),
      group,
      index,
      at,
      doubts.length === 0 ? null : JSON.stringify(doubts),
    );
    if (this.#totals === null) return;
    const { groups, newestAt } = this.#totals;
    this.#totals = {
      groups: groups + (isNew ? 1 : 0),
      newestAt: Math.max(newestAt, at) as Instant,
    };
  }

  #dropStaged(group: string): void {
    if (this.#tables.has("staged")) this.#sql.run("DELETE FROM staged WHERE grp = ?", group);
  }

  #count(): Totals {
    if (!this.#tables.has("groups")) return { groups: 0, newestAt: NEVER };
    const [row] = this.#sql.all("SELECT count(*) AS n, max(at) AS newest FROM groups");
    return { groups: (row?.n ?? 0) as number, newestAt: (row?.newest ?? NEVER) as Instant };
  }
}
