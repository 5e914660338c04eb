import { describe, expect, it } from "vitest";
import { json, problem, type Reply, type Sent, World } from "./fixture.ts";
import { op, when } from "./index.ts";

const RESULTS = [{ op: "add", key: "a", revision: 2, value: 3, encoding: "json" }];
const done = (id = "T1.a") =>
  json(
    { id, succeeded: true, results: RESULTS, bookmark: "1.a-2" },
    { "Holdfast-Bookmark": "1.a-2" },
  );
const timeout = (id: string) => problem("deadline-exceeded", { id });
const committed = (id: string) =>
  json({ id, status: "committed", succeeded: true, results: RESULTS });
const aborted = (id: string) => json({ id, status: "aborted" });
const fault = () => new TypeError("connection reset");

/** A world where posts and look-ups are answered apart. */
function settling(post: (count: number) => Reply, get: (id: string, sent: Sent) => Reply) {
  let posts = 0;
  return new World((sent) => {
    if (sent.method === "POST") return post(++posts);
    return get(decodeURIComponent(sent.url.pathname.split("/").at(-1) ?? ""), sent);
  });
}

const add = (world: World) => world.connect().transaction().do(op.add("a", 1));
const count = (world: World, method: string) =>
  world.sent.filter((sent) => sent.method === method).length;

describe("a transaction that timed out", () => {
  it("is sent again under the same key, and tells its first answer", async () => {
    const world = settling((n) => (n < 3 ? timeout(`T${n}.a`) : done()), aborted);
    const outcome = await world.until(add(world).commit());
    expect(outcome).toMatchObject({ succeeded: true, id: "T1.a", results: [{ value: 3 }] });
    const keys = world.sent.map(({ headers }) => headers.get("Idempotency-Key"));
    expect(keys).toEqual(["id-1", "id-1", "id-1"]);
    expect(count(world, "GET")).toBe(0);
  });

  it("to the end is settled by the ids of its tries: committed", async () => {
    const world = settling(
      (n) => timeout(`T${n}.a~b`),
      (id) => (id === "T2.a~b" ? committed(id) : aborted(id)),
    );
    const outcome = await world.until(add(world).commit());
    expect(outcome).toMatchObject({ succeeded: true, id: "T2.a~b", results: [{ value: 3 }] });
    const asked = world.sent.filter(({ method }) => method === "GET");
    expect(asked.map(({ url }) => url.pathname + url.search)).toEqual([
      "/v1/default/transactions/T1.a~b?settle=true",
      "/v1/default/transactions/T2.a~b?settle=true",
    ]);
    expect(world.now).toBeLessThan(30_000);
  });

  it("to the end is settled by the ids of its tries: aborted, and so definite", async () => {
    const world = settling((n) => timeout(`T${n}.a`), aborted);
    const error = await world.failureOf(add(world).commit());
    expect(error).toMatchObject({ code: "deadline-exceeded", definite: true });
    expect(count(world, "GET")).toBe(count(world, "POST"));
  });

  it("and has tries that nobody answered stays unknown", async () => {
    const world = settling((n) => (n === 2 ? fault() : timeout(`T${n}.a`)), aborted);
    const error = await world.failureOf(add(world).commit());
    expect(error).toMatchObject({ definite: false, idempotencyKey: "id-1" });
  });

  it("and cannot be settled stays unknown", async () => {
    const world = settling(
      () => timeout("T1.a"),
      () => problem("no-quorum"),
    );
    const error = await world.failureOf(add(world).commit());
    expect(error).toMatchObject({
      code: "deadline-exceeded",
      definite: false,
      transactionId: "T1.a",
    });
    expect(world.now).toBeLessThanOrEqual(30_000);
  });

  it("without a key is settled after its one try", async () => {
    const world = settling(() => timeout("T1.a"), committed);
    const outcome = await world.until(add(world).commit({ idempotencyKey: null }));
    expect(outcome.succeeded).toBe(true);
    expect(count(world, "POST")).toBe(1);
  });

  it("is not settled for whoever has aborted", async () => {
    const controller = new AbortController();
    const world = settling(() => {
      controller.abort("enough");
      return timeout("T1.a");
    }, aborted);
    const error = await world.failureOf(add(world).commit({ signal: controller.signal }));
    expect(error).toBe("enough");
    expect(count(world, "GET")).toBe(0);
  });

  it("but is settled says nothing of its groups to a session, which reads strongly from then on", async () => {
    const world = settling(() => timeout("T1.a"), committed);
    const session = world.connect().session();
    await world.until(session.transaction().do(op.add("a", 1)).commit());
    expect(session.bookmark).toMatch(/\.~$/);
  });
});

describe("a transaction's time", () => {
  const deadlines = (world: World) =>
    world.sent.map((sent) => (sent.json as { deadlineMs: number } | undefined)?.deadlineMs);

  it("leaves the service the time to abort, and the client that to hear of it", async () => {
    const world = settling(() => "silence", aborted);
    await world.failureOf(add(world).commit({ timeoutMs: 20_000 }));
    expect(deadlines(world)).toEqual([5_000, 5_000, expect.any(Number)]);
    expect(world.sent[1]?.at).toBeGreaterThanOrEqual(7_500);
    expect(deadlines(world)[2]).toBeLessThan(1_000);
  });

  it("is what the caller says", async () => {
    const world = settling(() => done(), aborted);
    await add(world).commit({ deadlineMs: 20_000 });
    expect(deadlines(world)).toEqual([20_000]);
  });
});

describe("what only reads", () => {
  it("carries no key, and is tried again", async () => {
    const results = [{ op: "get", key: "a", revision: null }];
    const world = settling(
      (n) => (n === 1 ? fault() : json({ id: "T1.a", succeeded: true, results, bookmark: "1" })),
      aborted,
    );
    const outcome = await world.until(
      world.connect().transaction().if(when.absent("b")).do(op.get("a")).commit(),
    );
    expect(outcome.results).toEqual([
      { op: "get", key: "a", value: null, revision: null, contentType: null },
    ]);
    expect(world.sent.some(({ headers }) => headers.has("Idempotency-Key"))).toBe(false);
  });
});

it("a builder is a value, and no promise", async () => {
  const world = settling(() => done(), aborted);
  const base = world.connect().transaction().if(when.atLeast("a", 1));
  const one = base.do(op.add("a", 1));
  const two = base.do(op.add("a", 2));
  expect(await Promise.resolve(one)).toBe(one);
  await two.commit();
  await one.commit();
  const bodies = world.sent.map((sent) => sent.json as { then: unknown; if: unknown });
  expect(bodies.map(({ then }) => then)).toEqual([
    [{ op: "add", key: "a", by: 2 }],
    [{ op: "add", key: "a", by: 1 }],
  ]);
  expect(bodies[0]?.if).toEqual([{ key: "a", atLeast: 1 }]);
});
