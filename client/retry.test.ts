import { describe, expect, it } from "vitest";
import { json, problem, type Reply, World } from "./fixture.ts";
import { HoldfastError } from "./index.ts";
import { backoff } from "./retry.ts";

const put = () => json({ key: "a", revision: 7, created: true }, {}, 201);

/** A world that gives these answers, and then the last one for ever. */
const answering = (...replies: (() => Reply)[]) =>
  new World((_, count) => replies[Math.min(count, replies.length) - 1]?.() ?? "silence");

const fault = () => new TypeError("connection refused");

describe("a write", () => {
  it.each([
    ["a fault of the network", fault],
    ["a timeout of the service", () => problem("deadline-exceeded")],
    ["a fault of the service", () => problem("internal")],
    ["no quorum", () => problem("no-quorum")],
    ["too much load", () => problem("overloaded")],
    ["a proxy's page", () => new Response("<html>", { status: 502 })],
    ["silence", () => "silence" as const],
  ])("is sent again under the same idempotency key after %s", async (_, reply) => {
    const world = answering(reply, reply, put);
    const { revision } = await world.until(world.connect().keys.put("a", 1));
    expect(revision).toBe(7);
    expect(world.sent).toHaveLength(3);
    expect(new Set(world.sent.map(({ headers }) => headers.get("Idempotency-Key")))).toEqual(
      new Set(["id-1"]),
    );
    expect(new Set(world.sent.map(({ body }) => body))).toEqual(new Set(["1"]));
  });

  it("has a key of its own each time, or its caller's", async () => {
    const world = answering(put);
    const { keys } = world.connect();
    await keys.put("a", 1);
    await keys.put("a", 1);
    await keys.delete("a", { idempotencyKey: "mine" });
    const used = world.sent.map(({ headers }) => headers.get("Idempotency-Key"));
    expect(used).toEqual(["id-1", "id-2", "mine"]);
  });

  it.each([
    ["a fault of the network", fault, "network"],
    ["a timeout of the service", () => problem("deadline-exceeded"), "deadline-exceeded"],
    ["a fault of the service", () => problem("internal"), "internal"],
    ["a proxy's page", () => new Response("<html>", { status: 502 }), "unexpected-answer"],
  ])("without a key is not sent again after %s", async (_, reply, code) => {
    const world = answering(reply, put);
    const error = await world.failureOf(world.connect().keys.put("a", 1, { idempotencyKey: null }));
    expect(world.sent).toHaveLength(1);
    expect(world.sent[0]?.headers.has("Idempotency-Key")).toBe(false);
    expect(error).toMatchObject({ code, definite: false, idempotencyKey: null });
  });

  it("without a key is sent again where it certainly had no effect", async () => {
    const world = answering(() => problem("overloaded"), put);
    await world.until(world.connect().keys.put("a", 1, { idempotencyKey: null }));
    expect(world.sent).toHaveLength(2);
  });

  it.each(["precondition-failed", "bad-request", "forbidden"] as const)(
    "that is refused as %s is not sent again",
    async (code) => {
      const world = answering(() => problem(code, { revision: 3 }));
      const error = await world.failureOf(world.connect().keys.put("a", 1));
      expect(error).toBeInstanceOf(HoldfastError);
      expect(error).toMatchObject({ code, definite: true, revision: 3, requestId: "request.1" });
      expect(world.sent).toHaveLength(1);
    },
  );

  it("is not definite where an earlier try may have had its effect", async () => {
    const world = answering(fault, () => problem("forbidden"));
    const error = await world.failureOf(world.connect().keys.put("a", 1));
    expect(error).toMatchObject({ code: "forbidden", definite: false, idempotencyKey: "id-1" });
  });

  it("is definite where the refusal stands for every try under the key", async () => {
    const world = answering(fault, () => problem("precondition-failed", { revision: null }));
    const error = await world.failureOf(world.connect().keys.put("a", 1));
    expect(error).toMatchObject({ code: "precondition-failed", definite: true, revision: null });
  });
});

describe("a read", () => {
  it("is sent again without a key, and its errors are definite", async () => {
    const world = answering(fault);
    const error = await world.failureOf(world.connect({ timeoutMs: 1_000 }).keys.get("a"));
    expect(error).toMatchObject({ code: "network", definite: true, status: null });
    expect(world.sent.length).toBeGreaterThan(3);
    expect(world.sent.some(({ headers }) => headers.has("Idempotency-Key"))).toBe(false);
    expect(world.now).toBeLessThanOrEqual(1_000);
  });
});

it("a read that the service gave no answer to is definite as well", async () => {
  const world = answering(() => problem("deadline-exceeded"));
  const error = await world.failureOf(world.connect({ timeoutMs: 1_000 }).keys.get("a"));
  expect(error).toMatchObject({ code: "deadline-exceeded", status: 504, definite: true });
});

describe("time", () => {
  it("is what the call may take in all", async () => {
    const world = answering(() => "silence");
    const error = await world.failureOf(world.connect().keys.put("a", 1));
    expect(error).toMatchObject({ code: "deadline-exceeded", definite: false, status: null });
    expect(world.now).toBe(30_000);
    expect(world.sent.map(({ at }) => Math.round(at / 1000))).toEqual([0, 10, 20]);
  });

  it("is told to the service, less than the client waits", async () => {
    const world = answering(() => "silence");
    await world.failureOf(world.connect({ timeoutMs: 12_000 }).keys.get("a"));
    const told = world.sent.map(({ headers }) => Number(headers.get("Holdfast-Deadline-Ms")));
    expect(told[0]).toBe(9_500);
    expect(told[1]).toBeLessThan(2_000);
    expect(told[1]).toBeGreaterThan(1_000);
  });

  it("is not waited out where the service asks to come back too late", async () => {
    const world = answering(() => problem("no-quorum", {}, { "Retry-After": "2" }));
    const error = await world.failureOf(world.connect({ timeoutMs: 5_000 }).keys.put("a", 1));
    expect(error).toMatchObject({ code: "no-quorum", definite: true, retryAfterMs: 2_000 });
    expect(world.sent.map(({ at }) => at)).toEqual([0, 2_000, 4_000]);
    expect(world.now).toBe(4_000);
  });

  it("between tries grows, and is never all the same", () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 8].map((tries) => backoff(tries, 1));
    expect(pauses).toEqual([50, 100, 200, 400, 800, 1600, 2000, 2000]);
    expect(backoff(3, 0)).toBe(100);
    expect(backoff(10_000, 1)).toBe(2_000);
  });
});

describe("a caller who aborts", () => {
  const reason = new Error("enough");

  it.each([
    ["before", 0],
    ["during", 1],
  ])("%s the call hears its own reason", async (when, sent) => {
    const controller = new AbortController();
    const world = new World(() => {
      controller.abort(reason);
      return "silence";
    });
    if (when === "before") controller.abort(reason);
    const { keys } = world.connect();
    const error = await world.failureOf(keys.put("a", 1, { signal: controller.signal }));
    expect(error).toBe(reason);
    expect(world.sent).toHaveLength(sent);
  });

  it("between two tries hears it at once", async () => {
    const controller = new AbortController();
    const world = answering(() => problem("no-quorum", {}, { "Retry-After": "20" }));
    const call = world.connect({ signal: controller.signal }).keys.get("a");
    await Promise.all([
      world.sleep(5_000).then(() => controller.abort(reason)),
      world.failureOf(call).then((error) => expect(error).toBe(reason)),
    ]);
    expect(world.now).toBe(5_000);
    expect(world.sent).toHaveLength(1);
  });

  it("has nothing left on the signal afterwards", async () => {
    const added: string[] = [];
    const { signal } = new AbortController();
    const watched = new Proxy(signal, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (name === "addEventListener") added.push(String(args[0]));
          if (name === "removeEventListener") added.pop();
          return value.apply(target, args);
        };
      },
    });
    const world = answering(put);
    await world.until(world.connect().keys.put("a", 1, { signal: watched }));
    expect(added).toEqual([]);
  });
});

describe("an answer that is not the service's", () => {
  it("is an error that says so", async () => {
    const world = answering(() => new Response("ok"));
    const error = await world.failureOf(world.connect().keys.put("a", 1));
    expect(error).toMatchObject({ code: "unexpected-answer", definite: false, status: 200 });
  });

  it("that leads elsewhere is not followed, for methods and tokens get lost on the way", async () => {
    const headers = { Location: "https://elsewhere.example/" };
    const world = answering(() => new Response(null, { status: 301, headers }));
    const error = await world.failureOf(world.connect().keys.put("a", 1));
    expect(String(error)).toContain("https://elsewhere.example/");
    expect(world.sent[0]?.redirect).toBe("manual");
    expect(world.sent).toHaveLength(1);
  });
});

it("a mistake of the caller's is thrown as it is, and not tried again", async () => {
  const world = answering(put);
  const token = () => {
    throw new RangeError("no token today");
  };
  const error = await world.failureOf(world.connect({ token }).keys.put("a", 1));
  expect(error).toBeInstanceOf(RangeError);
  expect(world.sent).toHaveLength(0);
});
