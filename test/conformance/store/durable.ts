import { describe, expect, it } from "vitest";
import type { HardState } from "../../../shared/raft/hard-state.ts";
import type { WriteOutcome } from "../../../shared/store/entry.ts";
import { type Block, logIndex, region } from "../../../shared/types.ts";
import {
  all,
  at,
  BORN,
  ended,
  entry,
  gone,
  type OpenSql,
  openStore,
  put,
  refusal,
  resolve,
  storeOf,
  termOf,
  textAt,
  vote,
} from "./fixture.ts";

export function durableSuite(open: OpenSql): void {
  describe("answers to idempotency keys", () => {
    const outcome: WriteOutcome = { succeeded: true, results: [{ type: "put", created: true }] };
    const refused: WriteOutcome = {
      succeeded: false,
      failed: [{ condition: 0, key: "a", revision: logIndex(3) }],
    };
    const first = entry(1, [put("a", "")], {
      outcome,
      idempotency: { key: "k", fingerprint: "f" },
    });
    const answer = { fingerprint: "f", index: 1, at: 1_000, outcome };

    it("are kept with what they answered", () => {
      const sql = open();
      openStore(sql).append([first]);
      expect(openStore(sql).answer("k")).toEqual(answer);
      expect(openStore(sql).answer("other")).toBeNull();
    });

    it("may be refusals", () => {
      const store = openStore(open());
      store.append([
        entry(1, [], { outcome: refused, idempotency: { key: "k", fingerprint: "f" } }),
      ]);
      expect(store.answer("k")?.outcome).toEqual(refused);
    });

    it("outlive the entry that gave them (I1)", () => {
      const store = openStore(open());
      store.append([first]);
      store.compact(logIndex(1));
      expect(store.answer("k")).toEqual(answer);
    });

    it("are forgotten by age", () => {
      const store = openStore(open());
      store.append([
        first,
        entry(2, [], { outcome, idempotency: { key: "later", fingerprint: "f" } }),
      ]);
      store.forgetAnswers(at(1_000));
      expect(store.answer("k")).toEqual(answer);
      store.forgetAnswers(at(1_001));
      expect(store.answer("k")).toBeNull();
      expect(store.answer("later")).not.toBeNull();
    });

    it("make way for a new one when their window is over", () => {
      const store = openStore(open());
      store.append([
        first,
        entry(2, [], { outcome: refused, idempotency: { key: "k", fingerprint: "g" } }),
      ]);
      expect(store.answer("k")).toMatchObject({ fingerprint: "g", index: 2 });
    });

    it("are none in a store that never had one, and to forget none writes none", () => {
      const sql = open();
      const store = storeOf(sql, [put("a", "")]);
      store.takeRowsWritten();
      store.forgetAnswers(at(9_000));
      expect([store.answer("k"), store.takeRowsWritten()]).toEqual([null, 0]);
    });
  });

  describe("compaction", () => {
    it("keeps what every later revision needs, and no more", () => {
      const sql = open();
      const store = storeOf(
        sql,
        [put("a", "1"), put("b", "1"), put("c", "1")],
        [put("a", "2"), gone("b")],
        [put("a", "3"), gone("c")],
        [put("b", "4")],
      );
      const later = [2, 3, 4].map((index) => store.list(all(), logIndex(index)));
      store.compact(logIndex(2));
      expect([2, 3, 4].map((index) => store.list(all(), logIndex(index)))).toEqual(later);
      const rows = sql.all("SELECT key, revision FROM records ORDER BY key, revision");
      expect(rows.map((row) => `${row.key}@${row.revision}`)).toEqual([
        "a@2",
        "a@3",
        "b@4",
        "c@1",
        "c@3",
      ]);
    });

    it("leaves the entries behind it whole", () => {
      const store = storeOf(open(), [put("a", "1")], [put("a", "2")], [put("a", "3")]);
      const rest = store.entries(logIndex(2), 100);
      store.compact(logIndex(1));
      expect(store.entries(logIndex(2), 100)).toEqual(rest);
      expect([store.baseIndex, store.lastIndex]).toEqual([1, 3]);
    });

    it("in steps comes to the same as at once", () => {
      const effects = [
        [put("a", "1"), put("b", "1")],
        [gone("a")],
        [put("a", "3"), gone("b")],
        [gone("a")],
      ];
      const [once, steps] = [open(), open()];
      storeOf(once, ...effects).compact(logIndex(4));
      const stepwise = storeOf(steps, ...effects);
      for (const index of [1, 2, 3, 4]) stepwise.compact(logIndex(index));
      const records = (sql: typeof once) => sql.all("SELECT * FROM records ORDER BY key, revision");
      expect(records(steps)).toEqual(records(once));
      expect(records(once)).toEqual([]);
    });

    it("of the whole log keeps its last index and term, over a reopening (R2)", () => {
      const sql = open();
      const store = openStore(sql);
      store.append([entry(1, [put("a", "1")]), entry(2, [put("a", "2")], { term: termOf("3.4") })]);
      store.compact(logIndex(2));
      for (const one of [store, openStore(sql)]) {
        expect([one.lastIndex, one.baseIndex, one.lastTerm]).toEqual([2, 2, termOf("3.4")]);
        expect(one.termAt(logIndex(2))).toEqual(termOf("3.4"));
        expect(one.readTerm(logIndex(2))).toEqual(termOf("3.4"));
        expect(one.termAt(logIndex(1))).toBeNull();
        expect(textAt(one, "a")).toBe("2");
        expect(one.lastIndexBefore(at(9_000))).toBeNull();
      }
    });

    it("of the whole log lets no later entry be earlier than those it took", () => {
      const sql = open();
      const store = storeOf(sql, [put("a", "1")], [put("a", "2")]);
      store.compact(logIndex(2));
      expect(openStore(sql).lastAt).toBe(2_000);
      store.append([entry(3, [])]);
      store.truncate(logIndex(2));
      expect(store.lastAt).toBe(2_000);
    });

    it("forgets no time to live that still runs", () => {
      const store = storeOf(open(), [put("a", "", 5_000)], []);
      store.compact(logIndex(2));
      expect(store.overdue(at(5_000), 10)).toEqual(["a"]);
    });
  });

  describe("the hard state (R4)", () => {
    const voted: HardState = { ...BORN, block: 4 as Block, promisedTo: region("wnam"), won: null };

    it("of a store that holds none is the one its group was born in, and needs no row", () => {
      const sql = open();
      const store = openStore(sql);
      expect(store.hardState).toEqual(BORN);
      expect(store.takeRowsWritten()).toBe(0);
      expect(sql.all("SELECT name FROM sqlite_master")).toEqual([]);
    });

    it("is one row, and survives a reopening", () => {
      const sql = open();
      const store = openStore(sql);
      store.setHardState(voted);
      expect(store.takeRowsWritten()).toBe(1);
      expect([store.hardState, openStore(sql).hardState]).toEqual([voted, voted]);
    });
  });

  describe("a store", () => {
    it("that is opened again holds what was appended", () => {
      const sql = open();
      const entries = storeOf(sql, [put("a", "1")], [gone("a")]).entries(logIndex(1), 100);
      const again = openStore(sql);
      expect(again.entries(logIndex(1), 100)).toEqual(entries);
      expect([again.lastIndex, again.lastTerm, again.lastAt]).toEqual([2, termOf("1.1"), 2_000]);
    });

    it("makes each table with its first row, and none for a read", () => {
      const sql = open();
      const tables = () =>
        sql.all("SELECT name FROM sqlite_master ORDER BY name").map(({ name }) => name);
      const store = openStore(sql);
      store.record("a");
      store.list(all(), logIndex(0));
      store.answer("k");
      store.overdue(at(1), 1);
      expect(tables()).toEqual([]);
      store.append([entry(1, [])]);
      expect(tables()).toEqual(["log"]);
      store.append([entry(2, [put("a", "")])]);
      expect(tables()).toEqual(["log", "records"]);
      store.append([entry(3, [put("b", "", 1)])]);
      expect(tables()).toEqual(["expiry", "log", "records"]);
      store.append([
        entry(4, [], {
          outcome: { succeeded: true, results: [] },
          idempotency: { key: "k", fingerprint: "f" },
        }),
      ]);
      expect(tables()).toEqual(["answers", "expiry", "log", "records"]);
      store.append([entry(5, [], { transaction: [refusal()] })]);
      expect(tables()).toEqual(["answers", "expiry", "log", "records", "transactions"]);
    });

    it("finds tables that were made before it was opened", () => {
      const sql = open();
      storeOf(sql, [put("a", "", 5)]);
      const again = openStore(sql);
      again.append([entry(2, [put("b", "", 6)])]);
      expect(again.overdue(at(6), 10)).toEqual(["a", "b"]);
    });

    it("goes on with tables from before there were votes", () => {
      const sql = open();
      for (const table of ["records", "staged_records"]) {
        sql.run(`CREATE TABLE ${table} (
          key TEXT NOT NULL, revision INTEGER NOT NULL, content_type TEXT, value BLOB,
          expires_at INTEGER, PRIMARY KEY (key, revision)) WITHOUT ROWID`);
      }
      sql.run(
        "INSERT INTO records (key, revision, content_type, value) VALUES ('a', 1, 'text/plain', ?)",
        new TextEncoder().encode("old"),
      );
      sql.run(`CREATE TABLE log (
        idx INTEGER PRIMARY KEY, block INTEGER NOT NULL, wake INTEGER NOT NULL, at INTEGER NOT NULL,
        request TEXT, body TEXT NOT NULL) WITHOUT ROWID`);
      sql.run(`INSERT INTO log VALUES (1, 1, 1, 1000, NULL, '{"v":1,"e":[["p","a"]]}')`);
      const store = openStore(sql);
      expect(store.entries(logIndex(1), 100)).toEqual([entry(1, [put("a", "old")])]);
      store.append([entry(2, [put("a", "new")], { transaction: [vote()] })]);
      expect([textAt(store, "a"), store.list(all(), logIndex(2)).inDoubt !== null]).toEqual([
        "old",
        true,
      ]);
      openStore(sql).append([entry(3, [], { transaction: [resolve(2, true)] })]);
      expect(textAt(openStore(sql), "a")).toBe("new");
      expect(sql.all("SELECT sql FROM sqlite_master WHERE sql LIKE '%resolved%'")).toHaveLength(2);
    });
  });

  describe("rows written (§9)", () => {
    const rows = (...effects: Parameters<typeof entry>[1]) => {
      const store = storeOf(open(), [put("old", "")]);
      store.takeRowsWritten();
      store.append([entry(2, effects)]);
      return store.takeRowsWritten();
    };

    it("are two a put, and a row a key more", () => {
      expect(rows(put("a", "value"))).toBe(2);
      expect(rows(put("a", ""), put("b", ""), gone("old"))).toBe(4);
    });

    it("are two a deletion", () => {
      expect(rows(gone("old"))).toBe(2);
    });

    it("are one for an entry that changes nothing", () => {
      expect(rows()).toBe(1);
    });

    it("are three a put with an idempotency key", () => {
      const store = openStore(open());
      const outcome: WriteOutcome = { succeeded: true, results: [{ type: "put", created: true }] };
      store.append([
        entry(1, [put("a", "")], { outcome, idempotency: { key: "k", fingerprint: "f" } }),
      ]);
      expect(store.takeRowsWritten()).toBe(3);
      expect(store.takeRowsWritten()).toBe(0);
    });

    it("are two a transaction and two a key: its vote and its resolution", () => {
      const store = storeOf(open(), [put("old", "")]);
      const intents = [put("a", "", 9_000), put("b", ""), gone("old")];
      store.takeRowsWritten();
      store.append([entry(2, intents, { transaction: [vote()], oldestOpen: logIndex(2) })]);
      // One of the keys has a time to live, which is in an index.
      expect(store.takeRowsWritten()).toBeLessThanOrEqual(1 + 3 + 1);
      store.append([entry(3, [], { transaction: [ended("committed"), resolve(2, true)] })]);
      expect(store.takeRowsWritten()).toBe(1 + 3);
    });

    it("are one more for a refusal, and for an abort, which are found without the log", () => {
      const store = storeOf(open(), []);
      for (const effect of [refusal(), ended("aborted")]) {
        store.takeRowsWritten();
        store.append([entry(store.lastIndex + 1, [], { transaction: [effect] })]);
        expect(store.takeRowsWritten()).toBe(2);
      }
    });

    it("are none for a read", () => {
      const store = storeOf(open(), [put("a", "")]);
      store.takeRowsWritten();
      store.record("a");
      store.list(all(), logIndex(1));
      expect(store.takeRowsWritten()).toBe(0);
    });
  });
}
