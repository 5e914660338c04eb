/** What becomes of a transaction when something stands in its way, and how its outcome is found out. */
import { ulid } from "ulid";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { memberIn } from "../../durable-objects/reach.ts";
import { HISTORY_MS_DEFAULT, OUTCOME_MS } from "../../shared/limits.ts";
import { transactionId } from "../../shared/transaction/id.ts";
import type { PrepareRequest } from "../../shared/transaction/request.ts";
import { type Attempt, ms, region, type TransactionId } from "../../shared/types.ts";
import { getKey, groupOf, healRegions, putKey, setRegion, threeRegions } from "./groups-client.ts";
import { freshTag } from "./keys-client.ts";
import { call, env, expectProblem, freshNamespace, makeToken, request } from "./service.ts";
import { lookUp, mustTransact, statusOf, transact } from "./transactions-client.ts";

let ns: string;

beforeAll(async () => {
  ns = await freshNamespace();
});

const put = (key: string, value: unknown = 1) => ({ op: "put", key, value });
const get = (key: string) => ({ op: "get", key });

/** An id that nobody has used, of a transaction made now. */
const unusedId = (anchor = freshTag(), madeAt = Date.now()) => transactionId(ulid(madeAt), anchor);

/** Has a group vote in a transaction whose anchor knows nothing of it, so that the key stays locked for a while. */
async function lockKey(key: string): Promise<TransactionId> {
  const id = unusedId(`anchor-${freshTag()}`, Date.now() - 60_000);
  const prepare: PrepareRequest = {
    type: "prepare",
    id,
    attempt: 1 as Attempt,
    deadlineMs: ms(5_000),
    part: {
      conditions: [],
      operations: [{ type: "delete", key }],
      otherwise: [],
      at: { conditions: [], operations: [0], otherwise: [] },
    },
  };
  const weur = region("weur");
  const group = { namespace: ns, group: key, members: [weur], self: weur, historyMs: ms(600_000) };
  const caller = { alone: true, deadlineMs: ms(5_000), unreachable: [] };
  const [answer] = await memberIn(env, group).serve(group, [prepare], caller);
  expect(answer?.type).toBe("voted");
  return id;
}

describe("an idempotency key", () => {
  const named = (key: string) => ({ ns, headers: { "Idempotency-Key": key } });

  it.each([
    ["in one group", ["{g}a", "{g}b"]],
    ["in several", ["several/a", "several/b"]],
  ])("gets the first answer again, for keys %s", async (layout, [a, b]) => {
    const body = {
      if: [{ key: a, exists: false }],
      then: [put(a!), { op: "add", key: b, by: 1 }, get(b!)],
      else: [get(a!)],
    };
    const about = named(`first ${layout}`);
    const first = await transact(body, about);
    expect(first.headers.get("Holdfast-Replayed")).toBeNull();
    const told = await first.json<{ succeeded: boolean; id: string }>();
    expect(told.succeeded).toBe(true);
    for (let n = 0; n < 3; n++) {
      const again = await transact({ ...body, deadlineMs: 1000 + n }, about);
      expect(again.headers.get("Holdfast-Replayed")).toBe("true");
      expect(await again.json()).toEqual(told);
    }
    // The same transaction under another key finds that the condition fails, and that is told again as well.
    const failed = await mustTransact(body, named(`second ${layout}`));
    expect(failed.succeeded).toBe(false);
    const replayed = await transact(body, named(`second ${layout}`));
    expect(replayed.headers.get("Holdfast-Replayed")).toBe("true");
    expect(await replayed.json()).toEqual(failed);
  });

  it.each([
    ["another value", { then: [put("{r}a", 2)] }],
    ["another type", { then: [{ ...put("{r}a"), contentType: "application/x" }] }],
    ["another time to live", { then: [{ ...put("{r}a"), ttlMs: 60_000 }] }],
    ["another operation", { then: [{ op: "delete", key: "{r}a" }] }],
    ["one operation more", { then: [put("{r}a"), put("{r}b")] }],
    ["a condition", { if: [{ key: "{r}a", exists: true }], then: [put("{r}a")] }],
    ["another branch", { then: [put("{r}a")], else: [get("{r}a")] }],
  ])("with %s is a 422", async (_, body) => {
    await mustTransact({ then: [put("{r}a")] }, named("reused"));
    const problem = await expectProblem(
      await transact(body, named("reused")),
      "idempotency-key-reused",
    );
    expect(problem["id"]).toBeTruthy();
  });

  it("of a write of one key is not that of a transaction", async () => {
    const headers = { "Idempotency-Key": "shared" };
    expect((await putKey(ns, "{s}a", "1", headers)).ok).toBe(true);
    const answer = await transact({ then: [put("{s}a")] }, { ns, headers });
    await expectProblem(answer, "idempotency-key-reused");
  });

  it("makes a transaction remembered that only reads", async () => {
    const body = { then: [get("only/a"), get("only/b")] };
    const first = await mustTransact(body, named("reads"));
    await mustTransact({ then: [put("only/a")] }, { ns });
    const again = await transact(body, named("reads"));
    expect(again.headers.get("Holdfast-Replayed")).toBe("true");
    expect(await again.json()).toEqual(first);
    expect((await statusOf(first.id, { ns })).status).toBe("committed");
  });

  it("gives many who repeat at once one effect and one answer", async () => {
    const then = [
      { op: "add", key: "at-once/a", by: 1 },
      { op: "add", key: "at-once/b", by: 1 },
    ];
    const told = await Promise.all(
      Array.from({ length: 5 }, () => mustTransact({ then }, named("at once"))),
    );
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    for (const { results } of told) expect(results.map(({ value }) => value)).toEqual([1, 1]);
  });
});

describe("looking up", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("an id that nobody knows is a 404, until it is settled", async () => {
    for (const anchor of ["unused", "with/slash", "ü", "a~b%", freshTag()]) {
      const id = unusedId(anchor);
      const problem = await expectProblem(await lookUp(id, { ns }), "transaction-not-found");
      expect(problem["id"]).toBe(id);
      expect((await statusOf(id, { ns, query: "?settle=true" })).status).toBe("aborted");
      expect((await statusOf(id, { ns })).status).toBe("aborted");
    }
  });

  it("a transaction that only read, and was not to be remembered, is a 404", async () => {
    const { id } = await mustTransact({ then: [get("x"), get("y")] }, { ns });
    await expectProblem(await lookUp(id, { ns }), "transaction-not-found");
  });

  it("one that was made before the window is a 410", async () => {
    const id = unusedId(freshTag(), Date.now() - 3 * OUTCOME_MS);
    const problem = await expectProblem(await lookUp(id, { ns }), "transaction-too-old");
    expect(problem["id"]).toBe(id);
  });

  it("one that was forgotten is a 410, and cannot be settled", async () => {
    const tag = freshTag();
    const { id } = await mustTransact({ then: [put(`{${tag}}a`), put(`{${tag}}b`)] }, { ns });
    const idempotent = { ns, headers: { "Idempotency-Key": tag } };
    const named = await mustTransact({ then: [put(`{${tag}}c`)] }, idempotent);
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime(Date.now() + 2 * OUTCOME_MS);
    // Compacting and forgetting ride on writes, some time apart.
    for (const value of [1, 2, 3, 4]) {
      vi.setSystemTime(Date.now() + HISTORY_MS_DEFAULT);
      await mustTransact({ then: [put(`{${tag}}a`, value)] }, { ns });
    }
    for (const forgotten of [id, named.id]) {
      for (const query of ["", "?settle=true", ""]) {
        await expectProblem(await lookUp(forgotten, { ns, query }), "transaction-too-old");
      }
    }
    // By then its idempotency key is free as well.
    expect((await mustTransact({ then: [put(`{${tag}}d`)] }, idempotent)).id).not.toBe(named.id);
  });

  it("carries a receipt", async () => {
    const { id } = await mustTransact({ then: [put("receipt/a"), put("receipt/b")] }, { ns });
    const { headers } = await lookUp(id, { ns });
    expect(headers.get("Cache-Control")).toBe("no-store");
    expect(headers.get("Holdfast-Bookmark")).toBeTruthy();
    expect(headers.get("Holdfast-Term")).toMatch(/^\d+\.\d+$/);
  });
});

describe("a token", () => {
  const ids = (answer: Response) => answer.status;
  let read: string;
  let write: string;
  let both: string;
  let mine: string;

  beforeAll(async () => {
    const make = async (scopes: string[], prefix?: string) =>
      (await makeToken(ns, { scopes, ...(prefix !== undefined && { prefix }) })).token;
    read = await make(["read"]);
    write = await make(["write"]);
    both = await make(["read", "write"]);
    mine = await make(["read", "write"], "mine/");
  });

  it.each<[string, unknown, boolean, boolean]>([
    ["a put", { then: [put("a")] }, false, true],
    ["a delete", { then: [{ op: "delete", key: "a" }] }, false, true],
    ["a get", { then: [get("a")] }, true, false],
    ["a condition", { if: [{ key: "a", exists: true }] }, true, false],
    ["a condition and a put", { if: [{ key: "a", exists: true }], then: [put("a")] }, false, false],
    ["a put and a get in else", { then: [put("a")], else: [get("a")] }, false, false],
    ["an add, which tells the sum", { then: [{ op: "add", key: "n", by: 1 }] }, false, false],
    ["an append", { then: [{ op: "append", key: "l", values: [1] }] }, false, false],
  ])("with one scope may do %s or not", async (_, body, reader, writer) => {
    expect(ids(await transact(body, { ns, token: read }))).toBe(reader ? 200 : 403);
    expect(ids(await transact(body, { ns, token: write }))).toBe(writer ? 200 : 403);
    expect(ids(await transact(body, { ns, token: both }))).toBe(200);
  });

  it.each([
    { if: [{ key: "yours/a", exists: true }], then: [put("mine/a")] },
    { then: [put("mine/a"), put("yours/a")] },
    { then: [get("mine")] },
    { if: [{ key: "mine/a", exists: true }], else: [get("yours/a")] },
  ])("for a prefix may not do %j", async (body) => {
    await expectProblem(await transact(body, { ns, token: mine }), "forbidden");
  });

  it("for a prefix does what it may, and sees its own transactions alone", async () => {
    const own = await mustTransact({ then: [put("mine/a"), put("mine/b")] }, { ns, token: mine });
    expect((await statusOf(own.id, { ns, token: mine })).status).toBe("committed");
    const others = await mustTransact({ then: [put("mine/a"), put("yours/b")] }, { ns });
    await expectProblem(await lookUp(others.id, { ns, token: mine }), "forbidden");
    expect((await statusOf(others.id, { ns, token: read })).status).toBe("committed");
  });

  it("settles with the scope to write", async () => {
    const id = unusedId();
    const query = "?settle=true";
    await expectProblem(await lookUp(id, { ns, query, token: read }), "forbidden");
    await expectProblem(await lookUp(id, { ns, query, token: write }), "forbidden");
    await expectProblem(await lookUp(id, { ns, token: write }), "forbidden");
    await expectProblem(await lookUp(id, { ns, token: read }), "transaction-not-found");
    expect((await statusOf(id, { ns, query, token: both })).status).toBe("aborted");
  });

  it("of another namespace is none", async () => {
    await expectProblem(await transact({ then: [put("a")] }, { token: both }), "unauthenticated");
  });
});

describe("a transaction in the way", () => {
  it("that outlasts the deadline is a 409 with the id, and nothing happened", async () => {
    const key = `locked/${freshTag()}`;
    const other = `other/${freshTag()}`;
    await lockKey(key);
    for (const then of [[put(key)], [put(other), put(key)]]) {
      const answer = await transact({ then, deadlineMs: 100 }, { ns });
      expect(answer.headers.get("Retry-After")).toBe("1");
      const problem = await expectProblem(answer, "transaction-conflict");
      const found = await lookUp(problem["id"] as string, { ns, query: "?settle=true" });
      expect(await found.json()).toMatchObject({ status: "aborted" });
    }
    expect((await getKey(ns, other)).status).toBe(404);
  });

  it("is shown by its group, and recovered by whoever is stopped by it", async () => {
    const key = `doubt/${freshTag()}`;
    await putKey(ns, key, "here");
    const id = await lockKey(key);
    const { inDoubt } = await groupOf(ns, key);
    expect(inDoubt).toEqual([{ id, attempt: 1, ageMs: expect.any(Number), keys: [key] }]);
    expect(await (await getKey(ns, key)).text()).toBe("here");
    expect((await groupOf(ns, key)).inDoubt).toEqual([]);
    expect((await statusOf(id, { ns })).status).toBe("aborted");
  });

  it.each([
    ["a put", { then: [put("KEY")] }],
    ["a read", { then: [get("KEY")] }],
    ["a read of several groups", { then: [get("KEY"), get("elsewhere")] }],
    ["a transaction over several", { then: [put("KEY"), put("elsewhere")] }],
  ])("does not stop %s that has the time to wait", async (_, body) => {
    const key = `wait/${freshTag()}`;
    await putKey(ns, key, "here");
    await lockKey(key);
    const told = await mustTransact(JSON.parse(JSON.stringify(body).replace("KEY", key)), { ns });
    expect(told.succeeded).toBe(true);
  });
});

describe("a group that cannot be reached", () => {
  afterEach(async () => {
    await setRegion("weur", "up");
  });

  it("makes a 504 that carries the id, whose outcome can be settled", async () => {
    const [a, b] = [`far/${freshTag()}`, `far/${freshTag()}`];
    await setRegion("weur", "down");
    const answer = await transact({ then: [put(a), put(b)], deadlineMs: 100 }, { ns });
    const { id } = await expectProblem(answer, "deadline-exceeded");
    expect(id).toMatch(/^[0-9A-Z]{26}\.far~2F/);
    await setRegion("weur", "up");
    const { status } = await statusOf(id as string, { ns, query: "?settle=true" });
    expect(status).not.toBe("pending");
    // Whatever it came to, it stays so, and the keys agree with it.
    for (const key of [a, b]) {
      expect((await getKey(ns, key)).status).toBe(status === "committed" ? 200 : 404);
    }
    expect((await statusOf(id as string, { ns })).status).toBe(status);
  });

  it("makes a 504 of what only reads too", async () => {
    await setRegion("weur", "down");
    const body = { then: [get("x"), get("y")], deadlineMs: 100 };
    const problem = await expectProblem(await transact(body, { ns }), "deadline-exceeded");
    expect(problem["id"]).toBeTruthy();
  });
});

describe("a leader's region that is down", () => {
  afterEach(healRegions);

  it("stops no transaction that has the time for an election", async () => {
    const three = await threeRegions();
    const [a, b] = [`a/${freshTag()}`, `b/${freshTag()}`];
    const then = [
      { op: "add", key: a, by: 1 },
      { op: "add", key: b, by: 1 },
    ];
    await mustTransact({ then }, { ns: three });
    await setRegion("wnam", "down");
    const told = await mustTransact({ then, deadlineMs: 20_000 }, { ns: three });
    expect(told.results.map(({ value }) => value)).toEqual([2, 2]);
    const reads = { then: [get(a), get(b)], deadlineMs: 20_000 };
    expect((await mustTransact(reads, { ns: three })).results.map(({ value }) => value)).toEqual([
      2, 2,
    ]);
    await setRegion("wnam", "up");
    expect((await statusOf(told.id, { ns: three })).status).toBe("committed");
  }, 40_000);
});

it("a client that hangs up changes nothing about the outcome", async () => {
  const [a, b] = [`hung/${freshTag()}`, `hung/${freshTag()}`];
  const { exports } = await import("cloudflare:workers");
  const service = (exports as unknown as { default: Fetcher }).default;
  const hangUp = new AbortController();
  const sent = service.fetch(
    request("POST", `/v1/${ns}/transactions`, { body: { then: [put(a), put(b)] } }),
    { signal: hangUp.signal },
  );
  await Promise.resolve();
  hangUp.abort();
  await expect(sent).rejects.toThrow();
  // It may not have begun; but it is never there in part.
  const seen = await mustTransact({ then: [get(a), get(b)] }, { ns });
  expect(new Set(seen.results.map(({ revision }) => revision === null)).size).toBe(1);
});

it("the path of a transaction is its id, as it is", async () => {
  const { id } = await mustTransact({ then: [put("näme~(1)/x'*!"), put("elsewhere/2")] }, { ns });
  const answer = await call("GET", `/v1/${ns}/transactions/${id}`);
  expect(await answer.json()).toMatchObject({ id, status: "committed" });
});
