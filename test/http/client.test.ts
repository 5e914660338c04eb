/** The client against the service itself. */
import { describe, expect, it } from "vitest";
import { HoldfastError, op, when } from "../../client/index.ts";
import { connect } from "./client-service.ts";
import { freshKey, freshTag } from "./keys-client.ts";

const holdfast = connect();

describe("keys", () => {
  it.each([
    ["JSON", { name: "Ada", tags: [1, null] }, {}],
    ["null", null, {}],
    ["a string", "hello", {}],
    ["text", "\ufeffhello", { as: "text" }],
    ["bytes", Uint8Array.of(0, 255, 128), {}],
    ["nothing", new Uint8Array(), {}],
    ["text of a type", "<svg/>", { contentType: "image/svg+xml" }],
  ] as const)("come back as they were put: %s", async (_, value, options) => {
    const key = freshKey();
    const put = await holdfast.keys.put(key, value, options);
    expect(put).toMatchObject({ key, created: true, receipt: { consistency: "strong" } });
    const got = await holdfast.keys.get(key);
    const expected =
      "contentType" in options
        ? new TextEncoder().encode(options.contentType && String(value))
        : value;
    expect(got.value).toEqual(expected);
    expect(got.revision).toBe(put.revision);
  });

  it.each(["a/../b/./c", "/a", "a//b", "a/", "ü/%2F?#", "a b+c", "🌍", "..a"])(
    "are found by their names: %s",
    async (name) => {
      const key = `{${freshTag()}}${name}`;
      await holdfast.keys.put(key, name);
      expect((await holdfast.keys.get(key)).value).toBe(name);
      const listed = await holdfast.keys
        .list({ prefix: key, group: key.slice(1, key.indexOf("}")) })
        .toArray();
      expect(listed.map((each) => each.key)).toEqual([key]);
    },
  );
});

describe("transactions", () => {
  it("move money", async () => {
    const [a, b] = [freshKey(), freshKey()];
    await holdfast.keys.put(a, 100);
    const move = holdfast
      .transaction()
      .if(when.atLeast(a, 70))
      .do(op.add(a, -70), op.add(b, 70), op.get<number>(b))
      .else(op.get<number>(a));
    const first = await move.commit();
    if (!first.succeeded) throw new Error("it had enough");
    expect(first.results.map((each) => each.value)).toEqual([30, 70, 70]);
    const second = await move.commit();
    expect(second).toMatchObject({
      succeeded: false,
      results: [{ value: 30 }],
      failed: [{ condition: 0, key: a }],
    });
    expect(await holdfast.transactions.settle(first.id)).toMatchObject({
      status: "committed",
      succeeded: true,
    });
  });

  it("read, compute and commit", async () => {
    const key = freshKey();
    const increment = () =>
      holdfast.transact(async (tx) => {
        const n = (await tx.get<number>(key)) ?? 0;
        tx.put(key, n + 1);
        return n + 1;
      });
    const counts = await Promise.all(Array.from({ length: 10 }, increment));
    expect(counts.sort((x, y) => x - y)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

it("errors", async () => {
  const key = freshKey();
  const { revision } = await holdfast.keys.put(key, 1);
  const error = await holdfast.keys.put(key, 2, { ifAbsent: true }).catch((fault) => fault);
  expect(error).toBeInstanceOf(HoldfastError);
  expect(error).toMatchObject({
    code: "precondition-failed",
    definite: true,
    revision,
    status: 412,
  });
});

it("a session's bookmark holds what it has seen, whatever it asked for since", async () => {
  const session = holdfast.session();
  const [a, b, c] = [freshKey(), freshKey(), freshKey()];
  await session.keys.put(a, 1);
  const entry = session.bookmark?.slice(1) ?? "";
  expect(entry).toMatch(/^\.[0-9a-z]+-[0-9a-z]+$/);
  const asks: (() => Promise<unknown>)[] = [
    () => session.keys.put(b, 1),
    () => session.keys.put(b, 1, { ifAbsent: true }).catch(() => {}),
    () => session.keys.get(c),
    () => session.keys.get(b, { consistency: "eventual" }),
    () => session.keys.get(b, { maxStalenessMs: 60_000 }),
    () => session.keys.list({ group: b }).toArray(),
    () => session.transaction().do(op.get(b)).commit(),
    () => session.transaction().do(op.add(c, 1), op.get(b)).commit(),
    () => session.lock(b, () => {}),
    () => session.keys.delete(b),
  ];
  for (const ask of asks) {
    await ask();
    expect(session.bookmark, String(ask)).toContain(entry);
  }
  await session.keys.list({ prefix: a }).toArray();
  expect(session.bookmark).toContain(entry);
  expect((await session.keys.get(a)).value).toBe(1);
});

describe("locks", () => {
  it("are held by one at a time, in order, with growing tokens", async () => {
    const name = freshKey();
    const held: string[] = [];
    const work = async (who: string) =>
      holdfast.lock(name, { ttlMs: 5_000, waitMs: 10_000 }, async (signal, token) => {
        held.push(`${who} in`);
        expect(signal.aborted).toBe(false);
        expect((await holdfast.locks.get(name))?.token).toBe(token);
        held.push(`${who} out`);
        return token;
      });
    const [a, b] = await Promise.all([work("a"), work("b")]);
    expect(held).toHaveLength(4);
    expect(held[0]?.[0]).toBe(held[1]?.[0]);
    expect(a).not.toBe(b);
    expect(await holdfast.locks.get(name)).toBeNull();
  });

  it("guard transactions by their tokens", async () => {
    const name = freshKey();
    const lock = await holdfast.locks.acquire(name);
    const guarded = holdfast
      .transaction()
      .if(when.held(name, lock.token))
      .do(op.put(`${name}/guarded`, 1));
    expect((await guarded.commit()).succeeded).toBe(true);
    await lock.release();
    expect(await guarded.commit()).toMatchObject({ succeeded: false, failed: [{ condition: 0 }] });
  });

  it("that others hold are told with their holder", async () => {
    const name = freshKey();
    const lock = await holdfast.locks.acquire(name, { holder: "first" });
    const error = await holdfast.locks.acquire(name, { waitMs: 0 }).catch((fault) => fault);
    expect(error).toMatchObject({
      code: "lock-held",
      definite: true,
      problem: { holder: "first" },
    });
    await lock.release();
  });

  it("that another took over are lost", async () => {
    const name = freshKey();
    const first = await holdfast.locks.acquire(name, { holder: "same" });
    const second = await holdfast.locks.acquire(name, { holder: "same" });
    expect(second.token).toBeGreaterThan(first.token);
    await expect(first.release()).rejects.toMatchObject({ code: "lock-lost" });
    await second.release();
  });
});

it("elections have a leader that says of itself what others need to know", async () => {
  const name = freshKey();
  const seen = await holdfast.lead(name, { value: { url: "a" } }, async (_, __, proclaim) => {
    const before = await holdfast.elections.get<{ url: string }>(name);
    await proclaim({ url: "b" });
    return [before?.value.url, (await holdfast.elections.get<{ url: string }>(name))?.value.url];
  });
  expect(seen).toEqual(["a", "b"]);
  expect(await holdfast.elections.get(name)).toBeNull();
});

describe("watches", () => {
  it("of a prefix give what changes from when they have begun", async () => {
    const prefix = `watched-${freshTag()}/`;
    const keys = [1, 2, 3].map((n) => `${prefix}${n}`);
    const seen: string[] = [];
    const putAll = async () => {
      for (const key of keys) await holdfast.keys.put(key, key);
    };
    for await (const each of holdfast.watch({ prefix }, { onBegin: () => void putAll() })) {
      if (each.type === "put") seen.push(each.key);
      if (seen.length === 3) break;
    }
    expect(seen.sort()).toEqual(keys);
  });

  it("of a key give every change from a revision on", async () => {
    const key = freshKey();
    const { revision } = await holdfast.keys.put(key, 0);
    for (let n = 1; n < 5; n++) await holdfast.keys.put(key, n);
    await holdfast.keys.delete(key);
    const seen: unknown[] = [];
    for await (const change of holdfast.watch<number>({ key }, { from: revision })) {
      seen.push(change.type === "put" ? change.value : "deleted");
      if (change.type === "delete") break;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, "deleted"]);
  });

  it("go on behind a position", async () => {
    const tag = freshTag();
    const keys = [1, 2, 3].map((n) => `{${tag}}${n}`);
    for (const key of keys) await holdfast.keys.put(key, key);
    const [first] = keys;
    let position = "";
    for await (const change of holdfast.watch({ group: tag }, { from: 1 })) {
      position = change.position;
      expect(change.key).toBe(first);
      break;
    }
    const rest: string[] = [];
    for await (const change of holdfast.watch({ group: tag }, { after: position })) {
      rest.push(change.key);
      if (rest.length === 2) break;
    }
    expect(rest).toEqual(keys.slice(1));
  });
});
