import { describe, expect, it } from "vitest";
import { VALUE_BYTES_MAX } from "../limits.ts";
import type { StoredRecord } from "../store/entry.ts";
import { type Instant, type Json, logIndex, ms, type Revision, type Value } from "../types.ts";
import { evaluate, type Records, readAll, toFailed, toMarks, toResults } from "./evaluate.ts";
import type { Condition, Operation } from "./request.ts";

const NOW = 1_000 as Instant;
const ENDS = 4_000 as Instant;
const INDEX = logIndex(9);
const revisions = (...of: number[]): Revision[] => of.map(logIndex);

const stored = (text: string, contentType = "application/json"): Value => ({
  bytes: new TextEncoder().encode(text),
  contentType,
});
const bytes = (...of: number[]): Uint8Array => Uint8Array.from(of);

/** What stands at revision 5, each until `ENDS`. */
const state: Readonly<Record<string, Value>> = {
  present: { bytes: bytes(1), contentType: "application/octet-stream" },
  ten: stored("10"),
  "ten point o": stored(" 1.00e1 ", "Application/JSON; charset=utf-8"),
  half: stored("0.5"),
  most: stored(String(Number.MAX_SAFE_INTEGER)),
  least: stored(String(Number.MIN_SAFE_INTEGER)),
  "too much": stored("9007199254740992"),
  quoted: stored('"10"'),
  broken: stored("{"),
  object: stored('{"a":1,"b":[1,{"c":null}]}'),
  array: stored("[1]"),
  "no array": stored('{"length":0}'),
  nothing: stored("null"),
  text: stored("open", "text/plain"),
  "text ten": stored("10", "text/plain"),
  latin: stored("open", "text/plain; charset=latin1"),
  "no text": { bytes: bytes(0xff), contentType: "text/plain" },
  full: stored(`["${"x".repeat(VALUE_BYTES_MAX - 6)}"]`),
};

const records: Records = {
  record: (key): StoredRecord | null => {
    const value = state[key];
    return value === undefined ? null : { key, revision: logIndex(5), value, expiresAt: ENDS };
  },
};

const put = (key: string, ttlMs: number | null = null): Operation => ({
  type: "put",
  key,
  value: stored("2"),
  ttlMs: ttlMs === null ? null : ms(ttlMs),
});
const get = (key: string) => ({ type: "get", key }) as const;
const del = (key: string): Operation => ({ type: "delete", key });
const add = (key: string, by: number): Operation => ({ type: "add", key, by });
const append = (key: string, ...values: Json[]): Operation => ({ type: "append", key, values });

const judge = (...conditions: Condition[]) =>
  evaluate({ conditions, operations: [] }, records, INDEX, NOW);
const run = (...operations: Operation[]) =>
  evaluate({ conditions: [], operations }, records, INDEX, NOW);

describe("a condition", () => {
  const exists = (key: string, should: boolean): Condition => ({
    type: "exists",
    key,
    exists: should,
  });
  const among = (key: string, of: number[], negated = false): Condition => ({
    type: "revision",
    key,
    among: revisions(...of),
    negated,
  });
  const atLeast = (key: string, least: number): Condition => ({ type: "at-least", key, least });
  const equals = (key: string, value: Json): Condition => ({ type: "equals", key, value });

  it.each<[string, Condition, boolean]>([
    ["that a key exists holds where it does", exists("present", true), true],
    ["that a key exists fails where it is absent", exists("absent", true), false],
    ["that a key is absent holds where it is", exists("absent", false), true],
    ["that a key is absent fails where it exists", exists("present", false), false],

    ["of a revision holds at that revision", among("present", [5]), true],
    ["of several revisions holds at one of them", among("present", [4, 5]), true],
    ["of a revision fails at another", among("present", [4]), false],
    ["of a revision fails where the key is absent", among("absent", [5]), false],
    ["of no revision holds at none", among("present", []), false],
    ["against a revision fails at that revision", among("present", [5], true), false],
    ["against a revision holds at another", among("present", [4], true), true],
    ["against a revision holds where the key is absent", among("absent", [5], true), true],

    ["of a least number holds above it", atLeast("ten", 9), true],
    ["of a least number holds at it", atLeast("ten", 10), true],
    ["of a least number fails below it", atLeast("ten", 10.5), false],
    ["of a least number holds however it is written", atLeast("ten point o", 10), true],
    ["of a least number looks at fractions", atLeast("half", 0.5), true],
    ["of a least number fails where the key is absent", atLeast("absent", -1), false],
    ["of a least number fails at a string", atLeast("quoted", 1), false],
    ["of a least number fails at null", atLeast("nothing", -1), false],
    ["of a least number fails at an array", atLeast("array", 1), false],
    ["of a least number fails at what is not JSON", atLeast("broken", -1), false],
    ["of a least number fails at text", atLeast("text ten", 1), false],
    ["of a least number fails at bytes", atLeast("present", -1), false],

    ["of a value holds at it", equals("ten", 10), true],
    ["of a value holds however it is written", equals("ten point o", 10), true],
    ["of a value fails at another", equals("ten", 11), false],
    ["of a value fails at another type", equals("quoted", 10), false],
    ["of a value looks inside", equals("object", { b: [1, { c: null }], a: 1 }), true],
    [
      "of a value fails at what differs inside",
      equals("object", { b: [1, { c: 0 }], a: 1 }),
      false,
    ],
    ["of null holds at null", equals("nothing", null), true],
    ["of null fails where the key is absent", equals("absent", null), false],
    ["of a string holds at that text", equals("text", "open"), true],
    ["of a string fails at another text", equals("text", "opened"), false],
    ["of a string holds at that JSON", equals("quoted", "10"), true],
    ["of a number fails at text", equals("text ten", 10), false],
    ["of a string fails at text in another character set", equals("latin", "open"), false],
    ["of a string fails at what is no text", equals("no text", "\ufffd"), false],
    ["of a string fails at JSON that is broken", equals("broken", "{"), false],
    ["of a string fails at bytes", equals("present", "\u0001"), false],
  ])("%s", (_, condition, holds) => {
    expect(judge(condition).type).toBe(holds ? "holds" : "fails");
  });

  it("that failed is named by its place, with the revision that failed it (T6)", () => {
    const conditions = [
      exists("present", true),
      atLeast("ten", 11),
      equals("absent", 1),
      among("present", [4]),
    ];
    // Also where an operation could not have been run.
    expect(evaluate({ conditions, operations: [add("text", 1)] }, records, INDEX, NOW)).toEqual({
      type: "fails",
      failed: [
        { condition: 1, key: "ten", revision: 5 },
        { condition: 2, key: "absent", revision: null },
        { condition: 3, key: "present", revision: 5 },
      ],
    });
  });

  it("looks at what is stored, not at what the operations do", () => {
    const conditions = [exists("absent", false)];
    expect(evaluate({ conditions, operations: [put("absent")] }, records, INDEX, NOW).type).toBe(
      "holds",
    );
  });
});

describe("a put", () => {
  it("says whether the key was there, and has the entry's index for its revision", () => {
    expect(run(put("present"), put("absent"))).toMatchObject({
      results: [
        { op: "put", key: "present", revision: 9, existed: true },
        { op: "put", key: "absent", revision: 9, existed: false },
      ],
    });
  });

  it("turns a time to live into the time when it ends, and forgets the one before", () => {
    expect(run(put("a", 250), put("present"))).toMatchObject({
      effects: [{ expiresAt: 1_250 }, { expiresAt: null }],
    });
  });

  it("tells no value", () => {
    expect(run(put("a"))).toEqual({
      type: "holds",
      effects: [{ type: "put", key: "a", value: stored("2"), expiresAt: null }],
      results: [{ op: "put", key: "a", revision: 9, existed: false }],
    });
  });
});

describe("a delete", () => {
  it("takes away what is there", () => {
    expect(run(del("present"))).toEqual({
      type: "holds",
      effects: [{ type: "delete", key: "present", expired: false }],
      results: [{ op: "delete", key: "present", revision: 9, existed: true }],
    });
  });

  it("has no effect where there is nothing, and no revision", () => {
    expect(run(del("absent"))).toEqual({
      type: "holds",
      effects: [],
      results: [{ op: "delete", key: "absent", revision: null, existed: false }],
    });
  });
});

describe("a get", () => {
  it("reads the value and its revision, or that there is none", () => {
    const results = [
      { op: "get", key: "ten", revision: 5, existed: true, value: stored("10") },
      { op: "get", key: "absent", revision: null, existed: false },
    ];
    expect(run(get("ten"), get("absent"))).toEqual({ type: "holds", effects: [], results });
    expect(readAll([get("ten"), get("absent")], records)).toEqual(results);
  });

  it("sees what was done before it, and nothing of what comes after", () => {
    expect(
      run(get("ten"), put("ten"), get("ten"), get("half"), del("half"), get("half"), get("text")),
    ).toMatchObject({
      results: [
        { revision: 5, existed: true, value: stored("10") },
        { op: "put" },
        { revision: 9, existed: true, value: stored("2") },
        { revision: 5, existed: true },
        { op: "delete" },
        { op: "get", key: "half", revision: null, existed: false },
        { revision: 5, value: stored("open", "text/plain") },
      ],
    });
  });
});

describe.each<[string, Operation, string, boolean]>([
  ["adds to an integer", add("ten", -30), "-20", true],
  ["adds to an integer however it is written", add("ten point o", 5), "15", true],
  ["adds to 0 where the key is absent", add("absent", 3), "3", false],
  ["adds 0 to 0", add("absent", -0), "0", false],
  [
    "adds up to the largest safe integer",
    add("absent", Number.MAX_SAFE_INTEGER),
    "9007199254740991",
    false,
  ],
  ["comes back from the largest", add("most", -1), "9007199254740990", true],
  ["comes back from the least", add("least", 1), "-9007199254740990", true],
  ["appends to an array", append("array", { a: [] }, "€"), '[1,{"a":[]},"€"]', true],
  ["appends to nothing where the key is absent", append("absent", 1, 2), "[1,2]", false],
  ["appends nothing", append("array"), "[1]", true],
])("what %s", (_, operation, text, existed) => {
  it("is stored and told as JSON, and keeps its time to live", () => {
    const value = stored(text);
    const { type: op, key } = operation;
    expect(run(operation)).toEqual({
      type: "holds",
      effects: [{ type: "put", key, value, expiresAt: existed ? ENDS : null }],
      results: [{ op, key, revision: 9, existed, value }],
    });
  });
});

describe("an operation that cannot run", () => {
  it.each<[string, Operation]>([
    ["an add to a fraction", add("half", 1)],
    ["an add to a string", add("quoted", 1)],
    ["an add to null", add("nothing", 1)],
    ["an add to an array", add("array", 1)],
    ["an add to text", add("text ten", 1)],
    ["an add to bytes", add("present", 1)],
    ["an add to broken JSON", add("broken", 1)],
    ["an add to an integer that is not safe", add("too much", -5)],
    ["a sum too large", add("most", 1)],
    ["a sum too small", add("least", -1)],
    ["a sum far too large", add("most", Number.MAX_SAFE_INTEGER)],
    ["an append to a number", append("ten", 1)],
    ["an append to an object", append("no array", 1)],
    ["an append to null", append("nothing", 1)],
    ["an append to text", append("text", 1)],
    ["an append to broken JSON", append("broken", 1)],
  ])("is a bad request and names the key: %s", (_, operation) => {
    const verdict = run(put("a"), operation, put("b"));
    expect(verdict).toMatchObject({ type: "faulty", fault: { code: "bad-request" } });
    expect(verdict).toMatchObject({
      fault: { detail: expect.stringContaining(`"${operation.key}"`) as string },
    });
  });

  it("is too large where it makes a value longer than a value may be", () => {
    // `,1` and `,10` make it as long as may be, and a byte longer.
    expect(run(append("full", 1))).toMatchObject({ type: "holds" });
    expect(run(append("full", 10))).toMatchObject({
      type: "faulty",
      fault: {
        code: "too-large",
        detail: expect.stringContaining(String(VALUE_BYTES_MAX)) as string,
      },
    });
  });

  it("is told by the first that cannot", () => {
    expect(run(add("ten", 1), append("text", 1), add("text", 1))).toMatchObject({
      fault: { detail: expect.stringContaining("append") as string },
    });
  });

  it("sees what was done before it", () => {
    expect(run(del("text"), add("text", 1))).toMatchObject({ type: "holds" });
    expect(run(add("a", 1), append("a", 1))).toMatchObject({ type: "faulty" });
  });
});

describe("in the whole transaction", () => {
  const results = readAll([get("ten"), get("absent")], records);

  it("results are marked without their values", () => {
    expect(toMarks(results, [3, 7])).toEqual([
      { at: 3, op: "get", key: "ten", revision: 5 },
      { at: 7, op: "get", key: "absent", revision: null },
    ]);
  });

  it("results are told with their values", () => {
    expect(toResults(results, [3, 7])).toEqual([
      { at: 3, op: "get", key: "ten", revision: 5, value: stored("10") },
      { at: 7, op: "get", key: "absent", revision: null },
    ]);
  });

  it("failed conditions are named by their place there", () => {
    const failed = [{ condition: 1, key: "k", revision: null }];
    expect(toFailed(failed, [2, 6])).toEqual([{ condition: 6, key: "k", revision: null }]);
  });

  it("every step has a place", () => {
    expect(() => toMarks(results, [3])).toThrow("step 1");
  });
});
