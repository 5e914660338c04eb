/** Locks and elections over HTTP: what API.md says of them, line by line. */
import { describe, expect, it } from "vitest";
import { freshTag, pathOf as keyPath } from "./keys-client.ts";
import { acquire, elections, granted, pathOf, release, renew, show } from "./locks-client.ts";
import { call, expectProblem } from "./service.ts";
import { mustTransact } from "./transactions-client.ts";

const freshLock = (): string => `lock/${freshTag()}`;

describe("a lock", () => {
  it("is granted with a fencing token, and shown", async () => {
    const name = freshLock();
    const from = Date.now();
    const response = await acquire(name, { holder: "w1", ttlMs: 10_000, waitMs: 5_000 });
    expect(response.headers.get("Holdfast-Consistency")).toBe("strong");
    const lock = await granted(Promise.resolve(response));
    expect(lock).toEqual({
      name,
      holder: "w1",
      token: expect.any(Number),
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    const leftMs = new Date(lock.expiresAt).getTime() - from;
    expect(leftMs).toBeGreaterThanOrEqual(10_000);
    expect(leftMs).toBeLessThan(15_000);
    expect(await granted(show(name))).toEqual(lock);
  });

  it("that nobody holds is a 404", async () => {
    await expectProblem(await show(freshLock()), "not-found");
  });

  it("that another holds is a 409 that says who, and until when", async () => {
    const name = freshLock();
    const lock = await granted(acquire(name, { holder: "w1" }));
    const problem = await expectProblem(await acquire(name, { holder: "w2" }), "lock-held");
    expect(problem).toMatchObject({ holder: "w1", expiresAt: lock.expiresAt });
  });

  it("is waited for, and granted under a higher token when it is released", async () => {
    const name = freshLock();
    const lock = await granted(acquire(name, { holder: "w1" }));
    const waiter = granted(acquire(name, { holder: "w2", waitMs: 10_000 }));
    expect(await granted(release(name, lock.token))).toEqual({ name, released: true });
    const next = await waiter;
    expect(next.holder).toBe("w2");
    expect(next.token).toBeGreaterThan(lock.token);
  });

  it("is waited for longer than one turn, and its holder's time is counted out", async () => {
    const name = freshLock();
    const from = Date.now();
    const lock = await granted(acquire(name, { holder: "w1", ttlMs: 1_700 }));
    const next = await granted(acquire(name, { holder: "w2", waitMs: 10_000 }));
    expect(next.token).toBeGreaterThan(lock.token);
    // By 1.1 / 0.9: as slow as the holder's clock may run, and as fast as the leader's.
    expect(Date.now() - from).toBeGreaterThanOrEqual((1_700 * 1.1) / 0.9);
  });

  it("is a 409 once `waitMs` is over", async () => {
    const name = freshLock();
    await granted(acquire(name, { holder: "w1" }));
    const from = Date.now();
    const late = await acquire(name, { holder: "w2", waitMs: 300 });
    await expectProblem(late, "lock-held");
    expect(Date.now() - from).toBeGreaterThanOrEqual(299);
  });

  it("is renewed under its token, and under no other", async () => {
    const name = freshLock();
    const lock = await granted(acquire(name, { holder: "w1", ttlMs: 1_000 }));
    const renewed = await granted(renew(name, { token: lock.token, ttlMs: 60_000 }));
    expect(renewed.token).toBe(lock.token);
    expect(renewed.expiresAt > lock.expiresAt).toBe(true);
    const stale = await renew(name, { token: lock.token + 1, ttlMs: 60_000 });
    expect(await expectProblem(stale, "lock-lost")).toMatchObject({ holder: "w1" });
  });

  it("keeps its time to live where a renewal names none", async () => {
    const name = freshLock();
    const { token, expiresAt } = await granted(acquire(name, { holder: "w1", ttlMs: 60_000 }));
    const renewed = await granted(renew(name, { token }));
    expect(Date.parse(renewed.expiresAt)).toBeGreaterThanOrEqual(Date.parse(expiresAt));
    expect(Date.parse(renewed.expiresAt)).toBeLessThan(Date.parse(expiresAt) + 30_000);
  });

  it("is released under its token, and under no other, once", async () => {
    const name = freshLock();
    const lock = await granted(acquire(name, { holder: "w1" }));
    await expectProblem(await release(name, lock.token + 1), "lock-lost");
    await granted(release(name, lock.token));
    const again = await expectProblem(await release(name, lock.token), "lock-lost");
    expect(again).toMatchObject({ holder: null, expiresAt: null });
  });

  it("is acquired once for an idempotency key", async () => {
    const name = freshLock();
    const headers = { "Idempotency-Key": freshTag() };
    const first = await granted(acquire(name, { holder: "w1" }, { headers }));
    const again = await acquire(name, { holder: "w1" }, { headers });
    expect(again.headers.get("Holdfast-Replayed")).toBe("true");
    expect(await again.json()).toEqual(first);
    const other = await acquire(name, { holder: "w2" }, { headers });
    await expectProblem(other, "idempotency-key-reused");
  });

  it("has a name with slashes, tags and any letters", async () => {
    for (const name of [`{${freshTag()}}/worker`, `${freshTag()}/a b/ü%2F?`]) {
      await granted(acquire(name, { holder: "w1" }));
      expect(await granted(show(name))).toMatchObject({ name });
    }
  });

  it("shows in no list, and its key cannot be named", async () => {
    const tag = freshTag();
    await granted(acquire(`{${tag}}/worker`, { holder: "w1" }));
    await call("PUT", keyPath(`{${tag}}/key`), { body: "value" });
    for (const more of ["", "&reverse=true", "&start=a"]) {
      const list = await call("GET", `/v1/default/keys?group=${tag}${more}`);
      const { keys } = (await list.json()) as { keys: { key: string }[] };
      expect(keys.map(({ key }) => key)).toEqual([`{${tag}}/key`]);
    }
    const prefixed = await call("GET", `/v1/default/keys?group=${tag}&prefix=%F4%8F%BF%BFlock/`);
    await expectProblem(prefixed, "bad-request");
    const named = await call("GET", keyPath(`\u{10ffff}lock/{${tag}}/worker`));
    await expectProblem(named, "bad-request");
    const put = { op: "put", key: "\u{10ffff}lock/x", value: 1 };
    const written = await call("POST", "/v1/default/transactions", { body: { then: [put] } });
    await expectProblem(written, "bad-request");
  });

  it.each<[unknown, string]>([
    [{}, "holder"],
    [{ holder: "" }, "holder"],
    [{ holder: "w".repeat(256) }, "holder"],
    [{ holder: "w1", ttlMs: 0 }, "ttlMs"],
    [{ holder: "w1", ttlMs: 86_400_001 }, "ttlMs"],
    [{ holder: "w1", waitMs: -1 }, "waitMs"],
    [{ holder: "w1", waitMs: 300_001 }, "waitMs"],
    [{ holder: "w1", colour: "red" }, "colour"],
  ])("refuses %j", async (body, path) => {
    const problem = await expectProblem(await acquire(freshLock(), body), "bad-request");
    expect(problem.errors?.map((error) => error.path)).toEqual([path]);
  });

  it("wants a token to be released", async () => {
    const answer = await call("DELETE", pathOf("locks", freshLock()));
    await expectProblem(answer, "bad-request");
  });
});

describe("a condition on a lock", () => {
  it("holds as long as the token does, and fences its holder out afterwards", async () => {
    const name = freshLock();
    const [a, b] = [freshTag(), freshTag()];
    const stale = await granted(acquire(name, { holder: "w1" }));
    const write = (token: number) => ({
      if: [{ lock: name, token }],
      then: [
        { op: "add", key: a, by: 1 },
        { op: "add", key: b, by: 1 },
      ],
    });
    expect((await mustTransact(write(stale.token))).succeeded).toBe(true);
    await granted(release(name, stale.token));
    const free = await mustTransact(write(stale.token));
    expect(free.failed).toEqual([{ condition: 0, lock: name, token: null, revision: null }]);
    const fresh = await granted(acquire(name, { holder: "w2" }));
    const late = await mustTransact(write(stale.token));
    expect(late.failed).toEqual([
      { condition: 0, lock: name, token: fresh.token, revision: expect.any(Number) },
    ]);
    const read = await call("GET", keyPath(a));
    expect(await read.json()).toBe(1);
  });

  it("beside keys of its own group is one entry", async () => {
    const tag = freshTag();
    const lock = await granted(acquire(`{${tag}}/lock`, { holder: "w1" }));
    const done = await mustTransact({
      if: [{ lock: `{${tag}}/lock`, token: lock.token }],
      then: [{ op: "put", key: `{${tag}}/key`, value: 1 }],
    });
    expect(done).toMatchObject({ succeeded: true });
  });
});

describe("a condition on an election", () => {
  it("holds as long as its leader leads", async () => {
    const name = freshLock();
    const key = freshTag();
    const { token } = await granted(elections("POST", name, { body: { candidate: "w1" } }));
    const write = {
      if: [{ election: name, token }],
      then: [{ op: "put", key, value: 1 }],
    };
    expect((await mustTransact(write)).succeeded).toBe(true);
    await granted(elections("DELETE", name, { query: `?token=${token}` }));
    const late = await mustTransact(write);
    expect(late.failed).toEqual([{ condition: 0, election: name, token: null, revision: null }]);
  });
});

describe("an election", () => {
  it("has a leader that says something of itself, renews and resigns", async () => {
    const name = freshLock();
    await expectProblem(await elections("GET", name), "not-found");
    const won = await granted(
      elections("POST", name, { body: { candidate: "w1", value: { url: "one" }, ttlMs: 5_000 } }),
    );
    expect(won).toEqual({
      name,
      candidate: "w1",
      value: { url: "one" },
      token: expect.any(Number),
      expiresAt: expect.any(String),
    });
    const other = await elections("POST", name, { body: { candidate: "w2", value: 2 } });
    expect(await expectProblem(other, "lock-held")).toMatchObject({ candidate: "w1" });
    const { token } = won;
    const kept = await granted(elections("PUT", name, { body: { token, ttlMs: 60_000 } }));
    expect(kept).toMatchObject({ value: { url: "one" }, token });
    const said = { token, ttlMs: 60_000, value: ["two"] };
    expect(await granted(elections("PUT", name, { body: said }))).toMatchObject({ value: ["two"] });
    expect(await granted(elections("GET", name))).toMatchObject({ candidate: "w1", token });
    await granted(elections("DELETE", name, { query: `?token=${token}` }));
    await expectProblem(await elections("GET", name), "not-found");
  });

  it("is no lock of the same name", async () => {
    const name = freshLock();
    await granted(acquire(name, { holder: "w1" }));
    await granted(elections("POST", name, { body: { candidate: "w2" } }));
  });
});

it("an election's value is JSON of some depth and size, and no more", async () => {
  const deep = JSON.parse(`${"[".repeat(101)}${"]".repeat(101)}`);
  const nested = await elections("POST", freshLock(), { body: { candidate: "w1", value: deep } });
  await expectProblem(nested, "bad-request");
  const long = "x".repeat(65_536);
  const large = await elections("POST", freshLock(), { body: { candidate: "w1", value: long } });
  await expectProblem(large, "too-large");
});

it("a query that means nothing here is refused", async () => {
  await expectProblem(await call("GET", `${pathOf("locks", "a")}?token=1`), "bad-request");
});

describe("a token with a prefix", () => {
  it("uses the locks whose name starts with it", async () => {
    const prefix = `${freshTag()}/`;
    const made = await call("POST", "/v1/default/tokens", {
      body: { scopes: ["read", "write"], prefix },
    });
    const { token } = (await made.json()) as { token: string };
    await granted(acquire(`${prefix}lock`, { holder: "w1" }, { token }));
    const other = freshLock();
    await expectProblem(await acquire(other, { holder: "w1" }, { token }), "forbidden");
    await expectProblem(await show(other, { token }), "forbidden");
    const body = { if: [{ lock: other, token: 1 }], else: [] };
    const denied = await call("POST", "/v1/default/transactions", { body, token });
    await expectProblem(denied, "forbidden");
  });
});
