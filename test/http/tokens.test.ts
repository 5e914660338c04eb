/** Tokens of a namespace: what they look like, what they allow, and how they end. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { TOKENS_MAX } from "../../shared/limits.ts";
import { call, counter, env, expectProblem, freshNamespace, makeToken } from "./service.ts";

const objectOf = (namespace: string) => env.NAMESPACE.get(env.NAMESPACE.idFromName(namespace));

/** There is nothing at this path, which only a valid token is told. */
const isValid = async (namespace: string, token: string) =>
  (await call("GET", `/v1/${namespace}/nothing`, { token })).status === 404;

afterEach(() => {
  vi.useRealTimers();
});

/** Moves the clock that requests read. */
const travel = (byMs: number) => {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(now + byMs);
};

describe("making", () => {
  it("shows the token once, and keeps only its hash", async () => {
    const namespace = await freshNamespace();
    const asked = {
      scopes: ["read", "write"],
      prefix: "users/",
      expiresAt: "2100-01-01T00:00:00Z",
    };
    const made = await call("POST", `/v1/${namespace}/tokens`, { body: asked });
    expect(made.status).toBe(201);
    const { token, ...described } = await made.json<Record<string, string>>();
    expect(token).toMatch(/^hf_[0-7][0-9A-HJKMNP-TV-Z]{25}_[\w-]{43}$/);
    expect(token).toContain(described["id"]);
    expect(described).toEqual({
      ...asked,
      id: expect.any(String),
      createdAt: expect.stringMatching(/^\d{4}-/),
      expiresAt: "2100-01-01T00:00:00.000Z",
    });
    const listed = await call("GET", `/v1/${namespace}/tokens`);
    expect(await listed.json()).toEqual({ tokens: [described] });

    const secret = token?.slice(30) ?? "";
    const stored = await runInDurableObject(objectOf(namespace), (_, state) =>
      JSON.stringify(state.storage.sql.exec("SELECT *, hex(hash) FROM token").toArray()),
    );
    expect(stored).toContain(described["id"]);
    expect(stored).not.toContain(secret);
  });

  it("takes a time in milliseconds too", async () => {
    const namespace = await freshNamespace();
    const expiresAt = Date.UTC(2100, 0, 1);
    const body = { scopes: ["read"], expiresAt };
    const made = await call("POST", `/v1/${namespace}/tokens`, { body });
    expect(await made.json()).toMatchObject({ expiresAt: "2100-01-01T00:00:00.000Z" });
  });

  it("gives a token no end and no prefix unless it is told to", async () => {
    const namespace = await freshNamespace();
    const made = await call("POST", `/v1/${namespace}/tokens`, { body: { scopes: ["read"] } });
    expect(await made.json()).toMatchObject({ prefix: "", expiresAt: null });
  });

  it.each([
    [{}, "scopes"],
    [{ scopes: [] }, "scopes"],
    [{ scopes: ["read", "read"] }, "scopes"],
    [{ scopes: ["root"] }, "scopes[0]"],
    [{ scopes: "read" }, "scopes"],
    [{ scopes: ["read"], prefix: 7 }, "prefix"],
    [{ scopes: ["read"], prefix: "ü".repeat(257) }, "prefix"],
    [{ scopes: ["read"], prefix: "\ud800" }, "prefix"],
    [{ scopes: ["read"], expiresAt: "tomorrow" }, "expiresAt"],
    [{ scopes: ["read"], expiresAt: "2100-02-30T00:00:00Z" }, "expiresAt"],
    [{ scopes: ["read"], expiresAt: "2100-01-01" }, "expiresAt"],
    [{ scopes: ["read"], expiresAt: 1 }, "expiresAt"],
    [{ scopes: ["read"], expiresAt: -1 }, "expiresAt"],
    [{ scopes: ["read"], expiresAt: 1e300 }, "expiresAt"],
    [{ scopes: ["read"], root: true }, "root"],
    [{ scopes: ["read"], id: "x" }, "id"],
  ])("%j is refused, naming %s", async (body, path) => {
    const answer = await call("POST", "/v1/default/tokens", { body });
    const problem = await expectProblem(answer, "bad-request");
    expect(problem.errors?.map((fault) => fault.path)).toContain(path);
  });

  it("stops at the most a namespace may have", async () => {
    const namespace = await freshNamespace();
    await runInDurableObject(objectOf(namespace), (_, { storage }) => {
      const insert = `INSERT INTO token VALUES (?, x'00', 'read', '', 0, NULL)`;
      for (let i = 0; i < TOKENS_MAX; i++) storage.sql.exec(insert, `filler-${i}`);
    });
    const body = { scopes: ["read"] };
    const full = await call("POST", `/v1/${namespace}/tokens`, { body });
    await expectProblem(full, "bad-request");
    expect((await call("DELETE", `/v1/${namespace}/tokens/filler-7`)).status).toBe(200);
    expect((await call("POST", `/v1/${namespace}/tokens`, { body })).status).toBe(201);
  });
});

describe("the scope admin", () => {
  it.each(["read", "write"])("is needed: %s does not do", async (scope) => {
    const namespace = await freshNamespace();
    const { id, token } = await makeToken(namespace, { scopes: [scope] });
    const path = `/v1/${namespace}/tokens`;
    const post = { token, body: { scopes: ["read"] } };
    await expectProblem(await call("POST", path, post), "forbidden");
    await expectProblem(await call("GET", path, { token }), "forbidden");
    await expectProblem(await call("DELETE", `${path}/${id}`, { token }), "forbidden");
  });

  it("makes, lists and revokes", async () => {
    const namespace = await freshNamespace();
    const admin = await makeToken(namespace, { scopes: ["admin"] });
    const { id, token } = await makeToken(namespace, { scopes: ["read"] }, admin.token);
    expect(await isValid(namespace, token)).toBe(true);
    const path = `/v1/${namespace}/tokens`;
    const listed = await (await call("GET", path, { token: admin.token })).json();
    expect(listed).toMatchObject({ tokens: [{ id: admin.id }, { id }] });
    expect((await call("DELETE", `${path}/${id}`, { token: admin.token })).status).toBe(200);
    expect(await isValid(namespace, token)).toBe(false);
  });

  it("does not reach beyond its prefix", async () => {
    const namespace = await freshNamespace();
    const path = `/v1/${namespace}/tokens`;
    const wide = await makeToken(namespace, { scopes: ["read"] });
    const { token } = await makeToken(namespace, { scopes: ["admin"], prefix: "users/" });
    for (const prefix of [undefined, "", "user", "users", "others/"]) {
      const body = { scopes: ["read"], prefix };
      await expectProblem(await call("POST", path, { token, body }), "forbidden");
    }
    const mine = await makeToken(namespace, { scopes: ["read"], prefix: "users/7/" }, token);
    const { tokens } = await (await call("GET", path, { token })).json<{
      tokens: { id: string }[];
    }>();
    expect(tokens.map(({ id }) => id)).toContain(mine.id);
    expect(tokens.map(({ id }) => id)).not.toContain(wide.id);
    await expectProblem(await call("DELETE", `${path}/${wide.id}`, { token }), "forbidden");
    expect(await isValid(namespace, wide.token)).toBe(true);
  });

  it("makes nothing that outlives it", async () => {
    const namespace = await freshNamespace();
    const path = `/v1/${namespace}/tokens`;
    const expiresAt = "2100-01-01T00:00:00Z";
    const { token } = await makeToken(namespace, { scopes: ["admin"], expiresAt });
    for (const later of [undefined, null, "2100-01-01T00:00:00.001Z"]) {
      const body = { scopes: ["admin"], expiresAt: later };
      await expectProblem(await call("POST", path, { token, body }), "forbidden");
    }
    await makeToken(namespace, { scopes: ["admin"], expiresAt }, token);
  });
});

describe("the end of a token", () => {
  it("comes with its revocation, at once where it was revoked", async () => {
    const namespace = await freshNamespace();
    const { id, token } = await makeToken(namespace, { scopes: ["read"] });
    expect(await isValid(namespace, token)).toBe(true);
    const revoked = await call("DELETE", `/v1/${namespace}/tokens/${id}`);
    expect(await revoked.json()).toEqual({ id, revoked: true });
    await expectProblem(await call("GET", `/v1/${namespace}`, { token }), "unauthenticated");
    await expectProblem(await call("DELETE", `/v1/${namespace}/tokens/${id}`), "not-found");
    expect(await (await call("GET", `/v1/${namespace}/tokens`)).json()).toEqual({ tokens: [] });
  });

  it("comes within 30 s where another isolate revoked it", async () => {
    const namespace = await freshNamespace();
    const { id, token } = await makeToken(namespace, { scopes: ["read"] });
    expect(await isValid(namespace, token)).toBe(true);
    await objectOf(namespace).revokeToken(id, "");
    travel(30_000);
    expect(await isValid(namespace, token)).toBe(false);
  });

  it("comes when it expires, also where it is remembered", async () => {
    const namespace = await freshNamespace();
    const expiresAt = Date.now() + 10_000;
    const { token } = await makeToken(namespace, { scopes: ["read"], expiresAt });
    expect(await isValid(namespace, token)).toBe(true);
    travel(10_001);
    await expectProblem(await call("GET", `/v1/${namespace}`, { token }), "unauthenticated");
    expect(await (await call("GET", `/v1/${namespace}/tokens`)).json()).toEqual({ tokens: [] });
  });

  it("leaves no row behind once another token is made", async () => {
    const namespace = await freshNamespace();
    await makeToken(namespace, { scopes: ["read"], expiresAt: Date.now() + 10_000 });
    travel(10_001);
    await makeToken(namespace, { scopes: ["write"] });
    const rows = await runInDurableObject(objectOf(namespace), (_, { storage }) =>
      storage.sql.exec("SELECT scopes FROM token").toArray(),
    );
    expect(rows).toEqual([{ scopes: "write" }]);
  });
});

describe("calls to the namespace's object", () => {
  it("are made once for many uses of a token", async () => {
    const namespace = await freshNamespace();
    const { token } = await makeToken(namespace, { scopes: ["read"] });
    await isValid(namespace, token);
    const before = await counter("holdfast_object_calls_total");
    for (let i = 0; i < 5; i++) expect(await isValid(namespace, token)).toBe(true);
    expect(await counter("holdfast_object_calls_total")).toBe(before);
  });

  it("are made once for many uses of a token that nobody knows", async () => {
    const namespace = await freshNamespace();
    const token = `hf_01JD3T3V9Q4M8Y2N6W5X7Z0ABC_${"a".repeat(43)}`;
    await isValid(namespace, token);
    const before = await counter("holdfast_object_calls_total");
    for (let i = 0; i < 5; i++) expect(await isValid(namespace, token)).toBe(false);
    expect(await counter("holdfast_object_calls_total")).toBe(before);
  });

  it("leave nothing stored for a namespace that does not exist", async () => {
    const token = `hf_01JD3T3V9Q4M8Y2N6W5X7Z0ABC_${"a".repeat(43)}`;
    expect(await isValid("never-created", token)).toBe(false);
    await call("GET", "/v1/never-created/tokens");
    const tables = await runInDurableObject(objectOf("never-created"), (_, { storage }) =>
      storage.sql
        .exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
        .toArray(),
    );
    expect(tables).toEqual([]);
  });
});
