import { describe, expect, it } from "vitest";
import { Violation } from "../../../shared/assert.ts";
import type { Effect, Entry } from "../../../shared/store/entry.ts";
import type { Sql } from "../../../shared/store/sql.ts";
import type { Store } from "../../../shared/store/store.ts";
import { logIndex } from "../../../shared/types.ts";
import {
  all,
  at,
  CountingSql,
  dump,
  entry,
  gone,
  type OpenSql,
  openStore,
  put,
  resolve,
  textAt,
  vote,
} from "./fixture.ts";

/** An entry that votes; while none but its own vote is open, that is the oldest. */
const voting = (index: number, effects: Effect[], changes: Partial<Entry> = {}): Entry =>
  entry(index, effects, { transaction: [vote()], oldestOpen: logIndex(index), ...changes });

const resolving = (index: number, of: number, committed: boolean, effects: Effect[] = []): Entry =>
  entry(index, effects, { transaction: [resolve(of, committed)] });

/** `a` is put at 1 and voted for at 2; an entry follows, and the vote is resolved at 4. */
const history = (intent: Effect, committed: boolean): Entry[] => [
  entry(1, [put("a", "old")]),
  voting(2, [intent]),
  entry(3, [], { oldestOpen: logIndex(2) }),
  resolving(4, 2, committed),
];

export function votesSuite(open: OpenSql): void {
  const storeWith = (entries: Entry[], sql: Sql = open()): Store => {
    const store = openStore(sql);
    store.append(entries);
    return store;
  };
  const listed = (store: Store, index: number) => {
    const { records, inDoubt } = store.list(all(), logIndex(index));
    return [records.map(({ key, revision }) => `${key}@${revision}`).join(" "), inDoubt !== null];
  };
  const rows = (sql: Sql) =>
    sql
      .all("SELECT key, revision, resolved FROM records ORDER BY key, revision")
      .map((row) => `${row.key}@${row.revision}:${row.resolved ?? "-"}`);

  describe("a version that is voted for (T1)", () => {
    it("takes effect where it is resolved as committed, at its vote's revision", () => {
      const store = storeWith(history(put("a", "new"), true));
      expect([1, 2, 3, 4].map((index) => textAt(store, "a", index))).toEqual([
        "old",
        "old",
        "old",
        "new",
      ]);
      expect(store.record("a")?.revision).toBe(2);
    });

    it("that is dropped never takes effect", () => {
      const store = storeWith(history(put("a", "new"), false));
      expect([1, 2, 3, 4].map((index) => textAt(store, "a", index))).toEqual([
        "old",
        "old",
        "old",
        "old",
      ]);
    });

    it("may be a deletion", () => {
      const store = storeWith(history(gone("a"), true));
      expect([3, 4].map((index) => textAt(store, "a", index))).toEqual(["old", null]);
    });

    it("is seen as an intent in between, with the place of its resolution", () => {
      const store = storeWith(history(put("a", "new"), true).slice(0, 3));
      const intent = (index: number) => store.look("a", logIndex(index)).intent;
      expect([1, 2, 3].map(intent)).toEqual([
        null,
        { vote: 2, resolvedAt: null },
        { vote: 2, resolvedAt: null },
      ]);
      store.append([resolving(4, 2, false)]);
      expect([1, 2, 3, 4].map(intent)).toEqual([
        null,
        { vote: 2, resolvedAt: 4 },
        { vote: 2, resolvedAt: 4 },
        null,
      ]);
      expect(store.look("a", logIndex(3)).record?.revision).toBe(1);
      expect(store.look("a", logIndex(2), logIndex(4))).toMatchObject({ intent: null });
    });

    it("counts at its revision for whoever knows the later resolution", () => {
      const store = storeWith(history(put("a", "new"), true));
      expect(store.recordAt("a", logIndex(2))?.revision).toBe(1);
      expect(store.recordAt("a", logIndex(2), logIndex(3))?.revision).toBe(1);
      expect(store.recordAt("a", logIndex(2), logIndex(4))?.revision).toBe(2);
    });

    it("is kept by its revision, whatever became of it", () => {
      for (const committed of [true, false]) {
        const store = storeWith(history(put("a", "new"), committed));
        expect(store.versionAt("a", logIndex(2))).toMatchObject({ key: "a", revision: 2 });
        expect(store.versionAt("a", logIndex(3))).toBeNull();
        expect(store.versionAt("b", logIndex(2))).toBeNull();
      }
      const store = storeWith(history(gone("a"), true));
      expect(store.versionAt("a", logIndex(2))).toBeNull();
    });

    it("touches its key at its vote and at its resolution, dropped or not", () => {
      for (const committed of [true, false]) {
        const store = storeWith(history(put("a", "new"), committed));
        const changes = [0, 1, 2, 3, 4].map((index) => store.lastChange("a", logIndex(index)));
        expect(changes).toEqual([null, 1, 2, 2, 4]);
      }
    });

    it("is resolved once and for all (T2)", () => {
      const store = storeWith([
        ...history(put("a", "new"), true),
        resolving(5, 2, false),
        resolving(6, 2, true),
      ]);
      expect(textAt(store, "a")).toBe("new");
      expect(store.look("a", logIndex(3)).intent?.resolvedAt).toBe(4);
      store.truncate(logIndex(5));
      expect(textAt(store, "a")).toBe("new");
    });

    it("may be resolved by the entry that votes for the key again", () => {
      const store = storeWith([
        ...history(put("a", "2"), true).slice(0, 3),
        entry(4, [put("a", "4")], {
          transaction: [resolve(2, true), vote()],
          oldestOpen: logIndex(4),
        }),
      ]);
      expect(store.look("a", logIndex(4))).toMatchObject({
        record: { revision: 2 },
        intent: { vote: 4, resolvedAt: null },
      });
    });

    it("leaves its entry as it was appended", () => {
      for (const committed of [true, false]) {
        const entries = history(put("a", "new"), committed);
        const store = storeWith(entries);
        expect(store.entries(logIndex(1), 1_000)).toEqual(entries);
        expect(store.entryAt(logIndex(2))).toEqual(entries[1]);
      }
    });

    it("costs an ordinary key nothing: a look at it is one query", () => {
      const sql = new CountingSql(open());
      const store = storeWith(history(put("b", "new"), true), sql);
      const looks = (key: string, index: number) => {
        const before = sql.looks;
        store.look(key, logIndex(index));
        return sql.looks - before;
      };
      expect(looks("a", 4)).toBe(1);
      expect(looks("b", 4)).toBe(1);
      expect(looks("nothing", 4)).toBe(1);
      expect(looks("b", 3)).toBe(2);
    });
  });

  describe("a list over votes", () => {
    it("is in doubt while one stands in its range, and shows what is in effect", () => {
      const store = storeWith(history(put("a", "new"), true));
      expect([1, 2, 3, 4].map((index) => listed(store, index))).toEqual([
        ["a@1", false],
        ["a@1", true],
        ["a@1", true],
        ["a@2", false],
      ]);
    });

    it("is in doubt over a deletion", () => {
      const store = storeWith(history(gone("a"), true));
      expect([3, 4].map((index) => listed(store, index))).toEqual([
        ["a@1", true],
        ["", false],
      ]);
    });

    it("is in doubt over a key that may come to be", () => {
      for (const committed of [true, false]) {
        const store = storeWith(history(put("b", "new"), committed));
        expect([3, 4].map((index) => listed(store, index))).toEqual([
          ["a@1", true],
          [committed ? "a@1 b@2" : "a@1", false],
        ]);
      }
    });

    it("shows no dropped version, and the one below", () => {
      expect(listed(storeWith(history(put("a", "new"), false)), 4)).toEqual(["a@1", false]);
      expect(listed(storeWith(history(gone("a"), false)), 4)).toEqual(["a@1", false]);
    });

    it("is not in doubt over keys outside of its range", () => {
      const store = storeWith(history(put("b", "new"), true));
      const inDoubt = (range: Parameters<typeof all>[0]) =>
        store.list(all(range), logIndex(3)).inDoubt !== null;
      expect(inDoubt({ start: "b" })).toBe(true);
      expect(inDoubt({ end: "b" })).toBe(false);
      expect(inDoubt({ after: "b" })).toBe(false);
      expect(inDoubt({ prefix: "a" })).toBe(false);
      // The page ends before the key.
      expect(inDoubt({ limit: 1 })).toBe(false);
      expect(inDoubt({ limit: 1, reverse: true })).toBe(true);
    });

    it("holds as many records as asked for, however many keys may come to be before them", () => {
      const store = storeWith([
        entry(1, [put("m", ""), put("z", "")]),
        voting(
          2,
          ["a", "b", "c", "d", "n"].map((key) => put(key, "")),
        ),
      ]);
      const keys = (limit: number, reverse: boolean) =>
        store.list(all({ limit, reverse }), logIndex(2)).records.map((one) => one.key);
      expect([1, 2, 3].map((limit) => keys(limit, false))).toEqual([["m"], ["m", "z"], ["m", "z"]]);
      expect([1, 2, 3].map((limit) => keys(limit, true))).toEqual([["z"], ["z", "m"], ["z", "m"]]);
    });
  });

  describe("times to live under votes", () => {
    it("do not run before the version takes effect", () => {
      const store = storeWith(history(put("a", "new", 5_000), true).slice(0, 3));
      expect([store.overdue(at(5_000), 10), store.nextExpiry(at(0))]).toEqual([[], null]);
      store.append([resolving(4, 2, true)]);
      expect([store.overdue(at(5_000), 10), store.nextExpiry(at(0))]).toEqual([["a"], 5_000]);
    });

    it("do not run where it is dropped", () => {
      const store = storeWith(history(put("a", "new", 5_000), false));
      expect([store.overdue(at(5_000), 10), store.nextExpiry(at(0))]).toEqual([[], null]);
    });

    it("rest while a vote may end them, and go on where it is dropped", () => {
      const below = (committed: boolean) => [
        entry(1, [put("a", "old", 5_000)]),
        ...history(gone("a"), committed).slice(1),
      ];
      const store = storeWith(below(false).slice(0, 3));
      expect([store.overdue(at(5_000), 10), store.nextExpiry(at(0))]).toEqual([[], null]);
      store.append(below(false).slice(3));
      expect([store.overdue(at(5_000), 10), store.nextExpiry(at(0))]).toEqual([["a"], 5_000]);
      const deleted = storeWith(below(true));
      expect([deleted.overdue(at(5_000), 10), deleted.nextExpiry(at(0))]).toEqual([[], null]);
    });
  });

  describe("the oldest open vote", () => {
    const entries = [
      ...history(put("a", "new"), true).slice(0, 3),
      entry(4, [], { transaction: [resolve(2, true)] }),
      entry(5, []),
      voting(6, []),
    ];

    it("is known at every index, at the tail without a look", () => {
      const sql = open();
      storeWith(entries, sql);
      const counting = new CountingSql(sql);
      const store = openStore(counting);
      const oldest = [0, 1, 2, 3, 4, 5, 6].map((index) => store.oldestOpen(logIndex(index)));
      expect(oldest).toEqual([null, null, 2, 2, null, null, 6]);
      const before = counting.looks;
      store.oldestOpen(logIndex(6));
      expect(counting.looks).toBe(before);
    });

    it("comes back when the log is cut off", () => {
      const store = storeWith(entries);
      for (const [last, oldest] of [
        [5, null],
        [3, 2],
        [1, null],
      ] as const) {
        store.truncate(logIndex(last));
        expect(store.oldestOpen(store.lastIndex)).toBe(oldest);
      }
    });

    it("is none at the base", () => {
      const store = storeWith(entries);
      store.compact(logIndex(5));
      expect([5, 6].map((index) => store.oldestOpen(logIndex(index)))).toEqual([null, 6]);
    });
  });

  describe("cutting off what concerns votes", () => {
    it("undoes a resolution (R2)", () => {
      for (const committed of [true, false]) {
        for (const intent of [put("a", "new", 7_000), gone("a"), put("b", "new")]) {
          const [whole, never] = [open(), open()];
          const entries = history(intent, committed);
          const store = storeWith([...entries, entry(5, [put("a", "5"), put("b", "5")])], whole);
          store.truncate(logIndex(3));
          storeWith(entries.slice(0, 3), never);
          expect(dump(whole)).toEqual(dump(never));
          expect(listed(store, 3)).toEqual(["a@1", true]);
          // It may come out otherwise then.
          store.append([resolving(4, 2, !committed)]);
          expect(listed(store, 4)).toEqual(listed(storeWith(history(intent, !committed)), 4));
        }
      }
    });

    it("undoes a vote, with its resolution or without", () => {
      const [whole, never] = [open(), open()];
      storeWith(history(put("a", "new"), true), whole).truncate(logIndex(1));
      storeWith(history(put("a", "new"), true).slice(0, 1), never);
      expect(dump(whole)).toEqual(dump(never));
    });
  });

  describe("compaction under votes", () => {
    const compacted = (entries: Entry[], ...through: number[]) => {
      const sql = open();
      const store = storeWith(entries, sql);
      for (const one of through) store.compact(logIndex(one));
      return rows(sql);
    };

    it("takes what a committed version superseded", () => {
      expect(compacted(history(put("a", "new"), true), 4)).toEqual(["a@2:4"]);
      expect(compacted(history(gone("a"), true), 4)).toEqual([]);
    });

    it("takes a dropped version, and leaves the one below", () => {
      expect(compacted(history(put("a", "new"), false), 4)).toEqual(["a@1:-"]);
      expect(compacted(history(gone("a"), false), 4)).toEqual(["a@1:-"]);
    });

    it("leaves a version and what is below it until its resolution is behind the base too", () => {
      expect(compacted(history(put("a", "new"), true), 2)).toEqual(["a@1:-", "a@2:4"]);
      expect(compacted(history(put("a", "new"), true), 2, 3)).toEqual(["a@1:-", "a@2:4"]);
      expect(compacted(history(put("a", "new"), true), 2, 3, 4)).toEqual(["a@2:4"]);
      expect(compacted(history(gone("a"), true), 2)).toEqual(["a@1:-", "a@2:4"]);
      expect(compacted(history(gone("a"), true), 2, 4)).toEqual([]);
      expect(compacted(history(put("a", "new"), false), 3)).toEqual(["a@1:-", "a@2:-4"]);
      expect(compacted(history(put("a", "new"), false), 3, 4)).toEqual(["a@1:-"]);
    });

    it("leaves every index from the base on as it was", () => {
      for (const committed of [true, false]) {
        for (const intent of [put("a", "new"), gone("a"), put("b", "new")]) {
          const whole = storeWith(history(intent, committed));
          const store = storeWith(history(intent, committed));
          for (const base of [2, 3, 4]) {
            store.compact(logIndex(base));
            for (let index = base; index <= 4; index++) {
              expect(listed(store, index)).toEqual(listed(whole, index));
              for (const key of ["a", "b"]) {
                const look = store.look(key, logIndex(index));
                expect(look).toEqual(whole.look(key, logIndex(index)));
              }
            }
          }
        }
      }
    });

    it("needs a resolution of every vote it takes (T2)", () => {
      const store = storeWith(history(put("a", "new"), true).slice(0, 3));
      store.compact(logIndex(1));
      expect(() => store.compact(logIndex(2))).toThrow(Violation);
      expect(() => store.compact(logIndex(3))).toThrow(/^T2: an open vote is compacted/);
    });

    it("lets a resolution that comes again change nothing", () => {
      const store = storeWith(history(put("a", "new"), true));
      store.compact(logIndex(4));
      store.append([resolving(5, 2, false)]);
      expect(textAt(store, "a")).toBe("new");
    });
  });
}
