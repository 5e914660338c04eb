import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Violation } from "../assert.ts";
import { groupOf } from "../group.ts";
import { TRANSACTION_ANSWER_BYTES_MAX } from "../limits.ts";
import type { FailedCondition, StoredRecord } from "../store/entry.ts";
import {
  type Attempt,
  type Instant,
  type Json,
  logIndex,
  ms,
  type TransactionId,
  type Value,
} from "../types.ts";
import { decide } from "./decide.ts";
import type { TransactionFault, TransactionResult } from "./effects.ts";
import { evaluate, type Records, readAll, toFailed, toResults } from "./evaluate.ts";
import { jsonValue, readJson } from "./json.ts";
import type { Condition, GetOperation, Operation, Part, Vote } from "./request.ts";
import { split } from "./split.ts";

const id = "t" as TransactionId;
const result = (at: number, bytes?: number): TransactionResult => ({
  at,
  op: "get",
  key: `k${at}`,
  revision: logIndex(1),
  ...(bytes === undefined
    ? {}
    : { value: { bytes: new Uint8Array(bytes), contentType: "text/plain" } }),
});
const failing = (condition: number): FailedCondition => ({
  condition,
  key: `c${condition}`,
  revision: logIndex(condition),
});
const vote = (of: Partial<Vote>): Vote => ({
  id,
  attempt: 1 as Attempt,
  index: logIndex(3),
  failed: [],
  fault: null,
  results: [],
  otherwise: [],
  ...of,
});
const fault = (detail: string): TransactionFault => ({ code: "bad-request", detail });

describe("the outcome is", () => {
  it("committed where all hold, its results in the order of the operations", () => {
    const votes = [
      vote({ results: [result(1), result(10)], otherwise: [result(0)] }),
      vote({ results: [result(0), result(2)] }),
    ];
    expect(decide(votes)).toEqual({
      status: "committed",
      answer: {
        succeeded: true,
        failed: [],
        results: [result(0), result(1), result(2), result(10)],
      },
    });
  });

  it("the other branch where a condition fails anywhere, told by its place and revision (T6)", () => {
    const votes = [
      vote({ results: [result(4)], otherwise: [result(11), result(2)] }),
      vote({ failed: [failing(10), failing(3)], otherwise: [result(5)] }),
      vote({ failed: [failing(4)] }),
    ];
    expect(decide(votes)).toEqual({
      status: "else",
      answer: {
        succeeded: false,
        failed: [failing(3), failing(4), failing(10)],
        results: [result(2), result(5), result(11)],
      },
    });
  });

  it("the other branch also where an operation elsewhere could not run", () => {
    const votes = [vote({ fault: fault("one") }), vote({ failed: [failing(0)] })];
    expect(decide(votes).status).toBe("else");
  });

  it("aborted where an operation cannot run, for the first vote's reason", () => {
    const votes = [vote({}), vote({ fault: fault("one") }), vote({ fault: fault("two") })];
    expect(decide(votes)).toEqual({ status: "aborted", fault: fault("one") });
  });

  it("aborted where its answer is larger than what is kept of one", () => {
    const half = TRANSACTION_ANSWER_BYTES_MAX / 2;
    const tooLarge = {
      status: "aborted",
      fault: {
        code: "too-large",
        detail: expect.stringContaining(String(TRANSACTION_ANSWER_BYTES_MAX)) as string,
      },
    };
    const [fits, exceeds] = [half, half + 1].map((bytes) => [result(1, half), result(0, bytes)]);
    expect(decide([vote({ results: fits! })]).status).toBe("committed");
    expect(decide([vote({ results: exceeds! })])).toEqual(tooLarge);
    // Over several votes, and in the other branch; what is not told does not count.
    const [one, other] = exceeds!.map((each) => [each]);
    expect(decide([vote({ results: one! }), vote({ results: other! })])).toEqual(tooLarge);
    expect(decide([vote({ otherwise: exceeds! })]).status).toBe("committed");
    const failed = [failing(0)];
    expect(decide([vote({ otherwise: exceeds!, failed })])).toEqual(tooLarge);
    expect(decide([vote({ results: exceeds! }), vote({ failed })]).status).toBe("else");
  });

  it("that of one attempt alone (T3)", () => {
    expect(() => decide([])).toThrow(Violation);
    expect(() => decide([vote({}), vote({ attempt: 2 as Attempt })])).toThrow("T3");
    expect(() => decide([vote({}), vote({ id: "u" as TransactionId })])).toThrow("T3");
  });

  it("the same whoever decides: the votes are left as they were (T3)", () => {
    const votes = [
      vote({ failed: [failing(2), failing(1)], otherwise: [result(3), result(1)] }),
      vote({ otherwise: [result(2)] }),
    ];
    const before = structuredClone(votes);
    expect(decide(votes)).toEqual(decide([...votes].reverse()));
    expect(votes).toEqual(before);
  });
});

/** Keys of three groups, and one by itself. */
const keys = ["{a}1", "{a}2", "{b}1", "{b}2", "{c}1", "d"];
const INDEX = logIndex(100);
const NOW = 1_000 as Instant;

/** JSON that is often a number or an array, and often alike. */
const json: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -2, max: 2 }) },
  { weight: 2, arbitrary: fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 2 }) },
  fc.constantFrom<Json>(Number.MAX_SAFE_INTEGER, 0.5, null, "x", { a: 1, b: 2 }, { b: 2, a: 1 }),
);
const key = fc.constantFrom(...keys);
const getOf = key.map((of): GetOperation => ({ type: "get", key: of }));
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ type: fc.constant("exists" as const), key, exists: fc.boolean() }),
  fc.record({
    type: fc.constant("revision" as const),
    key,
    among: fc.array(fc.integer({ min: 1, max: keys.length }).map(logIndex), { maxLength: 4 }),
    negated: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("at-least" as const),
    key,
    least: fc.integer({ min: -3, max: 1 }),
  }),
  fc.record({ type: fc.constant("equals" as const), key, value: json }),
);
const writeOf = (on: string): fc.Arbitrary<Operation> =>
  fc.oneof(
    json.map(
      (value): Operation => ({ type: "put", key: on, value: jsonValue(value), ttlMs: null }),
    ),
    fc.constant<Operation>({ type: "delete", key: on }),
    fc.integer({ min: -2, max: 2 }).map((by): Operation => ({ type: "add", key: on, by })),
    fc
      .array(json, { maxLength: 2 })
      .map((values): Operation => ({ type: "append", key: on, values })),
  );
/** Each key written once at most, with reads before, between and after. */
const operations = fc
  .tuple(fc.shuffledSubarray(keys), fc.array(getOf, { maxLength: 4 }))
  .chain(([written, gets]) =>
    fc
      .tuple(...written.map(writeOf))
      .chain((writes) =>
        fc.shuffledSubarray([...writes, ...gets], { minLength: writes.length + gets.length }),
      ),
  );
const transaction = fc.record({
  conditions: fc.array(condition, { maxLength: 3 }),
  operations,
  otherwise: fc.array(getOf, { maxLength: 3 }),
});
/** JSON by key; a key's revision is its place in `keys`. */
const stateOf = fc.array(fc.option(json, { nil: undefined }), {
  minLength: keys.length,
  maxLength: keys.length,
});
type State = readonly (Json | undefined)[];

const revisionOf = (of: string) => keys.indexOf(of) + 1;
const recordsOf = (state: State): Records => ({
  record: (of): StoredRecord | null => {
    const stored = state[keys.indexOf(of)];
    if (stored === undefined) return null;
    const revision = logIndex(revisionOf(of));
    return { key: of, revision, value: jsonValue(stored), expiresAt: null };
  },
});

type Transaction = typeof transaction extends fc.Arbitrary<infer Of> ? Of : never;
/** What the client is told, its values as JSON; the fault's reason aside. */
type Told =
  | "aborted"
  | {
      readonly succeeded: boolean;
      readonly failed: readonly unknown[];
      readonly results: readonly unknown[];
    };

const sorted = (of: Json): Json =>
  JSON.parse(
    JSON.stringify(of, (_, inner: Json) =>
      inner !== null && typeof inner === "object" && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort())
        : inner,
    ),
  ) as Json;
const same = (a: Json, b: Json) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

/** The twin: one map of JSON, and everything done at once. */
function twin({ conditions, operations: run, otherwise }: Transaction, state: State) {
  const map = new Map<string, { json: Json; revision: number }>();
  for (const [at, stored] of state.entries()) {
    if (stored !== undefined) map.set(keys[at]!, { json: stored, revision: at + 1 });
  }
  const before = new Map(map);
  const get = (of: string, at: number) => {
    const found = map.get(of);
    return { at, op: "get", key: of, revision: found?.revision ?? null, value: found?.json };
  };
  const failed = conditions.flatMap((each, at) => {
    const found = map.get(each.key);
    const holds =
      each.type === "exists"
        ? map.has(each.key) === each.exists
        : each.type === "revision"
          ? (each.among as readonly number[]).some((of) => of === found?.revision) !== each.negated
          : each.type === "at-least"
            ? typeof found?.json === "number" && found.json >= each.least
            : each.type === "equals" && found !== undefined && same(found.json, each.value);
    return holds ? [] : [{ condition: at, key: each.key, revision: found?.revision ?? null }];
  });
  if (failed.length > 0) {
    const results = otherwise.map((each, at) => get(each.key, at));
    return { told: { succeeded: false, failed, results } as Told, map: before };
  }
  const results: unknown[] = [];
  for (const [at, each] of run.entries()) {
    const { type: op, key: on } = each;
    if (op === "get") {
      results.push(get(on, at));
      continue;
    }
    const old = map.get(on)?.json;
    let made: Json | undefined;
    if (op === "put") made = readJson(each.value);
    if (op === "add") {
      made = Number(old ?? 0) + each.by;
      const was = old === undefined ? 0 : old;
      if (!Number.isSafeInteger(was) || !Number.isSafeInteger(made)) {
        return { told: "aborted" as Told, map: before };
      }
    }
    if (op === "append") {
      if (old !== undefined && !Array.isArray(old)) return { told: "aborted" as Told, map: before };
      made = [...((old as Json[] | undefined) ?? []), ...each.values];
    }
    const revision = op === "delete" && old === undefined ? null : INDEX;
    if (made === undefined) map.delete(on);
    else map.set(on, { json: made, revision: INDEX });
    const value = op === "add" || op === "append" ? made : undefined;
    results.push({ at, op, key: on, revision, value });
  }
  return { told: { succeeded: true, failed: [], results } as Told, map };
}

/** One participant's vote, and what would become of its keys. */
function prepare(part: Part, records: Records) {
  const verdict = evaluate(part, records, INDEX, NOW);
  const cast = vote({
    failed: verdict.type === "fails" ? toFailed(verdict.failed, part.at.conditions) : [],
    fault: verdict.type === "faulty" ? verdict.fault : null,
    results: verdict.type === "holds" ? toResults(verdict.results, part.at.operations) : [],
    otherwise: toResults(readAll(part.otherwise, records), part.at.otherwise),
  });
  return { cast, effects: verdict.type === "holds" ? verdict.effects : [] };
}

function runWith(of: Transaction, state: State, groups: (key: string) => string) {
  const records = recordsOf(state);
  const prepared = split(of, groups).map((part) => prepare(part, records));
  // Nothing is named: nobody votes.
  if (prepared.length === 0) prepared.push({ cast: vote({}), effects: [] });
  const decision = decide(prepared.map(({ cast }) => cast));
  const effects = decision.status === "committed" ? prepared.flatMap((each) => each.effects) : [];
  const map = new Map<string, { json: Json; revision: number }>();
  for (const name of keys) {
    const found = records.record(name);
    if (found !== null) map.set(name, { json: readJson(found.value)!, revision: found.revision });
  }
  for (const effect of effects) {
    if (effect.type === "delete") map.delete(effect.key);
    else map.set(effect.key, { json: readJson(effect.value)!, revision: INDEX });
  }
  if (decision.status === "aborted") return { told: "aborted" as Told, map };
  const results = decision.answer.results.map(({ value, ...mark }) => ({
    ...mark,
    value: value && readJson(value as Value),
  }));
  return { told: { ...decision.answer, results } as Told, map };
}

describe("a transaction does what it does on one map, one step after the other", () => {
  const places: [string, (key: string) => string][] = [
    ["in one group", () => "one"],
    ["split over its groups", groupOf],
    ["split over a group for each key", (of) => of],
  ];
  it.each(places)("%s", (_, groups) => {
    const statuses = new Map<string, number>();
    fc.assert(
      fc.property(transaction, stateOf, (of, state) => {
        const found = runWith(of, state, groups);
        expect(found).toEqual(twin(of, state));
        const status = found.told === "aborted" ? "aborted" : String(found.told.succeeded);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }),
      { numRuns: 2_000 },
    );
    // A property that never came upon one of them would say nothing of it.
    for (const status of ["true", "false", "aborted"]) {
      expect(statuses.get(status) ?? 0, status).toBeGreaterThan(100);
    }
  });
});

it("a put's time to live counts from the evaluation, at whichever participant", () => {
  const operation: Operation = { type: "put", key: "d", value: jsonValue(1), ttlMs: ms(5) };
  const [part] = split({ conditions: [], operations: [operation], otherwise: [] }, groupOf);
  expect(prepare(part!, recordsOf([])).effects).toMatchObject([{ expiresAt: 1_005 }]);
});
