import { describe, expect, it } from "vitest";
import type { Entry } from "../../../shared/store/entry.ts";
import type { Store } from "../../../shared/store/store.ts";
import type { TransactionEffect } from "../../../shared/transaction/effects.ts";
import { requestIdOf } from "../../../shared/transaction/request.ts";
import { logIndex } from "../../../shared/types.ts";
import {
  at,
  attempt,
  dump,
  ended,
  entry,
  horizon,
  ID,
  idAt,
  type OpenSql,
  openStore,
  put,
  refusal,
  request,
  resolve,
  vote,
} from "./fixture.ts";

const of = (index: number, ...transaction: TransactionEffect[]): Entry =>
  entry(index, [], { request: requestIdOf(ID), transaction });

/** All bytes there are, as an operation read them. */
const ANSWER = {
  succeeded: true,
  failed: [],
  results: [
    { at: 0, op: "put", key: "a", revision: logIndex(3) },
    { at: 1, op: "get", key: "absent", revision: null },
    {
      at: 2,
      op: "get",
      key: "b",
      revision: logIndex(2),
      value: {
        bytes: Uint8Array.from({ length: 256 }, (_, byte) => byte),
        contentType: "image/png",
      },
    },
    {
      at: 3,
      op: "get",
      key: "empty",
      revision: logIndex(2),
      value: { bytes: new Uint8Array(0), contentType: "" },
    },
  ],
} as const;

export function transactionsSuite(open: OpenSql): void {
  const storeWith = (...entries: Entry[]): Store => {
    const store = openStore(open());
    store.append(entries);
    return store;
  };
  const kept = (store: Store, id = ID) =>
    store.keptOfTransaction(id).map(({ index, effects }) => `${index} ${effects[0]?.type}`);

  describe("what entries do to transactions", () => {
    const entries = [
      of(
        1,
        { type: "record", id: ID, attempt: attempt(1), participants: ["b"], idempotency: null },
        vote({
          locks: [{ key: "a", write: true }],
          failed: [{ condition: 0, key: "a", revision: null }],
          results: [{ at: 0, op: "add", key: "a", revision: logIndex(1) }],
        }),
      ),
      entry(2, [put("c", "v")], { request: request("other"), oldestOpen: logIndex(1) }),
      of(
        3,
        ended("committed", {
          answer: ANSWER,
          votes: { a: logIndex(1), ["__proto__"]: logIndex(2) },
        }),
        resolve(1, true),
      ),
      entry(4, [], { transaction: [horizon(7)] }),
    ];

    it("is given back as it was appended, bytes too", () => {
      const store = storeWith(...entries);
      expect(store.entries(logIndex(1), 1_000)).toEqual(entries);
    });

    it("is found from an index on, and by the transaction's id", () => {
      const store = storeWith(...entries);
      const found = entries
        .filter((one) => one.transaction !== undefined)
        .map(({ index, at: time, transaction: effects }) => ({ index, at: time, effects }));
      const lean = found.map((one) => ({
        ...one,
        effects: one.effects?.map((effect) =>
          effect.type === "outcome" ? { ...effect, answer: null } : effect,
        ),
      }));
      expect(store.transactionEntries(logIndex(1))).toEqual(lean);
      expect(store.transactionEntries(logIndex(2))).toEqual(lean.slice(1));
      expect(store.transactionEntries(logIndex(5))).toEqual([]);
      expect(store.entriesOfTransaction(ID)).toEqual(found.slice(0, 2));
      expect(store.entriesOfTransaction(idAt(1))).toEqual([]);
    });

    it("is in bodies of a version of its own, and in none of the others'", () => {
      const sql = open();
      openStore(sql).append([
        entry(1, [put("a", "")]),
        entry(2, [], { oldestOpen: logIndex(1) }),
        of(3, refusal()),
      ]);
      expect(sql.all("SELECT body FROM log").map(({ body }) => body)).toEqual([
        '{"v":1,"e":[["p","a"]]}',
        '{"v":2,"u":1}',
        `{"v":2,"t":[{"type":"refusal","id":"${ID}","attempt":1}]}`,
      ]);
    });

    it("is none in a store that never had any", () => {
      const store = openStore(open());
      expect([
        store.transactionEntries(logIndex(1)),
        store.entriesOfTransaction(ID),
        store.keptOfTransaction(ID),
        store.outcomesThrough(at(9_000), 10),
        store.horizon,
        store.oldestOpen(logIndex(0)),
      ]).toEqual([[], [], [], [], 0, null]);
    });
  });

  describe("what is kept of a transaction", () => {
    it("is a refusal at once, and the abort of the whole", () => {
      const aborted = ended("aborted", { attempt: attempt(2) });
      const store = storeWith(of(1, refusal()), of(2, aborted));
      expect(store.keptOfTransaction(ID)).toEqual([
        { index: 1, at: 1_000, effects: [refusal()] },
        { index: 2, at: 2_000, effects: [aborted] },
      ]);
      expect(store.keptOfTransaction(idAt(5_000, "1"))).toEqual([]);
    });

    it("may be the word that nobody knew it", () => {
      const store = storeWith(of(1, ended("aborted", { attempt: attempt(0) })));
      expect(kept(store)).toEqual(["1 outcome"]);
    });

    it("is any other outcome once its entry is compacted", () => {
      for (const status of ["committed", "else"] as const) {
        const effect = ended(status, { answer: ANSWER });
        const store = storeWith(of(1, effect, resolve(0, true)), of(2));
        expect(store.keptOfTransaction(ID)).toEqual([]);
        store.compact(logIndex(1));
        expect(store.keptOfTransaction(ID)).toEqual([{ index: 1, at: 1_000, effects: [effect] }]);
        expect(store.entriesOfTransaction(ID)).toEqual([]);
      }
    });

    it("is compacted in pieces where it is large, and comes to the same", () => {
      const [small, large] = [1, 1_000_000].map((size) => {
        const sql = open();
        const store = openStore(sql);
        const value = { bytes: new Uint8Array(size), contentType: "" };
        const results = [{ at: 0, op: "get", key: "a", revision: logIndex(1), value }] as const;
        const answer = { succeeded: true, failed: [], results };
        store.append([
          entry(1, [put("a", "1")], { transaction: [vote()], oldestOpen: logIndex(1) }),
        ]);
        for (let index = 2; index < 20; index++) {
          const id = idAt(index);
          store.append([
            entry(index, [put("b", `${index}`)], {
              transaction: [ended("committed", { id, answer })],
              oldestOpen: logIndex(1),
            }),
          ]);
        }
        store.append([entry(20, [], { transaction: [resolve(1, false)] })]);
        store.compact(logIndex(20));
        const kept = sql.all("SELECT id, idx FROM transactions ORDER BY id");
        return { ...dump(sql), transactions: kept };
      });
      expect(large).toEqual(small);
      expect(large?.transactions).toHaveLength(18);
    }, 30_000);

    it("is never a record, vote or resolution, and the abort of one attempt only once it is compacted", () => {
      const store = storeWith(
        of(
          1,
          ended("aborted", { final: false }),
          { type: "record", id: ID, attempt: attempt(1), participants: [], idempotency: null },
          vote(),
        ),
        of(2, resolve(1, false)),
      );
      expect(kept(store)).toEqual([]);
      store.compact(logIndex(2));
      expect(kept(store)).toEqual(["1 outcome"]);
    });

    it("is the first word, whoever says it again (T2)", () => {
      const store = storeWith(of(1, refusal()), of(2, refusal()), of(3, refusal(ID, 2)));
      expect(kept(store)).toEqual(["1 refusal", "3 refusal"]);
      store.truncate(logIndex(1));
      expect(kept(store)).toEqual(["1 refusal"]);
    });

    it("is the abort of the whole beside that of its last attempt, whichever was compacted when", () => {
      const store = storeWith(of(1, ended("aborted", { final: false })), of(2));
      store.compact(logIndex(1));
      const aborted = ended("aborted");
      store.append([of(3, aborted), of(4)]);
      const outcomes = () =>
        store.keptOfTransaction(ID).map(({ index, effects }) => [index, effects]);
      const both = [
        [1, [ended("aborted", { final: false })]],
        [3, [aborted]],
      ];
      expect(outcomes()).toEqual(both);
      store.truncate(logIndex(2));
      expect(outcomes()).toEqual(both.slice(0, 1));
      store.append([of(3, aborted), of(4)]);
      store.compact(logIndex(4));
      expect(outcomes()).toEqual(both);
      expect(store.outcomesThrough(at(9_000), 10).map(({ final }) => final)).toEqual([false, true]);
    });

    it("goes with the entries that are cut off, and stays with those that are compacted", () => {
      const store = storeWith(of(1, refusal()), of(2, ended("aborted", { attempt: attempt(2) })));
      store.truncate(logIndex(1));
      expect(kept(store)).toEqual(["1 refusal"]);
      store.compact(logIndex(1));
      expect(kept(store)).toEqual(["1 refusal"]);
    });
  });

  describe("an answer to an idempotency key that is a transaction's", () => {
    const idempotency = { key: "k", fingerprint: "f" };

    it("is its outcome, bytes too", () => {
      for (const effect of [
        ended("committed", { answer: ANSWER }),
        ended("else"),
        ended("aborted"),
      ]) {
        const store = storeWith(
          entry(1, [], { transaction: [resolve(0, true), effect], idempotency }),
        );
        expect(store.answer("k")).toEqual({
          fingerprint: "f",
          index: 1,
          at: 1_000,
          outcome: effect,
        });
      }
    });

    it("is none while there is no outcome", () => {
      expect(
        storeWith(entry(1, [], { transaction: [vote()], idempotency })).answer("k"),
      ).toBeNull();
    });

    it("is told from a write's", () => {
      const outcome = { succeeded: true, results: [] } as const;
      const store = storeWith(entry(1, [], { outcome, idempotency }));
      expect(store.answer("k")?.outcome).toEqual(outcome);
    });
  });

  describe("the horizon", () => {
    const [old, young] = [idAt(5_000), idAt(5_001)];
    const outcomes = (index: number) => [
      of(index, ended("aborted", { id: old })),
      of(index + 1, ended("aborted", { id: young }), refusal(old, 2)),
    ];

    it("hides what is known of transactions made until then, and no others", () => {
      const store = storeWith(...outcomes(1), of(3, horizon(5_000)));
      expect(store.horizon).toBe(5_000);
      expect([kept(store, old), kept(store, young)]).toEqual([[], ["2 outcome"]]);
    });

    it("survives a reopening and its compaction, which takes what it hides", () => {
      const sql = open();
      const store = openStore(sql);
      store.append([...outcomes(1), of(3, horizon(4_000)), of(4, horizon(5_000)), of(5)]);
      const ids = () => sql.all("SELECT id FROM transactions ORDER BY id").map(({ id }) => id);
      expect(ids()).toEqual(["", "", old, old, young]);
      store.compact(logIndex(5));
      expect(ids()).toEqual(["", young]);
      for (const one of [store, openStore(sql)]) {
        expect([one.horizon, kept(one, old), kept(one, young)]).toEqual([5_000, [], ["2 outcome"]]);
      }
    });

    it("brings nothing back that had not been compacted when it is cut off", () => {
      const [whole, never] = [open(), open()];
      const store = openStore(whole);
      store.append([...outcomes(1), of(3, horizon(4_000)), of(4, horizon(5_000))]);
      store.compact(logIndex(2));
      expect(store.horizon).toBe(5_000);
      store.truncate(logIndex(3));
      expect([store.horizon, kept(store, old)]).toEqual([4_000, ["1 outcome", "2 refusal"]]);
      const other = openStore(never);
      other.append([...outcomes(1), of(3, horizon(4_000))]);
      other.compact(logIndex(2));
      expect(dump(whole)).toEqual(dump(never));
    });

    it("never moves back", () => {
      const sql = open();
      const store = openStore(sql);
      for (const [index, through, expected] of [
        [1, 4_000, 4_000],
        [2, 5_000, 5_000],
        [3, 4_500, 5_000],
      ] as const) {
        store.append([of(index, horizon(through))]);
        expect(store.horizon).toBe(expected);
      }
      store.compact(logIndex(3));
      expect([store.horizon, openStore(sql).horizon]).toEqual([5_000, 5_000]);
    });

    it("has outcomes before it to be forgotten next, the oldest first", () => {
      const ids = [5_003, 5_001, 5_000, 5_002].map((time) => idAt(time));
      const store = storeWith(
        ...ids.map((id, place) =>
          of(place + 1, ended(place === 1 ? "committed" : "aborted", { id })),
        ),
        of(5, refusal(idAt(5_000, "9"))),
        of(6, horizon(5_000)),
      );
      const found = (through: number, limit: number) =>
        store.outcomesThrough(at(through), limit).map(({ id }) => ids.indexOf(id));
      // All of them are still in the log, one is a row as well.
      expect(found(5_002, 10)).toEqual([]);
      store.compact(logIndex(4));
      expect(found(5_002, 10)).toEqual([1, 3]);
      expect([found(5_003, 2), found(5_001, 10), found(5_000, 10)]).toEqual([[1, 3], [1], []]);
    });
  });
}
