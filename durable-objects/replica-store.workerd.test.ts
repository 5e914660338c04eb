/** What a replica's store costs on an object's own SQLite, by the platform's own count of rows. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Change, FeedEntry } from "../shared/replica/feed.ts";
import { ReplicaStore } from "../shared/replica/store.ts";
import type { Sql } from "../shared/store/sql.ts";
import { type Instant, logIndex } from "../shared/types.ts";

const KEYS = 20_000;
const PAGE = 100;

const keyAt = (at: number) => `k${String(at).padStart(6, "0")}`;

const change = (key: string): Change => ({
  key,
  revision: logIndex(1),
  value: { bytes: new Uint8Array(8), contentType: "text/plain" },
  expiresAt: null,
});

const entry = (index: number, changes: readonly Change[]): FeedEntry => ({
  index: logIndex(index),
  at: 0 as Instant,
  changes,
});

/** Counts what is read and written. */
class CountingSql implements Sql {
  readonly #sql: SqlStorage;
  read = 0;
  written = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  all(query: string, ...bindings: Parameters<Sql["all"]>[1][]) {
    const cursor = this.#sql.exec<Record<string, SqlStorageValue>>(query, ...bindings);
    const rows = cursor.toArray();
    this.read += cursor.rowsRead;
    return rows;
  }

  run(statement: string, ...bindings: Parameters<Sql["all"]>[1][]): number {
    const { rowsWritten } = this.#sql.exec(statement, ...bindings);
    if (!statement.startsWith("CREATE")) this.written += rowsWritten;
    return rowsWritten;
  }

  take() {
    const { read, written } = this;
    this.read = 0;
    this.written = 0;
    return { read, written };
  }
}

let objects = 0;

function inObject(use: (store: ReplicaStore, sql: CountingSql) => void): Promise<void> {
  const { MEMBER } = env as unknown as { MEMBER: DurableObjectNamespace };
  return runInDurableObject(MEMBER.getByName(`replica-store/${++objects}`), (_, { storage }) => {
    const sql = new CountingSql(storage.sql);
    use(new ReplicaStore("ns", sql), sql);
  });
}

describe("a replica's store on the platform", () => {
  it("writes two rows for a put, the first as any other", () =>
    inObject((store, sql) => {
      for (const index of [1, 2, 3]) {
        store.apply("g", [entry(index, [change("g")])]);
        expect(sql.take().written).toBe(2);
      }
    }));

  it("writes a row more for a key with a tag as it comes, and none as it changes or goes", () =>
    inObject((store, sql) => {
      const gone = { ...change("x{g}"), value: null };
      const rows = [[change("x{g}")], [change("x{g}")], [gone], [change("g")]].map(
        (changes, at) => {
          store.apply("g", [entry(at + 1, changes)]);
          return sql.take().written;
        },
      );
      expect(rows).toEqual([3, 2, 2, 2]);
    }));

  it("replaces a group's copy by reading and writing its own rows, whatever else there is", () =>
    inObject((store, sql) => {
      const others = Array.from({ length: KEYS }, (_, at) => change(`${keyAt(at)}{other}`));
      store.apply("other", [entry(1, others)]);
      const keys = ["g", ...Array.from({ length: 9 }, (_, at) => `${at}{g}`)];
      store.apply("g", [entry(1, keys.map(change))]);
      const part = { at: 0 as Instant, after: null, doubts: [] };
      const changes = keys.slice(5).map(change);
      sql.take();
      store.replace("g", { ...part, index: logIndex(2), changes }, true);
      const { read, written } = sql.take();
      expect(read).toBeLessThan(50);
      // Ten rows go; five come, each with an entry in the index; and the group's own.
      expect(written).toBe(10 + 5 + 5 + 1);
      store.stage("g", { ...part, index: logIndex(3), changes, after: "x" }, true);
      store.replace("g", { ...part, index: logIndex(3), changes: [] }, false);
      expect(sql.take().read).toBeLessThan(70);
      const range = { prefix: "", start: null, end: "k", after: null, reverse: false, limit: 99 };
      expect(store.list(range).records.map(({ key }) => key)).toEqual(keys.slice(5));
    }));

  it("reads one row for a key and one for its group", () =>
    inObject((store, sql) => {
      for (const group of ["a", "b", "c"]) store.apply(group, [entry(1, [change(group)])]);
      store.group("b");
      store.get("b");
      sql.take();
      store.group("b");
      expect(store.get("b")?.key).toBe("b");
      expect(sql.take().read).toBe(2);
    }));

  it(`lists a page of ${PAGE} keys among ${KEYS} by reading as many rows`, () =>
    inObject((store, sql) => {
      store.apply("g", [
        entry(
          1,
          Array.from({ length: KEYS }, (_, at) => change(keyAt(at))),
        ),
      ]);
      const range = { prefix: "k", start: keyAt(5), end: keyAt(KEYS - 5), limit: PAGE };
      for (const at of [10, KEYS / 2, KEYS - 200]) {
        for (const reverse of [false, true]) {
          store.group("g");
          sql.take();
          const { records } = store.list({ ...range, after: keyAt(at), reverse });
          expect(records[0]?.key).toBe(keyAt(reverse ? at - 1 : at + 1));
          expect(sql.take().read).toBeLessThanOrEqual(PAGE + 2);
        }
      }
    }));

  it("pages through groups by reading as many rows", () =>
    inObject((store, sql) => {
      for (let at = 0; at < 1_000; at++) store.apply(keyAt(at), [entry(1, [])]);
      let { after } = store.groups(null, PAGE);
      for (let page = 0; page < 5; page++) {
        sql.take();
        ({ after } = store.groups(after, PAGE));
        expect(sql.take().read).toBeLessThanOrEqual(PAGE + 2);
      }
    }));
});
