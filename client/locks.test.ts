import { describe, expect, it } from "vitest";
import { Feed, json, problem, type Reply, type Sent, World } from "./fixture.ts";
import type { HoldfastError } from "./index.ts";

const held = (token = 42) =>
  json({ name: "billing", holder: "me", token, expiresAt: "2030-01-01T00:00:00.000Z" });
const released = () => json({ name: "billing", released: true });

interface Service {
  readonly post?: (sent: Sent, count: number) => Reply | Promise<Reply>;
  readonly put?: (sent: Sent, count: number) => Reply | Promise<Reply>;
  readonly delete?: (sent: Sent) => Reply | Promise<Reply>;
}

function setUp(service: Service = {}) {
  const { post = () => held(), put = () => held(), delete: remove = released } = service;
  const counts = { POST: 0, PUT: 0, DELETE: 0, GET: 0 };
  const world = new World((sent) => {
    const count = ++counts[sent.method as keyof typeof counts];
    if (sent.method === "POST") return post(sent, count);
    if (sent.method === "PUT") return put(sent, count);
    return remove(sent);
  });
  const times = (method: string) =>
    world.sent.filter((sent) => sent.method === method).map(({ at }) => Math.round(at));
  return { world, holdfast: world.connect(), times };
}

/** Work that ends when its signal aborts, and says when that was. */
const untilAborted = (world: World) => (signal: AbortSignal) =>
  new Promise<number>((resolve) => {
    signal.addEventListener("abort", () => resolve(world.now));
  });

describe("a lock", () => {
  it("is acquired, held while the work is done, and released", async () => {
    const { world, holdfast } = setUp();
    const result = await world.until(
      holdfast.lock("billing/eu", { ttlMs: 9_000, waitMs: 5_000 }, (signal, token) => {
        expect(signal.aborted).toBe(false);
        return token;
      }),
    );
    expect(result).toBe(42);
    const asked = world.sent.map(({ method, url }) => `${method} ${url.pathname}${url.search}`);
    expect(asked).toEqual([
      "POST /v1/default/locks/billing%2Feu",
      "DELETE /v1/default/locks/billing%2Feu?token=42",
    ]);
    expect(world.sent[0]?.json).toEqual({ holder: "id-1", ttlMs: 9_000, waitMs: 5_000 });
    expect(world.sent.map(({ headers }) => headers.get("Idempotency-Key"))).toEqual([
      "id-2",
      "id-3",
    ]);
  });

  it("is renewed at a third of its time to live, as long as the work takes", async () => {
    const { world, holdfast, times } = setUp();
    await world.until(holdfast.lock("billing", { ttlMs: 9_000 }, () => world.sleep(20_000)));
    expect(times("PUT")).toEqual([3_000, 6_000, 9_000, 12_000, 15_000, 18_000]);
    expect(world.sent.find(({ method }) => method === "PUT")?.json).toEqual({
      token: 42,
      ttlMs: 9_000,
    });
    expect(times("DELETE")).toEqual([20_000]);
  });

  it("that is lost aborts its signal at once, and is not released again", async () => {
    const { world, holdfast, times } = setUp({
      put: (_, count) => (count < 3 ? held() : problem("lock-lost", { holder: "other" })),
    });
    let abortedAt = 0;
    let reason: unknown;
    const work = async (signal: AbortSignal) => {
      abortedAt = await untilAborted(world)(signal);
      reason = signal.reason;
      return "done all the same";
    };
    const error = await world.failureOf(holdfast.lock("billing", { ttlMs: 9_000 }, work));
    expect(abortedAt).toBe(9_000);
    expect(reason).toBe(error);
    expect(error).toMatchObject({ code: "lock-lost", definite: true });
    expect((error as HoldfastError).problem?.["holder"]).toBe("other");
    expect(times("DELETE")).toEqual([]);
  });

  it.each([
    ["silence", () => "silence" as const],
    ["faults of the network", () => new TypeError("connection reset")],
    ["no quorum", () => problem("no-quorum", {}, { "Retry-After": "2" })],
    ["a token that was revoked", () => problem("forbidden")],
  ])("that cannot be renewed is given up before its time is over: %s", async (_, reply) => {
    const { world, holdfast } = setUp({ put: reply, delete: reply });
    let abortedAt = 0;
    const work = async (signal: AbortSignal) => {
      abortedAt = await untilAborted(world)(signal);
      signal.throwIfAborted();
    };
    const error = await world.failureOf(holdfast.lock("billing", { ttlMs: 9_000 }, work));
    expect(error).toMatchObject({ code: "lock-lost" });
    expect((error as Error).cause).toBeInstanceOf(Error);
    expect(abortedAt).toBeLessThanOrEqual(9_000 - 500);
    expect(abortedAt).toBeGreaterThan(7_500);
  });

  it("survives renewals that are lost in between", async () => {
    const { world, holdfast, times } = setUp({
      put: (_, count) => (count % 3 === 0 ? held() : count % 3 === 1 ? "silence" : new TypeError()),
    });
    await world.until(holdfast.lock("billing", { ttlMs: 9_000 }, () => world.sleep(40_000)));
    expect(times("PUT").length).toBeGreaterThan(6);
  });

  it("counts from when a renewal was sent, however late its answer is", async () => {
    let sentAt = 0;
    const { world, holdfast } = setUp({
      put: async (sent, count) => {
        if (count > 1) return "silence";
        sentAt = sent.at;
        await world.sleep(2_900);
        return held();
      },
    });
    const abortedAt = await world.until(
      holdfast.lock("billing", { ttlMs: 9_000 }, untilAborted(world)).catch(() => world.now),
    );
    expect(sentAt).toBe(3_000);
    expect(abortedAt).toBeLessThanOrEqual(sentAt + 9_000 - 500);
  });

  it("counts from when an acquisition was first sent, for its answer may be one told again", async () => {
    const { world, holdfast } = setUp({
      post: (_, count) => (count === 1 ? "silence" : held()),
      put: () => "silence",
    });
    let began = 0;
    const work = async (signal: AbortSignal) => {
      began = world.now;
      await untilAborted(world)(signal);
    };
    const locked = holdfast.lock("billing", { ttlMs: 60_000, waitMs: 0 }, work);
    await world.failureOf(locked);
    expect(began).toBeGreaterThanOrEqual(10_000);
    expect(world.now).toBeLessThanOrEqual(60_000);
  });

  it("is renewed before the work begins, where waiting has used up its time", async () => {
    const { world, holdfast, times } = setUp({
      post: async () => {
        await world.sleep(20_000);
        return held();
      },
    });
    let began = 0;
    await world.until(
      holdfast.lock("billing", { ttlMs: 9_000, waitMs: 30_000 }, () => {
        began = world.now;
      }),
    );
    expect(times("PUT")).toEqual([20_000]);
    expect(began).toBe(20_000);
  });

  it("is acquired anew, where it was lost before the work began", async () => {
    const { world, holdfast } = setUp({
      post: async (_, count) => {
        if (count === 1) await world.sleep(20_000);
        return held(count);
      },
      put: () => problem("lock-lost"),
    });
    const options = { ttlMs: 9_000, waitMs: 30_000 };
    expect(await world.until(holdfast.lock("billing", options, (_, token) => token))).toBe(2);
  });

  it("is given up when the machine has slept, though one of its clocks stood still", async () => {
    const { world, holdfast } = setUp({
      put: async (_, count) => {
        if (count === 2) world.suspend(60_000);
        return count === 2 ? "silence" : held();
      },
    });
    const abortedAt = await world.until(
      holdfast.lock("billing", { ttlMs: 9_000 }, untilAborted(world)).catch(() => world.now),
    );
    // The second renewal, at 6 s, hangs for a third of the time to live; then it is seen.
    expect(abortedAt).toBe(9_000);
  });

  it("that others hold is waited for, again and again, each time under another key", async () => {
    const { world, holdfast } = setUp({
      post: async (sent, count) => {
        const { waitMs } = sent.json as { waitMs: number };
        await world.sleep(waitMs);
        return count < 3 ? problem("lock-held", { holder: "other" }) : held();
      },
    });
    await world.until(holdfast.lock("billing", { waitMs: 600_000 }, () => {}));
    const posts = world.sent.filter(({ method }) => method === "POST");
    expect(posts.map((sent) => (sent.json as { waitMs: number }).waitMs)).toEqual([
      50_000, 50_000, 50_000,
    ]);
    expect(new Set(posts.map(({ headers }) => headers.get("Idempotency-Key"))).size).toBe(3);
    expect(posts.map(({ headers }) => headers.get("Holdfast-Deadline-Ms"))[0]).toBe("9500");
  });

  it("that others hold for longer than one waits is held", async () => {
    const { world, holdfast } = setUp({ post: () => problem("lock-held", { holder: "other" }) });
    const work = () => {
      throw new Error("never");
    };
    const error = await world.failureOf(holdfast.lock("billing", { waitMs: 0 }, work));
    expect(error).toMatchObject({ code: "lock-held", definite: true });
    expect(world.sent).toHaveLength(1);
    const later = await world.failureOf(holdfast.lock("billing", { waitMs: 5_000 }, work));
    expect(later).toMatchObject({ code: "lock-held" });
    expect(world.now).toBeGreaterThan(4_900);
    expect(world.now).toBeLessThan(6_000);
  });

  it("whose work fails is released, and the failure told", async () => {
    const { world, holdfast, times } = setUp({ delete: () => problem("lock-lost") });
    const mine = new Error("the work failed");
    const work = () => Promise.reject(mine);
    expect(await world.failureOf(holdfast.lock("billing", work))).toBe(mine);
    expect(times("DELETE")).toHaveLength(1);
  });

  it("whose release finds it lost was lost", async () => {
    const { world, holdfast } = setUp({ delete: () => problem("lock-lost") });
    const error = await world.failureOf(holdfast.lock("billing", () => "done"));
    expect(error).toMatchObject({ code: "lock-lost" });
  });

  it("whose release cannot be told ends by itself, and the work is done", async () => {
    const { world, holdfast } = setUp({ delete: () => new TypeError("connection reset") });
    expect(await world.until(holdfast.lock("billing", () => "done"))).toBe("done");
  });

  it("is released when its caller aborts, and its signal with that reason", async () => {
    const controller = new AbortController();
    const { world, holdfast, times } = setUp();
    const mine = new Error("enough");
    const work = (signal: AbortSignal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        controller.abort(mine);
      });
    const options = { signal: controller.signal };
    expect(await world.failureOf(holdfast.lock("billing", options, work))).toBe(mine);
    expect(times("DELETE")).toHaveLength(1);
  });

  it("that is held by hand is kept until it is released, and aborts then", async () => {
    const { world, holdfast, times } = setUp();
    const lock = await world.until(holdfast.locks.acquire("billing", { ttlMs: 9_000 }));
    await world.pass(10_000);
    expect(times("PUT")).toHaveLength(3);
    expect(lock.signal.aborted).toBe(false);
    await world.until(lock.release());
    expect(lock.signal.aborted).toBe(true);
    await world.pass(20_000);
    expect(times("PUT")).toHaveLength(3);
  });

  it("shows who holds it", async () => {
    const { holdfast } = setUp({ delete: () => held() });
    expect(await holdfast.locks.get("billing")).toMatchObject({ holder: "me", token: 42 });
    const { holdfast: other } = setUp({ delete: () => problem("not-found") });
    expect(await other.locks.get("billing")).toBeNull();
  });
});

describe("an election", () => {
  it("is won by waiting without an end, says who leads, and proclaims what changes", async () => {
    const { world, holdfast } = setUp({
      post: async (_, count) => {
        await world.sleep(50_000);
        return count < 20 ? problem("lock-held", { candidate: "other" }) : held();
      },
    });
    const options = { value: { url: "https://a.example" }, candidate: "a" };
    await world.until(
      holdfast.lead("scheduler", options, async (_, token, proclaim) => {
        expect(token).toBe(42);
        await proclaim({ url: "https://b.example" });
      }),
    );
    expect(world.sent[0]?.json).toEqual({ ...options, ttlMs: 10_000, waitMs: 50_000 });
    const puts = world.sent.filter(({ method }) => method === "PUT").map((sent) => sent.json);
    expect(puts.at(-1)).toEqual({ token: 42, ttlMs: 10_000, value: { url: "https://b.example" } });
    expect(world.sent.at(-1)?.url.pathname).toBe("/v1/default/elections/scheduler");
  });

  it("is observed: who leads, and each new leader", async () => {
    const leader = (candidate: string, token: number) => ({
      ...{ name: "a/observe", candidate, value: { url: candidate }, token },
      expiresAt: "2030-01-01T00:00:00.000Z",
    });
    const feeds = [new Feed(), new Feed()];
    feeds[0]?.push("id: 1\n\n");
    feeds[0]?.event("of-tomorrow", "1.1", { value: {} });
    feeds[0]?.event("leader", "2", leader("a", 2));
    feeds[0]?.end();
    feeds[1]?.event("leader", "5", leader("b", 5));
    const world = new World((_, count) => feeds[count - 1]?.response ?? "silence");
    const seen: string[] = [];
    const observe = async () => {
      for await (const each of world.connect().elections.observe<{ url: string }>("a/observe")) {
        seen.push(each.value.url);
        if (seen.length === 2) return;
      }
    };
    await world.until(observe());
    expect(seen).toEqual(["a", "b"]);
    expect(world.sent[1]?.url.pathname).toBe("/v1/default/elections/a%2Fobserve/observe");
    expect(world.sent[1]?.headers.get("Last-Event-ID")).toBe("2");
  });
});
