/** Transactions that are malformed or too large: refused before any lock is taken, naming every fault. */
import { beforeAll, describe, expect, it } from "vitest";
import {
  JSON_DEPTH_MAX,
  KEY_BYTES_MAX,
  TRANSACTION_BODY_BYTES_MAX,
  TRANSACTION_BYTES_MAX,
  TRANSACTION_GROUPS_MAX,
  TRANSACTION_STEPS_MAX,
  VALUE_BYTES_MAX,
} from "../../shared/limits.ts";
import { call, counter, expectProblem } from "./service.ts";
import { lookUp, mustTransact, transact } from "./transactions-client.ts";

const put = (key: string, value: unknown = 1) => ({ op: "put", key, value });
const get = (key: string) => ({ op: "get", key });

beforeAll(async () => {
  // The namespace's object is asked once.
  await call("GET", "/v1/default/keys/any");
});

/** Refused with these faults, without a call to any object. */
async function expectFaults(body: unknown, paths: readonly string[]): Promise<void> {
  const before = await counter("holdfast_object_calls_total");
  const problem = await expectProblem(await transact(body), "bad-request");
  expect(problem.errors?.map((fault) => fault.path)).toEqual(paths);
  expect(problem).not.toHaveProperty("id");
  expect(await counter("holdfast_object_calls_total")).toBe(before);
}

describe("a body", () => {
  it.each<[string, unknown, string[]]>([
    ["without a step", {}, ["body"]],
    ["with empty lists", { if: [], then: [], else: [] }, ["body"]],
    ["that is a list", [], ["body"]],
    ["that is null", null, ["body"]],
    ["that is a number", 5, ["body"]],
    ["with a field nobody knows", { then: [get("a")], when: 1 }, ["when"]],
    ["with a field objects inherit", { then: [get("a")], constructor: 1 }, ["constructor"]],
    ["whose branch is no list", { then: get("a") }, ["then"]],
    ["whose condition is no object", { if: [1], then: [get("a")] }, ["if[0]"]],
    ["whose explain is no truth value", { then: [get("a")], explain: "yes" }, ["explain"]],
  ])("%s is a 400", async (_, body, paths) => {
    await expectFaults(body, paths);
  });

  it.each([0, -1, 1.5, 30_001, 3_600_000, "5000", null])(
    "takes no deadline of %j",
    async (deadlineMs) => {
      await expectFaults({ then: [get("a")], deadlineMs }, ["deadlineMs"]);
    },
  );

  it("names all its faults at once", async () => {
    const body = { if: [{ key: "" }], then: [{ op: "put", key: "a" }], deadlineMs: 0, x: 1 };
    const problem = await expectProblem(await transact(body), "bad-request");
    const paths = problem.errors?.map((fault) => fault.path).sort();
    expect(paths).toEqual(["deadlineMs", "if[0]", "if[0].key", "then[0].value", "x"]);
  });

  it("in another media type is a 415", async () => {
    const headers = { "Content-Type": "text/plain" };
    const body = JSON.stringify({ then: [get("a")] });
    await expectProblem(await transact(body, { headers }), "unsupported-media-type");
  });

  it("that is not JSON is a 400", async () => {
    const headers = { "Content-Type": "application/json" };
    for (const body of ["", "{", "{'then':[]}"]) {
      await expectProblem(await transact(body, { headers }), "bad-request");
    }
  });

  it("cannot be answered with anything but JSON", async () => {
    const headers = { Accept: "text/html" };
    await expectProblem(await transact({ then: [get("a")] }, { headers }), "not-acceptable");
  });

  it("of nothing but faults is not echoed", async () => {
    const names = Array.from({ length: 10_000 }, (_, n) => [`field-${n}`, 1]);
    const answer = await transact({ then: [get("a")], ...Object.fromEntries(names) });
    const problem = await expectProblem(answer, "bad-request");
    expect(problem.errors).toHaveLength(100);
  });

  it("nested without end is refused", async () => {
    const headers = { "Content-Type": "application/json" };
    const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    for (const depth of [JSON_DEPTH_MAX + 1, 100_000]) {
      for (const body of [
        `{"then":[{"op":"put","key":"a","value":${deep(depth)}}]}`,
        `{"then":[{"op":"append","key":"a","values":[${deep(depth)}]}]}`,
        `{"if":[{"key":"a","equals":${deep(depth)}}]}`,
        `{"then":${deep(depth)}}`,
      ]) {
        await expectProblem(await transact(body, { headers }), "bad-request");
      }
    }
  });
});

describe("headers", () => {
  it.each([
    ["Idempotency-Key", ""],
    ["Idempotency-Key", "x".repeat(256)],
    ["Holdfast-Bookmark", "junk"],
  ])("%s of %j is a 400", async (name, value) => {
    const answer = await transact({ then: [get("a")] }, { headers: { [name]: value } });
    const problem = await expectProblem(answer, "bad-request");
    expect(problem.errors?.map((fault) => fault.path)).toEqual([name]);
  });
});

describe("a condition", () => {
  it.each<[unknown, string[]]>([
    [{}, ["if[0].key"]],
    [{ key: "a" }, ["if[0]"]],
    [{ key: "a", exists: true, revision: 1 }, ["if[0]"]],
    [{ key: "a", atLeast: 1, equals: null }, ["if[0]"]],
    [{ key: "", exists: true }, ["if[0].key"]],
    [{ key: 5, exists: true }, ["if[0].key"]],
    [{ key: "\ud800", exists: true }, ["if[0].key"]],
    [{ key: "a", exists: "yes" }, ["if[0].exists"]],
    [{ key: "a", revision: 0 }, ["if[0].revision"]],
    [{ key: "a", revision: -1 }, ["if[0].revision"]],
    [{ key: "a", revision: 1.5 }, ["if[0].revision"]],
    [{ key: "a", revision: "1" }, ["if[0].revision"]],
    [{ key: "a", revision: 2 ** 60 }, ["if[0].revision"]],
    [{ key: "a", atLeast: "1" }, ["if[0].atLeast"]],
    [{ key: "a", atMost: 1 }, ["if[0].atMost", "if[0]"]],
    [{ revision: 1 }, ["if[0].key"]],
    [{ lock: "a" }, ["if[0].token"]],
    [{ lock: "a", token: 42, key: "b" }, ["if[0].key"]],
    [{ lock: "", token: 42 }, ["if[0].lock"]],
    [{ lock: "a", token: 0 }, ["if[0].token"]],
  ])("%j is a 400", async (condition, paths) => {
    await expectFaults({ if: [condition], then: [get("a")] }, paths);
  });

  it("that is no number is a 400", async () => {
    const headers = { "Content-Type": "application/json" };
    const body = '{"if":[{"key":"a","atLeast":1e999}],"then":[]}';
    await expectProblem(await transact(body, { headers }), "bad-request");
  });
});

describe("an operation", () => {
  it.each<[unknown, string[]]>([
    [{}, ["then[0].op"]],
    [5, ["then[0]"]],
    [{ op: "increment", key: "a" }, ["then[0].op"]],
    [{ op: "get" }, ["then[0].key"]],
    [{ op: "get", key: "" }, ["then[0].key"]],
    [{ op: "get", key: "a", value: 1 }, ["then[0].value"]],
    [{ op: "delete", key: "a", revision: 1 }, ["then[0].revision"]],
    [{ op: "put", key: "a" }, ["then[0].value"]],
    [{ op: "put", key: "a", value: 1, encoding: "hex" }, ["then[0].encoding"]],
    [{ op: "put", key: "a", value: 1, encoding: "text" }, ["then[0].value"]],
    [{ op: "put", key: "a", value: "\udc00", encoding: "text" }, ["then[0].value"]],
    [{ op: "put", key: "a", value: 1, encoding: "base64" }, ["then[0].value"]],
    [{ op: "put", key: "a", value: "a", encoding: "base64" }, ["then[0].value"]],
    [{ op: "put", key: "a", value: "YQ", encoding: "base64" }, ["then[0].value"]],
    [{ op: "put", key: "a", value: "Y Q=", encoding: "base64" }, ["then[0].value"]],
    [{ op: "put", key: "a", value: "_-8=", encoding: "base64" }, ["then[0].value"]],
    [{ op: "put", key: "a", value: 1, contentType: "" }, ["then[0].contentType"]],
    [{ op: "put", key: "a", value: 1, contentType: "a\nb" }, ["then[0].contentType"]],
    [{ op: "put", key: "a", value: 1, contentType: "x".repeat(256) }, ["then[0].contentType"]],
    [{ op: "put", key: "a", value: 1, ttlMs: 0 }, ["then[0].ttlMs"]],
    [{ op: "put", key: "a", value: 1, ttlMs: 1e15 }, ["then[0].ttlMs"]],
    [{ op: "put", key: "a", value: 1, ttlMs: "5" }, ["then[0].ttlMs"]],
    [{ op: "put", key: "a", value: 1, ttl_ms: 5 }, ["then[0].ttl_ms"]],
    [{ op: "add", key: "a" }, ["then[0].by"]],
    [{ op: "add", key: "a", by: 1.5 }, ["then[0].by"]],
    [{ op: "add", key: "a", by: "1" }, ["then[0].by"]],
    [{ op: "add", key: "a", by: 2 ** 53 }, ["then[0].by"]],
    [{ op: "append", key: "a" }, ["then[0].values"]],
    [{ op: "append", key: "a", values: 1 }, ["then[0].values"]],
    [{ op: "append", key: "a", value: [1] }, ["then[0].values", "then[0].value"]],
  ])("%j is a 400", async (operation, paths) => {
    await expectFaults({ then: [operation] }, paths);
  });

  it.each(["put", "delete", "add", "append"])("of else may not be %s", async (op) => {
    const body = { if: [{ key: "a", exists: true }], else: [{ op, key: "a" }] };
    await expectFaults(body, ["else[0].op"]);
  });

  it("may write a key once", async () => {
    const writes = [
      put("a"),
      { op: "delete", key: "a" },
      get("a"),
      { op: "add", key: "b", by: 1 },
      { op: "append", key: "b", values: [1] },
    ];
    await expectFaults({ then: writes }, ["then[1].key", "then[4].key"]);
  });
});

describe("limits", () => {
  const many = (count: number, key: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => get(key(n)));

  it(`are ${TRANSACTION_STEPS_MAX} conditions and operations together`, async () => {
    const condition = { key: "{many}", exists: false };
    const body = (reads: number) => ({
      if: [condition],
      then: many(reads, () => "{many}a"),
      else: many(1, () => "{many}a"),
    });
    await mustTransact(body(TRANSACTION_STEPS_MAX - 2));
    const problem = await expectProblem(
      await transact(body(TRANSACTION_STEPS_MAX - 1)),
      "bad-request",
    );
    expect(problem.detail).toContain(String(TRANSACTION_STEPS_MAX));
    // A million of anything is counted, and not looked at.
    await expectFaults({ then: Array(1_000_000).fill(0) }, ["body"]);
  });

  it(`are ${TRANSACTION_GROUPS_MAX} groups`, async () => {
    await mustTransact({ then: many(TRANSACTION_GROUPS_MAX, (n) => `group-${n}`) });
    const problem = await expectProblem(
      await transact({ then: many(TRANSACTION_GROUPS_MAX + 1, (n) => `group-${n}`) }),
      "bad-request",
    );
    expect(problem.detail + JSON.stringify(problem.errors)).toContain(
      String(TRANSACTION_GROUPS_MAX),
    );
  });

  it(`are ${KEY_BYTES_MAX} bytes a key`, async () => {
    await mustTransact({ then: [get("ü".repeat(KEY_BYTES_MAX / 2))] });
    for (const body of [
      { then: [get(`${"ü".repeat(KEY_BYTES_MAX / 2)}a`)] },
      { if: [{ key: "a".repeat(KEY_BYTES_MAX + 1), exists: true }] },
    ]) {
      const problem = await expectProblem(await transact(body), "too-large");
      expect(problem.detail).toContain(String(KEY_BYTES_MAX));
      expect(problem.errors).toHaveLength(1);
    }
  });

  it.each<[string, (bytes: number) => unknown]>([
    ["a text", (bytes) => ({ op: "put", key: "k", value: "x".repeat(bytes), encoding: "text" })],
    ["JSON", (bytes) => ({ op: "put", key: "k", value: "x".repeat(bytes - 2) })],
    ["what is appended", (bytes) => ({ op: "append", key: "l", values: ["x".repeat(bytes - 4)] })],
    [
      "base64",
      (bytes) => ({
        op: "put",
        key: "k",
        value: `${"AAAA".repeat(Math.floor(bytes / 3))}${["", "AA==", "AAA="][bytes % 3]}`,
        encoding: "base64",
      }),
    ],
  ])(`are ${VALUE_BYTES_MAX} bytes a value: %s`, async (_, operation) => {
    const problem = await expectProblem(
      await transact({ then: [operation(VALUE_BYTES_MAX + 1)] }),
      "too-large",
    );
    expect(problem.detail).toContain(String(VALUE_BYTES_MAX));
  });

  it(`are ${TRANSACTION_BYTES_MAX} bytes of values in all`, async () => {
    const value = "x".repeat(VALUE_BYTES_MAX - 2);
    const body = { then: [put("a", value), put("b", value), put("c", 1)] };
    const problem = await expectProblem(await transact(body), "too-large");
    expect(problem.errors?.map((fault) => fault.path)).toEqual(["then[2].value"]);
    const alsoCounts = { if: [{ key: "a", equals: "x" }], then: body.then.slice(0, 2) };
    await expectProblem(await transact(alsoCounts), "too-large");
  });

  it("are some bytes more for the body as it is written", async () => {
    const body = `{"then":[${" ".repeat(TRANSACTION_BODY_BYTES_MAX)}]}`;
    const headers = { "Content-Type": "application/json" };
    await expectProblem(await transact(body, { headers }), "too-large");
  });
});

describe("looking up", () => {
  const id = "01JD3T3V9Q4M8Y2N6W5X7Z0ABC.a";

  it.each([
    "nothing",
    "01JD3T3V9Q4M8Y2N6W5X7Z0ABC",
    "01JD3T3V9Q4M8Y2N6W5X7Z0ABC.",
    "81JD3T3V9Q4M8Y2N6W5X7Z0ABC.a",
    "01jd3t3v9q4m8y2n6w5x7z0abc.a",
    "01JD3T3V9Q4M8Y2N6W5X7Z0ABC.a/b",
    "01JD3T3V9Q4M8Y2N6W5X7Z0ABC.~zz",
    "01JD3T3V9Q4M8Y2N6W5X7Z0ABC.~ff",
  ])("%s is no id", async (text) => {
    const problem = await expectProblem(await lookUp(text), "bad-request");
    expect(problem.errors?.map((fault) => fault.path)).toEqual(["id"]);
  });

  it.each([
    "settle",
    "settle=",
    "settle=yes",
    "settle=1",
    "explain=true",
    "settle=true&settle=true",
  ])("takes no ?%s", async (query) => {
    await expectProblem(await lookUp(id, { query: `?${query}` }), "bad-request");
  });
});

it("methods are those of the contract", async () => {
  const paths = [
    ["/v1/default/transactions", "POST, OPTIONS"],
    ["/v1/default/transactions/x", "GET, HEAD, OPTIONS"],
  ] as const;
  for (const [path, allow] of paths) {
    for (const method of ["GET", "PUT", "POST", "DELETE"]) {
      if (allow.split(", ").includes(method)) continue;
      const answer = await call(method, path);
      expect(answer.headers.get("Allow")).toBe(allow);
      await expectProblem(answer, "method-not-allowed");
    }
  }
});
