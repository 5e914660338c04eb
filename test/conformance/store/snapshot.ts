import { describe, expect, it } from "vitest";
import type { Entry } from "../../../shared/store/entry.ts";
import type { SnapshotCursor, SnapshotPart } from "../../../shared/store/snapshot.ts";
import type { Sql } from "../../../shared/store/sql.ts";
import type { Store } from "../../../shared/store/store.ts";
import { type Incarnation, logIndex, nextIndex } from "../../../shared/types.ts";
import {
  all,
  attempt,
  CountingSql,
  dump,
  ended,
  entry,
  gone,
  horizon,
  idAt,
  type OpenSql,
  openStore,
  put,
  refusal,
  resolve,
  textAt,
  vote,
} from "./fixture.ts";

const answered = {
  outcome: { succeeded: true, results: [] },
  idempotency: { key: "k", fingerprint: "f" },
} as const;

/** Of all that a snapshot carries; its base is 6. A vote below it is resolved behind it, at 7. */
const ENTRIES: Entry[] = [
  entry(1, [put("a", "1"), put("b", "1", 50_000), put("c", "1")], answered),
  entry(2, [gone("c")], { transaction: [refusal(idAt(1))] }),
  entry(3, [put("a", "3"), gone("b")], { transaction: [vote()], oldestOpen: logIndex(3) }),
  entry(4, [put("d", "4")], { transaction: [vote()], oldestOpen: logIndex(3) }),
  entry(5, [], { transaction: [resolve(4, true), ended("committed")], oldestOpen: logIndex(3) }),
  entry(6, [], {
    transaction: [horizon(10), ended("aborted", { id: idAt(11) })],
    oldestOpen: logIndex(3),
  }),
  entry(7, [], { transaction: [resolve(3, true), refusal(idAt(12))] }),
  entry(8, [put("a", "8")]),
];
const BASE = logIndex(6);

export function snapshotSuite(open: OpenSql): void {
  const parts = (store: Store, bytesMax: number): SnapshotPart[] => {
    const found: SnapshotPart[] = [];
    let after: SnapshotCursor | null = null;
    do {
      const part: SnapshotPart = store.snapshotPart(store.baseIndex, after, bytesMax);
      found.push(part);
      after = part.next;
    } while (after !== null);
    return found;
  };
  const install = (
    sql: Sql,
    sent: readonly SnapshotPart[],
    of: Store,
    store: Store = openStore(sql),
  ): Store => {
    const lastTerm = of.termAt(of.baseIndex)!;
    for (const [place, part] of sent.entries()) {
      const incarnation = "one" as Incarnation;
      store.stage(
        { lastIndex: of.baseIndex, lastTerm, incarnation, nextPart: place + 1 },
        part.rows,
      );
    }
    store.install(of.baseIndex, lastTerm, of.timeAt(of.baseIndex));
    return store;
  };
  const source = (sql: Sql = open()) => {
    const store = openStore(sql);
    store.append(ENTRIES);
    store.compact(BASE);
    return store;
  };

  describe("a snapshot", () => {
    it("and the log behind it come to the same store, however it is cut into parts", () => {
      const whole = open();
      const leader = source(whole);
      for (const bytesMax of [0, 1, 3, 1_000]) {
        const sql = open();
        const store = install(sql, parts(leader, bytesMax), leader);
        expect([store.lastIndex, store.baseIndex, store.staged]).toEqual([6, 6, null]);
        store.append(leader.entries(nextIndex(BASE), 1_000));
        expect(dump(sql)).toEqual(dump(whole));
      }
    });

    it("tells at its base what the leader tells there", () => {
      const leader = source();
      const store = install(open(), parts(leader, 1_000), leader);
      expect(store.list(all(), BASE)).toEqual(leader.list(all(), BASE));
      expect(store.look("a", BASE)).toEqual(leader.look("a", BASE));
      expect(store.look("a", BASE).intent).toEqual({ vote: 3, resolvedAt: 7 });
      expect(store.horizon).toBe(10);
      expect(store.keptOfTransaction(idAt(1))).toEqual([]);
      expect(store.keptOfTransaction(idAt(11))).toHaveLength(1);
      // The entry that refuses it is behind the base.
      expect(store.keptOfTransaction(idAt(12))).toEqual([]);
    });

    it("is compacted further like the leader's own", () => {
      const [whole, sql] = [open(), open()];
      const leader = source(whole);
      const store = install(sql, parts(leader, 3), leader);
      store.append(leader.entries(nextIndex(BASE), 1_000));
      for (const one of [leader, store]) one.compact(logIndex(7));
      expect(dump(sql)).toEqual(dump(whole));
      expect(sql.all("SELECT key, revision FROM records ORDER BY key, revision")).toEqual([
        { key: "a", revision: 3 },
        { key: "a", revision: 8 },
        { key: "d", revision: 4 },
      ]);
    });

    it("takes the place of everything, of a horizon and a staged snapshot too", () => {
      const [whole, sql] = [open(), open()];
      const leader = source(whole);
      const sent = parts(leader, 1_000);
      const other = openStore(sql);
      other.append([
        entry(1, [put("x", "1"), put("a", "x")], {
          transaction: [horizon(99), refusal(idAt(200))],
        }),
        entry(2, [put("y", "1")], { transaction: [vote()], oldestOpen: logIndex(2) }),
      ]);
      expect([other.horizon, other.oldestOpen(logIndex(2))]).toEqual([99, 2]);
      install(sql, sent, leader, other);
      expect([other.horizon, other.oldestOpen(BASE)]).toEqual([10, null]);
      const again = install(sql, sent, leader);
      expect([again.horizon, again.oldestOpen(BASE)]).toEqual([10, null]);
      again.append(leader.entries(nextIndex(BASE), 1_000));
      expect(dump(sql)).toEqual(dump(whole));
    });

    it("holds nothing of one that was begun before and given up", () => {
      const [whole, sql] = [open(), open()];
      const leader = source(whole);
      const other = openStore(open());
      other.append([
        entry(1, [put("x", "1")], {
          transaction: [refusal(idAt(200))],
          outcome: answered.outcome,
          idempotency: { key: "other", fingerprint: "f" },
        }),
      ]);
      other.compact(logIndex(1));
      const store = openStore(sql);
      for (const [place, part] of parts(other, 1_000).entries()) {
        const staged = { lastIndex: logIndex(1), lastTerm: other.lastTerm, nextPart: place + 1 };
        store.stage({ ...staged, incarnation: "another" as Incarnation }, part.rows);
      }
      install(sql, parts(leader, 1_000), leader, store);
      store.append(leader.entries(nextIndex(BASE), 1_000));
      expect(dump(sql)).toEqual(dump(whole));
    });

    it("of a group without transactions is as it was before there were any", () => {
      const leader = openStore(open());
      leader.append([entry(1, [put("a", "1")], answered), entry(2, [gone("b")])]);
      leader.compact(logIndex(2));
      const sent = parts(leader, 1_000);
      expect(sent.map((part) => part.next)).toEqual([{ table: "answers", id: "" }, null]);
      expect(sent[0]?.rows[0]?.columns).toEqual([
        "a",
        1,
        "text/plain",
        new TextEncoder().encode("1"),
        null,
      ]);
      expect(textAt(install(open(), sent, leader), "a")).toBe("1");
    });

    it("reads no more values than it sends", () => {
      const sql = new CountingSql(open());
      const store = openStore(sql);
      store.append([
        entry(
          1,
          ["a", "b", "c"].map((key) => put(key, "x".repeat(100))),
        ),
      ]);
      store.compact(logIndex(1));
      sql.bytes = 0;
      const part = store.snapshotPart(logIndex(1), null, 150);
      expect(part.rows).toHaveLength(1);
      expect(sql.bytes).toBe(100);
    });

    it("ends a part where outcomes grow too large", () => {
      const store = openStore(open());
      const answer = (size: number) => ({
        succeeded: true,
        failed: [],
        results: [
          {
            at: 0,
            op: "get" as const,
            key: "a",
            revision: logIndex(1),
            value: { bytes: new Uint8Array(size), contentType: "" },
          },
        ],
      });
      store.append(
        [1, 2, 3].map((index) =>
          entry(index, [], {
            transaction: [
              ended("committed", { id: idAt(index), answer: answer(3_000), attempt: attempt(1) }),
            ],
          }),
        ),
      );
      store.compact(logIndex(3));
      const sizes = parts(store, 10_000).map((part) => part.rows.length);
      expect(sizes).toEqual([0, 0, 2, 1]);
    });
  });
}
