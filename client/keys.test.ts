import { describe, expect, it } from "vitest";
import { json, problem, RECEIPT, type Reply, type Sent, World } from "./fixture.ts";
import type { Holdfast } from "./index.ts";

const stored = (content: string | Uint8Array, contentType: string): Response =>
  new Response(content as string, { headers: { ...RECEIPT, "Content-Type": contentType } });

const answering = (reply: (sent: Sent, count: number) => Reply) => new World(reply);

/** The path and query of what a call sends. */
async function asked(call: (holdfast: Holdfast) => Promise<unknown>, reply = () => json({})) {
  const world = answering(reply);
  await call(world.connect());
  const [{ method, url } = {}] = world.sent;
  return `${method} ${url?.pathname}${url?.search}`;
}

describe("a get", () => {
  it("gives the value, its revision and the receipt", async () => {
    const world = answering(() => json({ name: "Ada" }));
    const { name } = await world
      .connect()
      .keys.get<{ name: string }>("users/42")
      .then(({ value }) => value ?? { name: "" });
    expect(name).toBe("Ada");
    expect(await world.connect().keys.get("users/42")).toEqual({
      key: "users/42",
      value: { name: "Ada" },
      revision: 7,
      contentType: "application/json",
      receipt: {
        consistency: "strong",
        revision: 7,
        region: "weur",
        term: "1.0",
        stalenessMs: 0,
        bookmark: "1.a-7",
        cost: { calls: 1, rows: 2 },
        replayed: false,
        requestId: "request.1",
      },
    });
  });

  it("of an absent key gives null and the receipt", async () => {
    const world = answering(() => problem("key-not-found"));
    expect(await world.connect().keys.get("a")).toMatchObject({
      key: "a",
      value: null,
      revision: null,
      contentType: null,
      receipt: { revision: 7, bookmark: "1.a-7" },
    });
  });

  it("is not fooled by a value that looks like an error", async () => {
    const value = { code: "key-not-found" };
    const world = answering(() => stored(JSON.stringify(value), "application/problem+json"));
    const { value: bytes, revision } = await world.connect().keys.get("a");
    expect(bytes).toEqual(new TextEncoder().encode(JSON.stringify(value)));
    expect(revision).toBe(7);
  });

  it("is not fooled by another 404", async () => {
    const world = answering(() => new Response("nginx", { status: 404 }));
    expect(await world.failureOf(world.connect().keys.get("a"))).toMatchObject({
      code: "unexpected-answer",
    });
  });

  it.each([
    ["JSON", "[1]", "application/json; charset=utf-8", [1]],
    ["null", "null", "application/json", null],
    ["text", "\ufeffä", "text/plain", "\ufeffä"],
    ["other text", "a", "text/plain; charset=latin1", Uint8Array.of(97)],
    ["no JSON, though it says so", "{", "application/json", Uint8Array.of(123)],
    ["no text, though it says so", Uint8Array.of(0xff), "text/plain", Uint8Array.of(0xff)],
    ["bytes", Uint8Array.of(1, 2), "image/png", Uint8Array.of(1, 2)],
  ])("reads what it is: %s", async (_, content, contentType, value) => {
    const world = answering(() => stored(content, contentType));
    expect((await world.connect().keys.get("a")).value).toEqual(value);
  });

  it("reads it as it is told", async () => {
    const world = answering(() => json({ n: 1 }));
    const { keys } = world.connect();
    const text: string | null = (await keys.get("a", { as: "text" })).value;
    expect(text).toBe('{"n":1}');
    const bytes: Uint8Array | null = (await keys.get("a", { as: "bytes" })).value;
    expect(bytes?.byteLength).toBe(7);
    const n = (value: unknown) => (value as { n: number }).n;
    const number: number | null = (await keys.get("a", { as: n })).value;
    expect(number).toBe(1);
  });

  it.each([
    [{}, ""],
    [{ consistency: "eventual" } as const, "?consistency=eventual"],
    [{ maxStalenessMs: 5_000 }, "?consistency=bounded&max_staleness_ms=5000"],
    [{ revision: 7, consistency: "strong" } as const, "?revision=7&consistency=strong"],
  ])("asks for its level: %j", async (options, query) => {
    expect(await asked(({ keys }) => keys.get("a/b", options))).toBe(
      `GET /v1/default/keys/a/b${query}`,
    );
  });
});

describe("a put", () => {
  it.each([
    [{}, {}],
    [{ ifRevision: 7 }, { "if-match": '"7"' }],
    [{ ifPresent: true }, { "if-match": "*" }],
    [{ ifAbsent: true }, { "if-none-match": "*" }],
  ])("says what it is conditional on: %j", async (options, headers) => {
    const world = answering(() => json({ key: "a", revision: 8, created: false }));
    await world.connect().keys.put("a", 1, options);
    const sent = Object.fromEntries(world.sent[0]?.headers ?? []);
    const conditions = ["if-match", "if-none-match"].flatMap((name) =>
      name in sent ? [[name, sent[name]]] : [],
    );
    expect(Object.fromEntries(conditions)).toEqual(headers);
  });

  it.each([
    [{ a: 1 }, {}, '{"a":1}', "application/json"],
    ["x", {}, '"x"', "application/json"],
    ["x", { as: "text" }, "x", "text/plain; charset=utf-8"],
    ["<p>", { contentType: "text/html" }, "<p>", "text/html"],
    ["x", { contentType: "application/json" }, '"x"', "application/json"],
    [{ a: 1 }, { contentType: "application/ld+json" }, '{"a":1}', "application/ld+json"],
  ] as const)("writes %j with %j", async (value, options, body, contentType) => {
    const world = answering(() => json({ key: "a", revision: 8, created: false }));
    await world.connect().keys.put("a", value, { ttlMs: 60_000, ...options });
    const [sent] = world.sent;
    expect(sent?.body).toBe(body);
    expect(sent?.headers.get("Content-Type")).toBe(contentType);
    expect(sent?.url.search).toBe("?ttl_ms=60000");
  });

  it.each([
    ["nothing", undefined, {}],
    ["a function", () => 1, {}],
    ["an object as text", {}, { as: "text" }],
    ["a string as bytes", "x", { as: "bytes" }],
  ] as const)("of %s is a mistake, found before anything is sent", async (_, value, options) => {
    const world = answering(() => json({}));
    const error = await world.failureOf(world.connect().keys.put("a", value, options));
    expect(error).toBeInstanceOf(TypeError);
    expect(world.sent).toHaveLength(0);
  });

  it("says when its answer is the first one told again", async () => {
    const answer = { key: "a", revision: 8, created: true };
    const world = answering(() => json(answer, { "Holdfast-Replayed": "true" }, 201));
    const { receipt, ...rest } = await world.connect().keys.put("a", 1);
    expect(rest).toEqual(answer);
    expect(receipt.replayed).toBe(true);
  });
});

it("a delete says whether there was anything", async () => {
  const world = answering(() => json({ key: "a", revision: null, deleted: false }));
  expect(await world.connect().keys.delete("a", { ifRevision: 3 })).toMatchObject({
    deleted: false,
    revision: null,
  });
  expect(world.sent[0]?.headers.get("If-Match")).toBe('"3"');
});

describe("a list", () => {
  const page = (keys: readonly string[], cursor: string | null) =>
    json({ keys: keys.map((key, at) => ({ key, revision: at + 1 })), cursor });

  /** 250 keys, in pages. */
  const many = () =>
    answering(({ url }) => {
      const from = Number(url.searchParams.get("cursor") ?? 0);
      const to = Math.min(250, from + Number(url.searchParams.get("limit") ?? 100));
      const keys = Array.from({ length: to - from }, (_, at) => `k${from + at}`);
      return page(keys, to < 250 ? String(to) : null);
    });

  it("follows its cursors to the end", async () => {
    const world = many();
    const keys = await world.connect().keys.list({ prefix: "k" }).toArray();
    expect(keys).toHaveLength(250);
    expect(keys.at(-1)?.key).toBe("k249");
    expect(world.sent.map(({ url }) => url.search)).toEqual([
      "?prefix=k",
      "?prefix=k&cursor=100",
      "?prefix=k&cursor=200",
    ]);
  });

  it("reads no page before it is needed", async () => {
    const world = many();
    for await (const { key } of world.connect().keys.list()) if (key === "k99") break;
    expect(world.sent).toHaveLength(1);
  });

  it("ends where it was limited", async () => {
    const world = many();
    const { keys } = world.connect();
    expect(await keys.list({ limit: 120, pageSize: 50 }).toArray()).toHaveLength(120);
    expect(world.sent.map(({ url }) => url.searchParams.get("limit"))).toEqual(["50", "50", "20"]);
    expect(await keys.list({ limit: 0 }).toArray()).toEqual([]);
    await keys.list({ limit: 5_000 }).toArray();
    expect(world.sent.at(3)?.url.searchParams.get("limit")).toBe("1000");
  });

  it("gives pages, to be taken up again later", async () => {
    const { keys } = many().connect();
    const pages = [];
    for await (const each of keys.list().pages()) {
      pages.push(each);
      break;
    }
    expect(pages[0]).toMatchObject({ cursor: "100", receipt: { consistency: "strong" } });
    const rest = await keys.list({ cursor: pages[0]?.cursor ?? undefined }).toArray();
    expect(rest).toHaveLength(150);
  });

  it("gives values as they were put", async () => {
    const members = [
      { value: { a: 1 }, encoding: "json", contentType: "application/json" },
      { value: null, encoding: "json", contentType: "application/json" },
      { value: "ä", encoding: "text", contentType: "text/plain" },
      { value: "AQI=", encoding: "base64", contentType: "image/png" },
    ];
    const keys = members.map((member, at) => ({ key: `k${at}`, revision: 1, ...member }));
    const world = answering(() => json({ keys, cursor: null }));
    const listed = await world
      .connect()
      .keys.list<unknown>({ group: "g", values: true, reverse: true })
      .toArray();
    expect(listed.map(({ value }) => value)).toEqual([{ a: 1 }, null, "ä", Uint8Array.of(1, 2)]);
    expect(world.sent[0]?.url.search).toBe("?group=g&reverse=true&values=true");
  });
});

describe("a key's path", () => {
  const path = (key: string) => asked(({ keys }) => keys.get(key));

  it.each([
    ["users/42", "users/42"],
    ["a b?c#d%2F", "a%20b%3Fc%23d%252F"],
    ["ü/🌍", "%C3%BC/%F0%9F%8C%8D"],
    ["a/../b", "a%2F..%2Fb"],
    ["./a", ".%2Fa"],
    ["/a", "%2Fa"],
    ["a//b", "a%2F%2Fb"],
    ["a/", "a%2F"],
    ["...", "..."],
  ])("of %s", async (key, expected) => {
    expect(await path(key)).toBe(`GET /v1/default/keys/${expected}`);
  });

  it.each(["", ".", "..", "a\ud800"])("there is none of %j", async (key) => {
    await expect(path(key)).rejects.toBeInstanceOf(TypeError);
  });
});

describe("a client", () => {
  it("takes the address with a path and a slash at its end", async () => {
    const world = answering(() => json(1));
    await world.connect({ url: "https://example.com/api//" }).keys.get("a");
    expect(world.sent[0]?.url.href).toBe("https://example.com/api/v1/default/keys/a");
  });

  it("needs an address, unless it has a binding", () => {
    const world = answering(() => json(1));
    expect(() => world.connect({ url: undefined })).toThrow("url");
    expect(() => world.connect({ url: "nonsense" })).toThrow(TypeError);
    const binding = { fetch: world.fetch };
    expect(() => world.connect({ url: undefined, fetch: binding })).not.toThrow();
  });

  it("calls a binding's own method", async () => {
    const world = answering(() => json(1));
    const binding = {
      fetch(this: unknown, url: string, init: RequestInit) {
        expect(this).toBe(binding);
        return world.fetch(url, init);
      },
    };
    await world.connect({ url: undefined, fetch: binding }).keys.get("a");
    expect(world.sent).toHaveLength(1);
  });

  it("calls a binding's method although the binding can be called itself", async () => {
    const world = answering(() => json(1));
    const callable = () => Promise.reject(new Error("called itself"));
    const binding = Object.assign(callable, { fetch: world.fetch });
    await world.connect({ url: undefined, fetch: binding }).keys.get("a");
    expect(world.sent).toHaveLength(1);
  });

  it("asks for its token each time", async () => {
    let count = 0;
    const world = answering(() => json(1));
    const { keys } = world.connect({ token: async () => `token-${++count}` });
    await keys.get("a");
    await keys.get("a");
    const tokens = world.sent.map(({ headers }) => headers.get("Authorization"));
    expect(tokens).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  it("has other namespaces", async () => {
    expect(await asked((holdfast) => holdfast.namespace("orders").keys.get("a"))).toBe(
      "GET /v1/orders/keys/a",
    );
  });

  it.each<[string, (holdfast: Holdfast) => Promise<unknown>]>([
    ["GET /v1/default/groups/users%2F42", ({ groups }) => groups.get("users/42")],
    ["POST /v1/default/groups/cart/leader", ({ groups }) => groups.handOver("cart", "weur")],
    ["PUT /v1/orders", ({ namespaces }) => namespaces.create("orders", { regions: ["weur"] })],
    ["GET /v1/orders", ({ namespaces }) => namespaces.get("orders")],
    ["POST /v1/default/tokens", ({ tokens }) => tokens.create({ scopes: ["read"] })],
    ["DELETE /v1/default/tokens/01J", ({ tokens }) => tokens.revoke("01J")],
  ])("administers: %s", async (expected, call) => {
    expect(await asked(call)).toBe(expected);
  });
});
