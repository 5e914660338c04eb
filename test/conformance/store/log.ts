import { describe, expect, it } from "vitest";
import { Violation } from "../../../shared/assert.ts";
import { logIndex } from "../../../shared/types.ts";
import {
  at,
  dump,
  entry,
  gone,
  type OpenSql,
  openStore,
  put,
  request,
  storeOf,
  termOf,
} from "./fixture.ts";

export function logSuite(open: OpenSql): void {
  describe("the log", () => {
    const entries = [
      entry(1, [put("a", "one"), put("b", "", 9_000)], {
        request: request("r1"),
        outcome: {
          succeeded: true,
          results: [
            { type: "put", created: true },
            { type: "put", created: true },
          ],
        },
        idempotency: { key: "k", fingerprint: "f" },
      }),
      entry(2, [], { term: termOf("2.0"), at: at(2_500) }),
      entry(3, [gone("a"), gone("b", true)], { term: termOf("2.1") }),
      entry(4, [], {
        term: termOf("2.1"),
        request: request("r4"),
        outcome: {
          succeeded: false,
          failed: [{ condition: 0, key: "a", revision: null }],
        },
      }),
    ];

    it("gives entries back as they were appended", () => {
      const store = openStore(open());
      store.append(entries);
      expect(store.entries(logIndex(1), 1_000)).toEqual(entries);
      expect(store.entries(logIndex(3), 1_000)).toEqual(entries.slice(2));
      expect(store.entries(logIndex(5), 1_000)).toEqual([]);
    });

    it("knows its end, and the term of each index", () => {
      const store = openStore(open());
      expect([store.lastIndex, store.lastTerm, store.lastAt]).toEqual([0, termOf("0.0"), 0]);
      store.append(entries);
      expect([store.lastIndex, store.lastTerm, store.lastAt]).toEqual([4, termOf("2.1"), 4_000]);
      const terms = [0, 1, 2, 3, 4, 5].map((index) => store.termAt(logIndex(index)));
      expect(terms).toEqual([...["0.0", "1.1", "2.0", "2.1", "2.1"].map(termOf), null]);
      expect([0, 1, 2, 3, 4, 5].map((index) => store.readTerm(logIndex(index)))).toEqual(terms);
    });

    it("keeps values out of its rows: they are stored once, with their records", () => {
      const sql = open();
      storeOf(sql, [put("key", "a value nobody else has")]);
      const rows = sql.all("SELECT body FROM log");
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(rows)).toContain("key");
      expect(JSON.stringify(rows)).not.toContain("a value nobody else has");
    });

    it("gives as many entries as hold the bytes asked for, and always one", () => {
      const store = storeOf(open(), [put("a", "12345")], [put("b", "12345")], [put("c", "12345")]);
      const indices = (bytes: number) =>
        store.entries(logIndex(1), bytes).map((one) => one.index as number);
      expect(indices(0)).toEqual([1]);
      expect(indices(9)).toEqual([1]);
      expect(indices(10)).toEqual([1, 2]);
      expect(indices(15)).toEqual([1, 2, 3]);
    });

    it("refuses an entry that leaves a gap or comes twice (R2)", () => {
      const store = storeOf(open(), []);
      expect(() => store.append([entry(3, [])])).toThrow(Violation);
      expect(() => store.append([entry(1, [])])).toThrow(/^R2: the log has a gap/);
    });

    it("finds the requests since a time, in its order", () => {
      const store = openStore(open());
      store.append(entries);
      expect(store.requestsSince(at(0), 0)).toEqual([
        { request: "r1", index: 1, at: 1_000 },
        { request: "r4", index: 4, at: 4_000 },
      ]);
      expect(store.requestsSince(at(1_001), 0)).toEqual([{ request: "r4", index: 4, at: 4_000 }]);
      expect(store.requestsSince(at(4_001), 0)).toEqual([]);
      expect(store.requestsSince(at(4_001), 1)).toEqual([{ request: "r4", index: 4, at: 4_000 }]);
      expect(openStore(open()).requestsSince(at(0), 0)).toEqual([]);
    });

    it("knows the last of its entries from before a time", () => {
      const store = storeOf(open(), [], [], []);
      const before = [1_000, 1_001, 3_000, 9_000].map((time) => store.lastIndexBefore(at(time)));
      expect(before).toEqual([null, 1, 2, 3]);
      expect(openStore(open()).lastIndexBefore(at(9_000))).toBeNull();
    });
  });

  describe("cutting the log's tail off", () => {
    it("undoes exactly what its entries did (R2)", () => {
      const kept = [
        entry(1, [put("a", "one"), put("b", "two", 5_000)]),
        entry(2, [gone("b")], { request: request("r2") }),
      ];
      const cut = [
        entry(3, [put("a", "three"), put("b", "three"), put("c", "three", 7_000)], {
          outcome: { succeeded: true, results: [] },
          idempotency: { key: "k", fingerprint: "f" },
        }),
        entry(4, [gone("a"), gone("c", true)], { term: termOf("2.0") }),
      ];
      const [whole, never] = [open(), open()];
      const store = openStore(whole);
      store.append([...kept, ...cut]);
      store.truncate(logIndex(2));
      openStore(never).append(kept);
      expect(dump(whole)).toEqual(dump(never));
      expect([store.lastIndex, store.lastTerm, store.lastAt]).toEqual([2, termOf("1.1"), 2_000]);
    });

    it("lets other entries follow in its place", () => {
      const store = storeOf(open(), [put("a", "one")], [put("a", "two")]);
      store.truncate(logIndex(1));
      const other = entry(2, [put("a", "other")], { term: termOf("2.0") });
      store.append([other]);
      expect(store.entries(logIndex(2), 100)).toEqual([other]);
    });

    it("and compacting it may take any number of entries", () => {
      const sql = open();
      const puts = Array.from({ length: 430 }, (_, place) => [put(`${place % 215}`, `${place}`)]);
      const store = storeOf(sql, ...puts);
      store.truncate(logIndex(429));
      store.truncate(logIndex(215));
      const revisions = () =>
        sql.all("SELECT revision FROM records ORDER BY revision").map((row) => row.revision);
      expect(revisions()).toEqual(Array.from({ length: 215 }, (_, place) => place + 1));
      store.append(puts.slice(215).map((effects, place) => entry(place + 216, effects)));
      store.compact(logIndex(430));
      expect(revisions()).toEqual(Array.from({ length: 215 }, (_, place) => place + 216));
    });

    it("may take the whole log", () => {
      const sql = open();
      const store = storeOf(sql, [put("a", "one")]);
      store.truncate(logIndex(0));
      expect([store.lastIndex, store.lastTerm]).toEqual([0, termOf("0.0")]);
      expect(dump(sql)).toEqual({});
    });

    it("never takes a compacted entry (R3)", () => {
      const store = storeOf(open(), [put("a", "one")], [put("a", "two")]);
      store.compact(logIndex(2));
      expect(() => store.truncate(logIndex(1))).toThrow(/^R3: a compacted entry is cut off/);
    });

    it("never takes more than there is", () => {
      expect(() => storeOf(open(), []).truncate(logIndex(2))).toThrow(
        /^R2: an entry of the log is missing/,
      );
    });
  });
}
