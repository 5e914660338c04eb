import { describe, expect, it } from "vitest";
import { json, problem, type Sent, World } from "./fixture.ts";
import type { Interactive } from "./index.ts";

/** A service of a few keys with JSON values, without any concurrency but what a test adds. */
class Store {
  readonly values = new Map<string, { value: unknown; revision: number }>();
  revision = 0;

  put(key: string, value: unknown): void {
    this.values.set(key, { value, revision: ++this.revision });
  }

  readonly answer = ({ method, url, json: body }: Sent) => {
    if (method === "GET")
      return this.#get(decodeURIComponent(url.pathname.split("/keys/")[1] ?? ""));
    return this.#transact(body as Body);
  };

  #get(key: string) {
    const found = this.values.get(key);
    if (found === undefined) return problem("key-not-found");
    return json(found.value, { "Holdfast-Revision": String(found.revision) });
  }

  #transact(body: Body) {
    const failed = body.if.flatMap(({ key, revision = null }, condition) => {
      const now = this.values.get(key)?.revision ?? null;
      return now === revision ? [] : [{ condition, key, revision: now }];
    });
    const succeeded = failed.length === 0;
    const results = succeeded ? body.then.map((step) => this.#run(step)) : [];
    return json({ id: "T.a", succeeded, results, failed, bookmark: "1.a-1" });
  }

  #run({ op, key, value, by = 0 }: Step) {
    const before = this.values.get(key);
    if (op === "put") this.put(key, value);
    if (op === "delete") this.values.delete(key);
    if (op === "add") this.put(key, ((before?.value as number | undefined) ?? 0) + by);
    const after = this.values.get(key);
    return { op, key, revision: after?.revision ?? null, value: after?.value, encoding: "json" };
  }
}

interface Step {
  readonly op: string;
  readonly key: string;
  readonly value?: unknown;
  readonly by?: number;
}

interface Body {
  readonly if: readonly { readonly key: string; readonly revision?: number }[];
  readonly then: readonly Step[];
}

function setUp(values: Readonly<Record<string, unknown>> = {}) {
  const store = new Store();
  for (const [key, value] of Object.entries(values)) store.put(key, value);
  const world = new World(store.answer);
  const commits = () =>
    world.sent.filter(({ method }) => method === "POST").map((sent) => sent.json as Body);
  return { store, world, holdfast: world.connect(), commits };
}

describe("an interactive transaction", () => {
  it("commits on the condition that nothing it read has changed", async () => {
    const { holdfast, commits, store } = setUp({ a: 1 });
    const result = await holdfast.transact(async (tx) => {
      const a = (await tx.get<number>("a")) ?? 0;
      expect(await tx.get("b")).toBeNull();
      tx.put("b", a + 1);
      tx.delete("a");
      return "done";
    });
    expect(result).toBe("done");
    expect(commits()).toEqual([
      {
        if: [
          { key: "a", revision: 1 },
          { key: "b", exists: false },
        ],
        then: [
          { op: "put", key: "b", value: 2 },
          { op: "delete", key: "a" },
        ],
        else: [],
        deadlineMs: 5_000,
      },
    ]);
    expect([...store.values]).toEqual([["b", { value: 2, revision: 2 }]]);
  });

  it("is done anew where something has, each commit under a key of its own", async () => {
    const { holdfast, world, store } = setUp({ a: 1 });
    let tries = 0;
    const work = async (tx: Interactive) => {
      const a = (await tx.get<number>("a")) ?? 0;
      if (++tries < 3) store.put("a", a + 10);
      tx.put("a", a + 1);
      return tries;
    };
    expect(await world.until(holdfast.transact(work))).toBe(3);
    expect(store.values.get("a")?.value).toBe(22);
    const keys = world.sent.flatMap(({ headers }) => headers.get("Idempotency-Key") ?? []);
    expect(new Set(keys).size).toBe(3);
    expect(world.now).toBeGreaterThan(0);
  });

  it("gives up when its time is over, definitely", async () => {
    const { holdfast, world, store } = setUp({ a: 1 });
    const work = async (tx: Interactive) => {
      await tx.get("a");
      store.put("a", 1);
      tx.put("b", 1);
    };
    const error = await world.failureOf(holdfast.transact(work, { timeoutMs: 1_000 }));
    expect(error).toMatchObject({ code: "transaction-conflict", definite: true, retryable: true });
    expect(world.now).toBeLessThanOrEqual(1_000);
    const few = world.failureOf(holdfast.transact(work, { retries: 2 }));
    expect(await few).toMatchObject({
      code: "transaction-conflict",
      detail: expect.stringMatching(/3 times/),
    });
  });

  it("whose work throws has no effect", async () => {
    const { holdfast, world, commits } = setUp();
    const mine = new Error("not enough");
    let leaked: Interactive | undefined;
    const error = await world.failureOf(
      holdfast.transact(async (tx) => {
        leaked = tx;
        tx.put("a", 1);
        throw mine;
      }),
    );
    expect(error).toBe(mine);
    expect(commits()).toEqual([]);
    expect(() => leaked?.put("a", 2)).toThrow("over");
  });

  it("that read one key and wrote nothing has nothing to validate", async () => {
    const { holdfast, commits } = setUp({ a: 1 });
    expect(await holdfast.transact((tx) => tx.get("a"))).toBe(1);
    expect(commits()).toEqual([]);
  });

  it("that read several and wrote nothing saw them at one instant", async () => {
    const { holdfast, world, commits, store } = setUp({ a: 1, b: 1 });
    let tries = 0;
    const work = async (tx: Interactive) => {
      const a = await tx.get("a");
      if (++tries === 1) {
        store.put("a", 2);
        store.put("b", 2);
      }
      return [a, await tx.get("b")];
    };
    expect(await world.until(holdfast.transact(work))).toEqual([2, 2]);
    expect(commits()).toHaveLength(2);
    expect(commits()[1]?.then).toEqual([]);
  });

  it("reads several at one instant by one request, which needs no second look", async () => {
    const { holdfast, world } = setUp({ a: 1, b: null });
    const seen = await holdfast.transact(async (tx) => [
      await tx.getMany<number>(["a", "b", "c", "a"]),
      await tx.has("b"),
      await tx.has("c"),
    ]);
    expect(seen).toEqual([[1, null, null, 1], true, false]);
    expect(world.sent).toHaveLength(1);
  });

  it("reads each key once", async () => {
    const { holdfast, world } = setUp({ a: 1 });
    await holdfast.transact((tx) => Promise.all([tx.get("a"), tx.get("a"), tx.has("a")]));
    expect(world.sent).toHaveLength(1);
  });

  it("forgets a read that failed", async () => {
    let count = 0;
    const world = new World(() => (++count === 1 ? problem("forbidden") : json(5)));
    const value = await world.connect().transact(async (tx) => {
      await expect(tx.get("a")).rejects.toThrow("forbidden");
      return tx.get("a");
    });
    expect(value).toBe(5);
  });

  it("has its values checked", async () => {
    const { holdfast, world } = setUp({ a: "x" });
    const number = (value: unknown): number => {
      if (typeof value === "number") return value;
      throw new TypeError("no number");
    };
    const error = await world.failureOf(holdfast.transact((tx) => tx.get("a", number)));
    expect(error).toBeInstanceOf(TypeError);
  });
});

describe("what a transaction has written", () => {
  it("is what it reads", async () => {
    const { holdfast, world, commits } = setUp({ n: 5, list: [1] });
    const seen = await world.until(
      holdfast.transact(async (tx) => {
        const seen: unknown[] = [];
        tx.put("x", { deep: [1] });
        seen.push(await tx.get("x"));
        tx.delete("x");
        seen.push(await tx.get("x"), await tx.has("x"));
        tx.add("x", 2);
        seen.push(await tx.get("x"));
        tx.add("n", 1);
        tx.add("n", 2);
        seen.push(await tx.get("n"));
        tx.append("list", 2);
        tx.append("list", 3, 4);
        seen.push(await tx.get("list"));
        tx.put("t", "text", { as: "text" });
        tx.put("y", Uint8Array.of(1, 2));
        seen.push(await tx.get("t"), await tx.get("y"));
        return seen;
      }),
    );
    const bytes = Uint8Array.of(1, 2);
    expect(seen).toEqual([{ deep: [1] }, null, false, 2, 8, [1, 2, 3, 4], "text", bytes]);
    expect(commits()[0]?.then).toEqual([
      { op: "put", key: "x", value: 2 },
      { op: "add", key: "n", by: 3 },
      { op: "append", key: "list", values: [2, 3, 4] },
      {
        op: "put",
        key: "t",
        value: "text",
        encoding: "text",
        contentType: "text/plain; charset=utf-8",
      },
      {
        op: "put",
        key: "y",
        value: "AQI=",
        encoding: "base64",
        contentType: "application/octet-stream",
      },
    ]);
  });

  it("keeps what was said beside its value", async () => {
    const { holdfast, commits } = setUp();
    await holdfast.transact((tx) => {
      tx.put("n", 1, { ttlMs: 60_000, contentType: "application/json; x=y" });
      tx.add("n", 1);
    });
    expect(commits()[0]?.then).toEqual([
      { op: "put", key: "n", value: 2, ttlMs: 60_000, contentType: "application/json; x=y" },
    ]);
  });

  it("blindly needs no condition: others who add do not stand in its way", async () => {
    const { holdfast, commits } = setUp({ n: 5 });
    await holdfast.transact((tx) => tx.add("n", 1));
    expect(commits()[0]?.if).toEqual([]);
  });

  it.each<[string, (tx: Interactive) => unknown]>([
    ["append to a number", (tx) => [tx.add("a", 1), tx.append("a", 1)]],
    ["add to an array", (tx) => [tx.append("a", 1), tx.add("a", 1)]],
    ["add to a text", (tx) => [tx.put("a", "x"), tx.add("a", 1)]],
    ["append to an object", (tx) => [tx.put("a", {}), tx.append("a", 1)]],
    ["put what has no JSON", (tx) => tx.put("a", undefined)],
  ])("cannot be nonsense: %s", async (_, work) => {
    const { holdfast, world, commits } = setUp();
    expect(await world.failureOf(holdfast.transact(work))).toBeInstanceOf(TypeError);
    expect(commits()).toEqual([]);
  });
});
