/** All that the store relies on in a database, whichever adapter it is behind. */
import { describe, expect, it } from "vitest";
import type { Sql, SqlValue } from "../../shared/store/sql.ts";

/** Lends an empty database to a test. On the platform that happens inside an object. */
export type WithSql = (use: (sql: Sql) => void) => void | Promise<void>;

const asBytes = (value: SqlValue | undefined): number[] =>
  value instanceof ArrayBuffer ? [...new Uint8Array(value)] : [...((value ?? []) as Uint8Array)];

export function sqlSuite(withSql: WithSql): void {
  describe("the database port", () => {
    it("gives back what was stored, each value as it was", () =>
      withSql((sql) => {
        sql.run("CREATE TABLE t (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID");
        const values: Record<string, SqlValue> = {
          text: "Ünïcödé 🗝",
          empty: "",
          whole: 1_700_000_000_123,
          negative: -7,
          zero: 0,
          none: null,
        };
        for (const [name, value] of Object.entries(values)) {
          sql.run("INSERT INTO t VALUES (?, ?)", name, value);
        }
        for (const [name, value] of Object.entries(values)) {
          const rows = sql.all("SELECT value FROM t WHERE name = ?", name);
          expect(rows).toHaveLength(1);
          expect(rows[0]?.value).toBe(value);
        }
      }));

    it("keeps bytes, and takes them as a view or as a buffer", () =>
      withSql((sql) => {
        sql.run("CREATE TABLE t (n INTEGER PRIMARY KEY, value BLOB)");
        const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
        sql.run("INSERT INTO t VALUES (1, ?)", all);
        sql.run("INSERT INTO t VALUES (2, ?)", all.buffer);
        sql.run("INSERT INTO t VALUES (3, ?)", all.subarray(5, 9));
        const [first, second, third] = sql.all("SELECT value FROM t ORDER BY n");
        expect(asBytes(first?.value)).toEqual([...all]);
        expect(asBytes(second?.value)).toEqual([...all]);
        expect(asBytes(third?.value)).toEqual([5, 6, 7, 8]);
      }));

    it("tells no bytes from nothing by another column alone", () =>
      withSql((sql) => {
        sql.run("CREATE TABLE t (value BLOB, kind TEXT)");
        sql.run("INSERT INTO t VALUES (?, 'text/plain')", new Uint8Array(0));
        const [row] = sql.all("SELECT value, kind FROM t");
        expect(asBytes(row?.value)).toEqual([]);
        expect(row?.kind).toBe("text/plain");
      }));

    it("orders text by its bytes in UTF-8", () =>
      withSql((sql) => {
        sql.run("CREATE TABLE t (key TEXT PRIMARY KEY) WITHOUT ROWID");
        const keys = ["b", "a", "ab", "Z", "é", "\u{ffff}", "\u{10000}", "a\u0001", "~"];
        for (const key of keys) sql.run("INSERT INTO t VALUES (?)", key);
        const encoder = new TextEncoder();
        const inOrder = keys.toSorted((one, other) => {
          const [a, b] = [encoder.encode(one), encoder.encode(other)];
          const differs = a.findIndex((byte, at) => byte !== b[at]);
          return differs < 0 ? a.length - b.length : (a[differs] ?? 0) - (b[differs] ?? -1);
        });
        expect(sql.all("SELECT key FROM t ORDER BY key").map((row) => row.key)).toEqual(inOrder);
      }));

    it("takes bindings by place and by number", () =>
      withSql((sql) => {
        const rows = sql.all("SELECT ?1 AS a, ?2 AS b, ?1 AS c", "one", 2);
        expect(rows).toEqual([{ a: "one", b: 2, c: "one" }]);
      }));

    it("counts the rows a statement wrote", () =>
      withSql((sql) => {
        sql.run("CREATE TABLE t (key TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID");
        for (const key of ["a", "b", "c"]) {
          expect(sql.run("INSERT INTO t VALUES (?, 1)", key)).toBe(1);
        }
        expect(sql.run("UPDATE t SET n = 2 WHERE key < 'c'")).toBe(2);
        expect(sql.run("DELETE FROM t WHERE key = 'nobody'")).toBe(0);
        expect(sql.run("DELETE FROM t")).toBe(3);
      }));

    it("replaces a row of the same key", () =>
      withSql((sql) => {
        sql.run("CREATE TABLE t (key TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID");
        sql.run("INSERT OR REPLACE INTO t VALUES ('a', 1)");
        sql.run("INSERT OR REPLACE INTO t VALUES ('a', 2)");
        expect(sql.all("SELECT n FROM t")).toEqual([{ n: 2 }]);
      }));

    it("keeps the row in which the greatest value stands, for a group's other columns", () =>
      withSql((sql) => {
        sql.run(
          "CREATE TABLE t (key TEXT, n INTEGER, word TEXT, PRIMARY KEY (key, n)) WITHOUT ROWID",
        );
        for (const [n, word] of [
          [1, "one"],
          [3, null],
          [2, "two"],
        ] as const) {
          sql.run("INSERT INTO t VALUES ('a', ?, ?)", n, word);
        }
        const newest = "SELECT key, max(n) AS n, word FROM t WHERE n <= ? GROUP BY key";
        expect(sql.all(newest, 2)).toEqual([{ key: "a", n: 2, word: "two" }]);
        expect(sql.all(`${newest} HAVING word IS NOT NULL`, 3)).toEqual([]);
      }));

    it("compares tuples", () =>
      withSql((sql) => {
        sql.run("CREATE TABLE t (key TEXT, n INTEGER, PRIMARY KEY (key, n)) WITHOUT ROWID");
        for (const [key, n] of [
          ["a", 1],
          ["a", 2],
          ["b", 1],
        ] as const) {
          sql.run("INSERT INTO t VALUES (?, ?)", key, n);
        }
        const behind = sql.all("SELECT key, n FROM t WHERE (key, n) > (?, ?)", "a", 1);
        expect(behind).toEqual([
          { key: "a", n: 2 },
          { key: "b", n: 1 },
        ]);
      }));

    it("says which tables and indexes there are, as they come", () =>
      withSql((sql) => {
        const present = () =>
          sql
            .all("SELECT name FROM sqlite_master WHERE type IN ('table', 'index')")
            .map((row) => row.name);
        expect(present()).not.toContain("t");
        sql.run("CREATE TABLE t (n INTEGER)");
        sql.run("CREATE INDEX t_n ON t (n) WHERE n IS NOT NULL");
        expect(present()).toEqual(expect.arrayContaining(["t", "t_n"]));
        expect(sql.all("SELECT 1 FROM sqlite_master WHERE name = ?", "t")).toHaveLength(1);
      }));

    it("throws where a statement is wrong, and goes on", () =>
      withSql((sql) => {
        expect(() => sql.all("SELECT nothing FROM nowhere")).toThrow();
        sql.run("CREATE TABLE t (n INTEGER PRIMARY KEY)");
        sql.run("INSERT INTO t VALUES (1)");
        expect(() => sql.run("INSERT INTO t VALUES (1)")).toThrow();
        expect(sql.all("SELECT n FROM t")).toEqual([{ n: 1 }]);
      }));
  });
}
