/** Transactions as a client sees them: what they do, what they answer, and what can be asked of them later. */
import { describe, expect, it } from "vitest";
import { transactionResultSchema } from "../../shared/wire/transaction-answers.ts";
import { freshKey, freshTag, get, mustPut, put } from "./keys-client.ts";
import { expectProblem } from "./service.ts";
import { mustTransact, statusOf, transact, valuesOf } from "./transactions-client.ts";

const json = { headers: { "Content-Type": "application/json" } };
const text = { headers: { "Content-Type": "text/plain" } };

/** Keys in one group, and keys in a group each. */
const LAYOUTS: [string, (names: readonly string[]) => string[]][] = [
  ["in one group", (names) => inOneGroup(names)],
  ["in a group each", (names) => names.map((name) => `${name}/${freshTag()}`)],
];

function inOneGroup(names: readonly string[]): string[] {
  const tag = freshTag();
  return names.map((name) => `${name}/{${tag}}`);
}

/** The status, revision and body of a key. */
async function sight(key: string): Promise<[number, number | null, string]> {
  const answer = await get(key);
  const body = await answer.text();
  const revision = answer.ok ? Number(answer.headers.get("ETag")?.replaceAll('"', "")) : null;
  return [answer.status, revision, answer.ok ? body : ""];
}

describe.each(LAYOUTS)("keys %s", (_, keysFor) => {
  it("the example of the contract", async () => {
    const [stock, cart, a, b, mode, hold] = keysFor(["stock", "cart", "a", "b", "mode", "hold"]);
    const { revision } = await mustPut(stock!, "7", json);
    await mustPut(a!, "100", json);
    await mustPut(mode!, "open", text);
    await mustPut(hold!, "x");
    const body = {
      if: [
        { key: stock, revision },
        { key: cart, exists: false },
        { key: a, atLeast: 30 },
        { key: mode, equals: "open" },
      ],
      then: [
        { op: "add", key: a, by: -30 },
        { op: "add", key: b, by: 30 },
        { op: "put", key: cart, value: { items: [7] }, ttlMs: 60_000 },
        { op: "delete", key: hold },
        { op: "get", key: stock },
      ],
      else: [{ op: "get", key: a }],
      deadlineMs: 5000,
      explain: false,
    };
    const answer = await transact(body);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    expect(answer.headers.get("Holdfast-Request-Id")).toBeTruthy();
    expect(answer.headers.get("Holdfast-Consistency")).toBe("strong");
    expect(answer.headers.get("Holdfast-Cost")).toMatch(/^calls=\d+, rows=\d+$/);
    expect(answer.headers.get("Holdfast-Replayed")).toBeNull();
    const told = await answer.json<Record<string, unknown>>();
    expect(transactionResultSchema.strict().parse(told)).toEqual(told);
    expect(Object.keys(told)).toEqual(["id", "succeeded", "results", "bookmark"]);
    expect(told["bookmark"]).toBe(answer.headers.get("Holdfast-Bookmark"));
    const number = (value: number) => ({
      value,
      encoding: "json",
      contentType: "application/json",
    });
    const written = expect.any(Number);
    expect(told).toMatchObject({
      succeeded: true,
      results: [
        { op: "add", key: a, revision: written, ...number(70) },
        { op: "add", key: b, revision: written, ...number(30) },
        { op: "put", key: cart, revision: written },
        { op: "delete", key: hold, revision: written },
        { op: "get", key: stock, revision, ...number(7) },
      ],
    });
    expect((told["results"] as unknown[])[2]).not.toHaveProperty("value");

    const [[, ofA, valueOfA], [, , valueOfB], [, ofCart, valueOfCart], [goneHold]] =
      await Promise.all([sight(a!), sight(b!), sight(cart!), sight(hold!)]);
    expect([valueOfA, valueOfB, valueOfCart, goneHold]).toEqual(["70", "30", '{"items":[7]}', 404]);
    const results = told["results"] as { revision: number }[];
    expect([results[0]!.revision, results[2]!.revision]).toEqual([ofA, ofCart]);

    // Again, now that the cart exists: nothing happens but the reads of else.
    const again = await mustTransact(body);
    expect(again).toMatchObject({
      succeeded: false,
      failed: [{ condition: 1, key: cart, revision: ofCart }],
      results: [{ op: "get", key: a, revision: ofA, ...number(70) }],
    });
    expect(await sight(a!)).toEqual([200, ofA, "70"]);
    expect(again.id).not.toBe(told["id"]);
  });

  it("all conditions that fail are named, with what failed them", async () => {
    const [a, b, c] = keysFor(["a", "b", "c"]);
    const { revision } = await mustPut(a!, "5", json);
    const told = await mustTransact({
      if: [
        { key: b, exists: true },
        { key: a, atLeast: 5 },
        { key: a, revision: revision + 1 },
        { key: a, equals: 6 },
      ],
      then: [{ op: "put", key: c, value: 1 }],
    });
    expect(told).toMatchObject({ succeeded: false, results: [] });
    expect(told.failed).toEqual([
      { condition: 0, key: b, revision: null },
      { condition: 2, key: a, revision },
      { condition: 3, key: a, revision },
    ]);
    expect((await get(c!)).status).toBe(404);
  });

  it("an operation that cannot run is a 400 that changes nothing", async () => {
    const [a, b, c] = keysFor(["a", "b", "c"]);
    await mustPut(a!, "text", text);
    await mustPut(b!, String(Number.MAX_SAFE_INTEGER), json);
    for (const wrong of [
      { op: "add", key: a, by: 1 },
      { op: "add", key: b, by: 1 },
      { op: "append", key: a, values: [1] },
      { op: "append", key: b, values: [1] },
    ]) {
      const answer = await transact({ then: [{ op: "put", key: c, value: 1 }, wrong] });
      const problem = await expectProblem(answer, "bad-request");
      expect(problem.errors).toHaveLength(1);
      expect(problem.detail).toContain(wrong.key);
      expect((await get(c!)).status).toBe(404);
      const found = await statusOf(problem["id"] as string);
      expect(found).toMatchObject({ status: "aborted", reason: { code: "bad-request" } });
    }
    expect((await sight(a!))[2]).toBe("text");
  });

  it("a transaction can be looked up, with the answer that was told", async () => {
    const [a, b] = keysFor(["a", "b"]);
    const body = {
      if: [{ key: a, exists: false }],
      then: [
        { op: "append", key: a, values: [{ x: "ü" }] },
        { op: "put", key: b, value: "AAH/", encoding: "base64" },
        { op: "get", key: b },
      ],
      else: [{ op: "get", key: b }],
    };
    for (const succeeded of [true, false]) {
      const { id, bookmark, ...told } = await mustTransact(body);
      expect(bookmark).toBeTruthy();
      expect(told.succeeded).toBe(succeeded);
      if (succeeded) expect(told.results[2]).toMatchObject({ value: "AAH/", encoding: "base64" });
      for (const query of ["", "?settle=false", "?settle=true"]) {
        expect(await statusOf(id, { query })).toEqual({ id, status: "committed", ...told });
      }
    }
  });

  it("reading alone takes all keys as of one instant, and writes nothing", async () => {
    const [a, b, c] = keysFor(["a", "b", "c"]);
    await mustTransact({
      then: [
        { op: "put", key: a, value: "one", encoding: "text" },
        { op: "put", key: b, value: [2] },
      ],
    });
    const before = [(await sight(a!))[1], (await sight(b!))[1]];
    const answer = await transact({
      if: [{ key: b, exists: true }],
      then: [a, b, c, a].map((key) => ({ op: "get", key })),
    });
    expect(answer.headers.get("Holdfast-Cost")).toMatch(/rows=0$/);
    const { id, results } = await answer.json<Awaited<ReturnType<typeof mustTransact>>>();
    const textOf = { value: "one", encoding: "text", contentType: "text/plain; charset=utf-8" };
    expect(results).toEqual([
      { op: "get", key: a, revision: before[0], ...textOf },
      {
        op: "get",
        key: b,
        revision: before[1],
        value: [2],
        encoding: "json",
        contentType: "application/json",
      },
      { op: "get", key: c, revision: null },
      { op: "get", key: a, revision: before[0], ...textOf },
    ]);
    expect([(await sight(a!))[1], (await sight(b!))[1]]).toEqual(before);
    expect(id).toMatch(/^[0-9A-Z]{26}\../);
    const failing = await mustTransact({
      if: [{ key: c, exists: true }],
      else: [{ op: "get", key: b }],
    });
    expect(failing).toMatchObject({
      succeeded: false,
      failed: [{ condition: 0, key: c, revision: null }],
      results: [{ key: b, value: [2] }],
    });
  });

  it("a trace is told to those who ask for it", async () => {
    const [a, b] = keysFor(["a", "b"]);
    for (const op of ["put", "get"]) {
      const steps = [a, b].map((key) => (op === "put" ? { op, key, value: 1 } : { op, key }));
      const { trace } = await mustTransact({ then: steps, explain: true });
      expect(trace!.length).toBeGreaterThan(0);
      let before = 0;
      for (const { atMs, event, group } of trace!) {
        expect(atMs).toBeGreaterThanOrEqual(before);
        before = atMs;
        expect(event).toMatch(/^[a-z]/);
        expect(group).not.toBe("");
      }
    }
  });
});

describe("a condition", () => {
  const object = '{"b":[1,{"c":null}],"a":"x"}';
  const VALUES: [string, string, string][] = [
    ["number", "30", "application/json"],
    ["fraction", "29.5", "application/json; charset=utf-8"],
    ["string", '"open"', "application/json"],
    ["object", object, "application/json"],
    ["text", "open", "text/plain"],
    ["digits", "30", "text/plain"],
    ["bytes", "30", "application/octet-stream"],
    ["broken", "{", "application/json"],
    ["nothing", "null", "application/json"],
  ];
  const HOLD: Record<string, readonly string[]> = {
    '{"exists":true}': VALUES.map(([name]) => name),
    '{"exists":false}': ["absent"],
    '{"atLeast":30}': ["number"],
    '{"atLeast":29.5}': ["number", "fraction"],
    '{"atLeast":31}': [],
    '{"equals":30}': ["number"],
    '{"equals":"30"}': ["digits"],
    '{"equals":"open"}': ["string", "text"],
    '{"equals":null}': ["nothing"],
    '{"equals":{"a":"x","b":[1,{"c":null}]}}': ["object"],
    '{"equals":{"a":"x","b":[1,{}]}}': [],
  };

  it.each(Object.entries(HOLD))("%s holds for %j", async (condition, holding) => {
    const tag = freshTag();
    for (const [name, body, type] of VALUES) {
      await mustPut(`{${tag}}${name}`, body, { headers: { "Content-Type": type } });
    }
    for (const name of [...VALUES.map(([each]) => each), "absent"]) {
      const body = { if: [{ key: `{${tag}}${name}`, ...JSON.parse(condition) }] };
      expect((await mustTransact(body)).succeeded, name).toBe(holding.includes(name));
    }
  });

  it("on the revision is what a read told", async () => {
    const key = freshKey();
    const first = await mustPut(key);
    const { revision } = await mustPut(key);
    const holds = async (of: number) =>
      (await mustTransact({ if: [{ key, revision: of }] })).succeeded;
    expect([await holds(first.revision), await holds(revision)]).toEqual([false, true]);
  });

  it("looks at what was there before the operations", async () => {
    const key = freshKey();
    const told = await mustTransact({
      if: [{ key, exists: false }],
      then: [{ op: "put", key, value: 1 }],
    });
    expect(told.succeeded).toBe(true);
  });
});

describe("an operation", () => {
  it.each([
    [{ value: { a: [1, "ü", null] } }, '{"a":[1,"ü",null]}', "application/json"],
    [{ value: null }, "null", "application/json"],
    [{ value: "x", encoding: "json" }, '"x"', "application/json"],
    [{ value: "ü €", encoding: "text" }, "ü €", "text/plain; charset=utf-8"],
    [{ value: "", encoding: "text" }, "", "text/plain; charset=utf-8"],
    [{ value: "aGk=", encoding: "base64" }, "hi", "application/octet-stream"],
    [{ value: "", encoding: "base64" }, "", "application/octet-stream"],
    [{ value: "<p>", encoding: "text", contentType: "text/html" }, "<p>", "text/html"],
    [{ value: [1], contentType: "application/geo+json" }, "[1]", "application/geo+json"],
  ])("put %j stores its bytes and type", async (put, body, contentType) => {
    const key = freshKey();
    await mustTransact({ then: [{ op: "put", key, ...put }] });
    const answer = await get(key);
    expect([await answer.text(), answer.headers.get("Content-Type")]).toEqual([body, contentType]);
  });

  it("put with a time to live is gone when it ends", async () => {
    const key = freshKey();
    await mustTransact({ then: [{ op: "put", key, value: 1, ttlMs: 1 }] });
    await expect.poll(async () => (await get(key)).status, { interval: 5 }).toBe(404);
  });

  it("delete tells whether there was something", async () => {
    const [there, absent] = inOneGroup(["there", "absent"]);
    await mustPut(there!);
    const { results } = await mustTransact({
      then: [
        { op: "delete", key: there },
        { op: "delete", key: absent },
      ],
    });
    expect(results).toEqual([
      { op: "delete", key: there, revision: expect.any(Number) },
      { op: "delete", key: absent, revision: null },
    ]);
  });

  it("add counts, from 0 where there is nothing, and by 0 and below", async () => {
    const key = freshKey();
    const add = async (by: number) =>
      (await mustTransact({ then: [{ op: "add", key, by }] })).results[0]!.value;
    expect([await add(5), await add(-7), await add(0)]).toEqual([5, -2, -2]);
    expect((await sight(key))[2]).toBe("-2");
    const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER } = Number;
    expect(await add(MIN_SAFE_INTEGER + 2)).toBe(MIN_SAFE_INTEGER);
    expect(await add(MAX_SAFE_INTEGER)).toBe(0);
  });

  it.each([
    ["text/plain", "5"],
    ["application/json", "1.5"],
    ["application/json", '"5"'],
    ["application/json", "9007199254740992"],
    ["application/json", "null"],
    ["application/json", "{"],
    ["application/octet-stream", "5"],
  ])("add to %s %s is a 400", async (type, body) => {
    const key = freshKey();
    await put(key, body, { headers: { "Content-Type": type } });
    await expectProblem(await transact({ then: [{ op: "add", key, by: 1 }] }), "bad-request");
    expect((await sight(key))[2]).toBe(body);
  });

  it("append adds to the end, and leaves what was there as it was written", async () => {
    const key = freshKey();
    const append = (...values: unknown[]) =>
      mustTransact({ then: [{ op: "append", key, values }] });
    expect((await append(1, "b")).results[0]).toMatchObject({ value: [1, "b"] });
    await put(key, "[ 12345678901234567890 ]", json);
    const told = await transact({ then: [{ op: "append", key, values: [[2]] }] });
    expect(await told.text()).toContain("12345678901234567890");
    expect((await sight(key))[2]).toContain("12345678901234567890");
  });

  it("append past a value's bytes is a 413", async () => {
    const key = freshKey();
    const values = ["x".repeat(600_000)];
    await mustTransact({ then: [{ op: "append", key, values }] });
    const answer = await transact({ then: [{ op: "append", key, values }] });
    await expectProblem(answer, "too-large");
  });

  it("sees what those before it did", async () => {
    const [a, b] = inOneGroup(["a", "b"]);
    const { results } = await mustTransact({
      then: [
        { op: "get", key: a },
        { op: "put", key: a, value: 1 },
        { op: "get", key: a },
        { op: "add", key: b, by: 2 },
        { op: "get", key: b },
      ],
    });
    expect(results.map(({ value }) => value)).toEqual([undefined, undefined, 1, 2, 2]);
    expect(new Set(results.slice(1).map(({ revision }) => revision)).size).toBe(1);
  });

  it("may name keys that a path cannot", async () => {
    const tag = freshTag();
    const keys = ["..", ".", "a/../b", "\u0000", "💥", " ", "__proto__", "{}"].map(
      (key) => `${key}{${tag}}`,
    );
    await mustTransact({ then: keys.map((key) => ({ op: "put", key, value: key })) });
    expect(await valuesOf(keys)).toEqual(keys);
  });
});

describe("a bookmark", () => {
  it("is of all groups, and of what the client had seen before", async () => {
    const [a, b, other] = [freshKey(), freshKey(), freshKey()];
    const earlier = (await put(other, "x")).headers.get("Holdfast-Bookmark") ?? "";
    const then = [
      { op: "put", key: a, value: 1 },
      { op: "put", key: b, value: 2 },
    ];
    const headers = { "Holdfast-Bookmark": earlier };
    const { bookmark } = await mustTransact({ then }, { headers });
    const groups = bookmark.split(".").slice(1);
    expect(groups).toHaveLength(3);
    expect(groups).toContain(earlier.split(".")[1]);
    const read = await get(a, {
      query: "?consistency=session",
      headers: { "Holdfast-Bookmark": bookmark },
    });
    expect(await read.text()).toBe("1");
  });
});

describe("money moved among accounts by many at once", () => {
  it("is neither made nor lost, and nobody who reads sees otherwise", async () => {
    const accounts = Array.from({ length: 6 }, (_, n) => `account-${n}/${freshTag()}`);
    await mustTransact({ then: accounts.map((key) => ({ op: "put", key, value: 100 })) });
    const move = (from: string, to: string) =>
      mustTransact({
        if: [{ key: from, atLeast: 10 }],
        then: [
          { op: "add", key: from, by: -10 },
          { op: "add", key: to, by: 10 },
        ],
        deadlineMs: 30_000,
      });
    const total = async () =>
      (await valuesOf(accounts)).reduce<number>((sum, value) => sum + (value as number), 0);
    const work = Array.from({ length: 24 }, (_, n) => {
      const from = accounts[n % accounts.length]!;
      const to = accounts[(n * 5 + 1 + Math.floor(n / 6)) % accounts.length]!;
      return n % 6 === 5 || from === to ? total() : move(from, to);
    });
    for (const told of await Promise.all(work))
      if (typeof told === "number") expect(told).toBe(600);
    expect(await total()).toBe(600);
  }, 60_000);

  it("counts every increment of a hot key", async () => {
    const [one, other] = [freshKey(), freshKey()];
    const then = [
      { op: "add", key: one, by: 1 },
      { op: "add", key: other, by: 1 },
    ];
    const results = await Promise.all(
      Array.from({ length: 16 }, () => mustTransact({ then, deadlineMs: 30_000 })),
    );
    const seen = results.map(({ results: [first] }) => first!.value as number);
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, n) => n + 1));
    expect(await valuesOf([one, other])).toEqual([16, 16]);
  }, 60_000);
});
