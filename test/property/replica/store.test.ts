import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Violation } from "../../../shared/assert.ts";
import { groupHash } from "../../../shared/bookmark.ts";
import { type GroupCursor, ReplicaStore } from "../../../shared/replica/store.ts";
import type { KeyRange } from "../../../shared/store/view.ts";
import { logIndex } from "../../../shared/types.ts";
import { NodeSql } from "../../../sim/node-sql.ts";
import { GroupModel, textOf } from "./group-model.ts";

const inByteOrder = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

const NAMES = ["a", "b", "ä", "\u{10000}", "￿"];
/** Keys of a group, of several lengths. */
const keysOf = (group: string) => [
  group,
  `{${group}}`,
  `x{${group}}`,
  `x{${group}}\0`,
  `é{${group}}`,
];

type Step =
  | { readonly do: "put"; readonly group: number; readonly keys: Record<string, string | null> }
  | { readonly do: "vote"; readonly group: number; readonly keys: Record<string, string | null> }
  | { readonly do: "resolve"; readonly group: number; readonly committed: boolean }
  /** Applies up to so many entries, and from so many before what follows on. */
  | { readonly do: "apply"; readonly group: number; readonly count: number; readonly again: number }
  /** Replaces the copy by the state as of now, in parts of so many keys. */
  | { readonly do: "replace"; readonly group: number; readonly perPart: number };

const group = fc.nat(NAMES.length - 1);
const texts = fc.dictionary(
  fc.nat(4).map(String),
  fc.option(fc.string({ maxLength: 3 }), { freq: 3 }),
  { minKeys: 1, maxKeys: 3 },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("put" as const), group, keys: texts }),
  fc.record({ do: fc.constant("vote" as const), group, keys: texts }),
  fc.record({ do: fc.constant("resolve" as const), group, committed: fc.boolean() }),
  fc.record({ do: fc.constant("apply" as const), group, count: fc.nat(6), again: fc.nat(3) }),
  fc.record({
    do: fc.constant("replace" as const),
    group,
    perPart: fc.integer({ min: 1, max: 3 }),
  }),
);

/** Runs steps on a store and on models of its groups, and gives both, with the index that each copy must have. */
function run(steps: readonly Step[]) {
  const store = new ReplicaStore("ns", new NodeSql());
  const models = NAMES.map((name) => new GroupModel(name));
  const indexes = NAMES.map(() => 0);
  for (const one of steps) {
    const model = models[one.group];
    if (model === undefined) continue;
    const at = indexes[one.group] ?? 0;
    const named = (keys: Record<string, string | null>) => {
      const locked = new Set(model.doubtsAt(model.index).flatMap(({ keys }) => keys));
      const all = Object.entries(keys).map(([key, text]) => [
        keysOf(model.name)[Number(key)],
        text,
      ]);
      return Object.fromEntries(all.filter(([key]) => !locked.has(key as string)));
    };
    if (one.do === "put") model.put(named(one.keys));
    else if (one.do === "vote") model.vote(named(one.keys));
    else if (one.do === "resolve") {
      const [open] = model.doubtsAt(model.index);
      if (open) model.resolve(open.vote, one.committed);
    } else if (one.do === "apply") {
      const from = Math.max(0, at - one.again);
      const entries = model.entries.slice(from, at + one.count);
      const followed = entries.length > 0 && from + entries.length > at;
      expect(store.apply(model.name, entries)).toBe(followed);
      indexes[one.group] = Math.max(at, from + entries.length);
    } else if (model.index > at) {
      replace(store, model, one.perPart);
      indexes[one.group] = model.index;
    }
  }
  return { store, models, indexes };
}

function replace(store: ReplicaStore, model: GroupModel, perPart: number): void {
  model.base = model.index;
  model.keysPerPart = perPart;
  for (let place: { index: typeof model.index; after: string } | null = null; ; ) {
    const { state }: ReturnType<GroupModel["feed"]> = model.feed({
      type: "feed",
      from: logIndex(1),
      state: place,
    });
    if (state === null) throw new Error("the state was asked for");
    const first = place === null;
    if (state.after === null) {
      store.replace(model.name, state, first);
      return;
    }
    store.stage(model.name, state, first);
    place = { index: state.index, after: state.after };
  }
}

const ALL: KeyRange = {
  prefix: "",
  start: null,
  end: null,
  after: null,
  reverse: false,
  limit: 1_000,
};

describe("a replica's store", () => {
  it("holds a prefix of each group's log, whatever brought it (F1)", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { store, models, indexes } = run(steps);
        const expected = new Map<string, string>();
        for (const [at, model] of models.entries()) {
          const index = indexes[at] ?? 0;
          const copy = store.group(model.name);
          expect(copy.index).toBe(index);
          expect(copy.doubts).toEqual(model.doubtsAt(index));
          const state = model.stateAt(index);
          for (const key of keysOf(model.name)) {
            expect(textOf(store.get(key)?.value)).toBe(state.get(key) ?? null);
          }
          for (const [key, text] of state) expected.set(key, text);
        }
        const listed = store.list(ALL).records;
        expect(listed.map(({ key }) => key)).toEqual([...expected.keys()].sort(inByteOrder));
        for (const { key, value } of listed) expect(textOf(value)).toBe(expected.get(key));
        expect(store.totals().groups).toBe(indexes.filter((index) => index > 0).length);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps its count of groups up to date once it was asked for", () => {
    const store = new ReplicaStore("ns", new NodeSql());
    expect(store.totals()).toEqual({ groups: 0, newestAt: 0 });
    for (const [at, name] of ["a", "b", "a"].entries()) {
      const model = new GroupModel(name);
      for (let put = 0; put <= at; put++) model.put({ [name]: "x" }, 10 * (at + 1));
      store.apply(name, model.entries);
    }
    expect(store.totals()).toEqual({ groups: 2, newestAt: 30 });
  });

  it("takes no entry that does not follow (F1)", () => {
    const model = new GroupModel("g");
    for (const text of ["one", "two", "three"]) model.put({ g: text });
    const store = new ReplicaStore("ns", new NodeSql());
    expect(() => store.apply("g", model.entries.slice(1))).toThrow(Violation);
    store.apply("g", model.entries.slice(0, 1));
    expect(() => store.apply("g", model.entries.slice(2))).toThrow(/F1.*found 3, expected 2/);
  });

  it("takes no state that is not ahead of it (F1)", () => {
    const model = new GroupModel("g");
    model.put({ g: "one" });
    const store = new ReplicaStore("ns", new NodeSql());
    replace(store, model, 1);
    expect(() => replace(store, model, 1)).toThrow(/F1.*found 1, expected 1/);
  });

  it("forgets the parts of a state that was given up, and of one that took its place", () => {
    const model = new GroupModel("g");
    model.put({ g: "old", "{g}1": "old", "{g}2": "old" });
    const sql = new NodeSql();
    const store = new ReplicaStore("ns", sql);
    model.base = model.index;
    model.keysPerPart = 2;
    const { state } = model.feed({ type: "feed", from: logIndex(1), state: null });
    store.stage("g", state!, true);
    model.put({ g: "new", "{g}1": null, "{g}2": "new" });
    replace(store, model, 1);
    expect(store.list(ALL).records.map(({ key, value }) => [key, textOf(value)])).toEqual([
      ["g", "new"],
      ["{g}2", "new"],
    ]);
    expect(sql.all("SELECT key FROM staged")).toEqual([]);
  });

  it("writes two rows for a put, however many came together, and none when nothing came", () => {
    const sql = new NodeSql();
    let rows = 0;
    const store = new ReplicaStore("ns", {
      all: (query, ...bindings) => sql.all(query, ...bindings),
      run: (statement, ...bindings) => {
        const written = sql.run(statement, ...bindings);
        if (!statement.startsWith("CREATE")) rows += written;
        return written;
      },
    });
    const taken = () => {
      const before = rows;
      rows = 0;
      return before;
    };
    const model = new GroupModel("g");
    for (const text of ["one", "two", "three", "four"]) model.put({ g: text });
    store.apply("g", model.entries.slice(0, 1));
    expect(taken()).toBe(2);
    store.apply("g", model.entries.slice(1, 4));
    expect(taken()).toBe(2);
    store.apply("g", model.entries);
    expect(taken()).toBe(0);
  });

  it("reads nothing where nothing was stored, and stores nothing for it", () => {
    const sql = new NodeSql();
    const store = new ReplicaStore("ns", sql);
    expect(store.get("k")).toBeNull();
    expect(store.group("k")).toEqual({ index: 0, at: 0, doubts: [] });
    expect(store.list(ALL).records).toEqual([]);
    expect(store.groups(null, 10)).toEqual({ groups: [], after: null });
    expect(store.groupsOfHash(groupHash("ns", "k"))).toEqual([]);
    expect(sql.all("SELECT name FROM sqlite_master")).toEqual([]);
  });
});

describe("a list of a replica's keys", () => {
  const text = fc.string({
    unit: fc.constantFrom("\0", "a", "b", "é", "￿", "\u{10000}"),
    maxLength: 4,
  });
  const range = fc.record({
    prefix: fc.string({ unit: fc.constantFrom("a", "é", "￿"), maxLength: 2 }),
    start: fc.option(text),
    end: fc.option(text),
    after: fc.option(text),
    reverse: fc.boolean(),
    limit: fc.integer({ min: 1, max: 8 }),
  });

  it("has the range's keys in byte order, from where the page before ended", () => {
    const keys = fc.uniqueArray(text, { maxLength: 20 }).map((all) => all.filter((one) => one));
    fc.assert(
      fc.property(keys, range, (all, asked) => {
        const store = new ReplicaStore("ns", new NodeSql());
        const model = new GroupModel("g");
        model.put(Object.fromEntries(all.map((key) => [key, "x"])));
        store.apply("g", model.entries);
        const { prefix, start, end, after, reverse, limit } = asked;
        const within = all
          .filter((key) => key.startsWith(prefix))
          .filter((key) => start === null || inByteOrder(key, start) >= 0)
          .filter((key) => end === null || inByteOrder(key, end) < 0)
          .filter((key) => after === null || inByteOrder(key, after) * (reverse ? -1 : 1) > 0)
          .sort((a, b) => inByteOrder(a, b) * (reverse ? -1 : 1));
        const listed = store.list(asked).records.map(({ key }) => key);
        expect(listed).toEqual(within.slice(0, limit));
      }),
      { numRuns: 500 },
    );
  });

  it("is entered where the page begins, with one condition a side", () => {
    const sql = new NodeSql();
    const plans: string[] = [];
    const store = new ReplicaStore("ns", {
      all: (query, ...bindings) => {
        if (query.includes("ORDER BY key")) {
          const [condition] = /WHERE .*(?= *ORDER)/s.exec(query) ?? [""];
          expect(condition.split("key >=").length).toBe(2);
          expect(condition.split("key <").length).toBe(2);
          const plan = sql.all(`EXPLAIN QUERY PLAN ${query}`, ...bindings);
          plans.push(...plan.map(({ detail }) => String(detail)));
        }
        return sql.all(query, ...bindings);
      },
      run: (statement, ...bindings) => sql.run(statement, ...bindings),
    });
    const model = new GroupModel("g");
    model.put({ g: "x" });
    store.apply("g", model.entries);
    for (const reverse of [false, true]) {
      store.list({ prefix: "a", start: "ab", end: "ac", after: "abc", reverse, limit: 10 });
    }
    const search = "SEARCH records USING PRIMARY KEY (key>? AND key<?)";
    expect(plans).toEqual([search, search]);
  });
});

describe("the groups a replica knows", () => {
  it("come in pages, each once, with their indexes", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        (names, limit) => {
          const store = new ReplicaStore("ns", new NodeSql());
          for (const [at, name] of names.entries()) {
            const model = new GroupModel(name);
            for (let put = 0; put <= at % 3; put++) model.put({ [name]: "x" });
            store.apply(name, model.entries);
          }
          const found = new Map<string, number>();
          let after: GroupCursor | null = null;
          do {
            const page: ReturnType<ReplicaStore["groups"]> = store.groups(after, limit);
            expect(page.groups.length).toBeLessThanOrEqual(limit);
            for (const { group, index } of page.groups) {
              expect(found.has(group)).toBe(false);
              found.set(group, index);
            }
            ({ after } = page);
          } while (after !== null);
          expect(found).toEqual(new Map(names.map((name, at) => [name, (at % 3) + 1])));
          for (const name of names) {
            expect(store.groupsOfHash(groupHash("ns", name))).toEqual([name]);
          }
        },
      ),
    );
  });
});
