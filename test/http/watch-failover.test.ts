/**
 * Watches while what serves them fails, moves and sleeps: the client sees a pause at most, every change once and in
 * order (W1); and one that does not read holds nobody up (W2).
 */
import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { memberName } from "../../shared/group.ts";
import { region } from "../../shared/types.ts";
import { WATCH_SLOW_MS } from "../../shared/watch/limits.ts";
import {
  handOver,
  healRegions,
  mustPut,
  putKey,
  setRegion,
  threeRegions,
} from "./groups-client.ts";
import { counter, env, freshNamespace, makeToken } from "./service.ts";
import { closeAll, type Event, watch, watchSocket } from "./watch-client.ts";

afterEach(async () => {
  vi.useRealTimers();
  await healRegions();
  await closeAll();
});

const valuesOf = (events: readonly Event[]): unknown[] => events.map(({ data }) => data.value);

const member = (ns: string, where: string, group: string) =>
  env.MEMBER.getByName(memberName(ns, region(where), group));

/** Puts numbers one after the other until each is acknowledged, whatever fails meanwhile. */
async function putNumbers(ns: string, key: string, from: number, count: number): Promise<void> {
  for (let at = from; at < from + count; at++) {
    for (;;) {
      const answer = await putKey(ns, key, String(at), { "Idempotency-Key": `${key}-${at}` });
      await answer.body?.cancel();
      if (answer.ok) break;
    }
  }
}

const numbers = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, at) => String(from + at));

describe("an object that sleeps", () => {
  it("is woken by a write, and its watchers miss nothing", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "key=k");
    await mustPut(ns, "k", "one");
    expect(valuesOf(await stream.take(1))).toEqual(["one"]);
    const resumed = await counter("holdfast_watch_resumed_total");
    await evictDurableObject(member(ns, "weur", "k"));
    await mustPut(ns, "k", "two");
    await evictDurableObject(member(ns, "weur", "k"));
    await mustPut(ns, "k", "three");
    expect(valuesOf(await stream.take(2))).toEqual(["two", "three"]);
    // The sockets have slept with it.
    expect(await counter("holdfast_watch_resumed_total")).toBe(resumed);
  });

  it("of three goes on as the leader that it was", async () => {
    const ns = await threeRegions();
    const stream = await watch(ns, "key=k");
    await mustPut(ns, "k", "one");
    for (const where of ["wnam", "enam", "weur"]) await evictDurableObject(member(ns, where, "k"));
    await mustPut(ns, "k", "two");
    expect(valuesOf(await stream.take(2))).toEqual(["one", "two"]);
  });

  it("goes on in the middle of a window", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "key=k");
    const count = 600;
    const half = count / 2;
    await putNumbers(ns, "k", 0, half);
    await evictDurableObject(member(ns, "weur", "k"));
    await putNumbers(ns, "k", half, half);
    expect(valuesOf(await stream.take(count))).toEqual(numbers(0, count));
  });
});

describe("an object that is gone", () => {
  it("is found again, behind the last position", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "key=k");
    const socket = await watchSocket(ns, "key=k");
    await mustPut(ns, "k", "one");
    const resumed = await counter("holdfast_watch_resumed_total");
    await evictDurableObject(member(ns, "weur", "k"), { webSockets: "close" });
    await mustPut(ns, "k", "two");
    await abortAllDurableObjects();
    await mustPut(ns, "k", "three");
    const wanted = ["one", "two", "three"];
    expect(valuesOf(await stream.take(3))).toEqual(wanted);
    expect(valuesOf(await socket.take(3))).toEqual(wanted);
    expect(await counter("holdfast_watch_resumed_total")).toBeGreaterThan(resumed);
  });
});

describe("a leader that", () => {
  it("hands over takes its watchers along", async () => {
    const ns = await threeRegions();
    const stream = await watch(ns, "group=g");
    const socket = await watchSocket(ns, "group=g");
    const writes = putNumbers(ns, "k/{g}", 0, 60);
    for (const to of ["enam", "weur", "wnam"]) {
      const answer = await handOver(ns, "g", to);
      expect(answer.status, await answer.text()).toBe(200);
    }
    await writes;
    expect(valuesOf(await stream.take(60))).toEqual(numbers(0, 60));
    expect(valuesOf(await socket.take(60))).toEqual(numbers(0, 60));
  });

  it("fails is replaced, and the watch goes on", { timeout: 60_000 }, async () => {
    const ns = await threeRegions();
    const stream = await watch(ns, "key=k");
    await putNumbers(ns, "k", 0, 10);
    expect(valuesOf(await stream.take(10))).toEqual(numbers(0, 10));
    const writes = putNumbers(ns, "k", 10, 30);
    await setRegion("wnam", "down");
    await writes;
    expect(valuesOf(await stream.take(30))).toEqual(numbers(10, 30));
    await setRegion("wnam", "up");
    await putNumbers(ns, "k", 40, 5);
    expect(valuesOf(await stream.take(5))).toEqual(numbers(40, 5));
  });
});

describe("a client that does not read", () => {
  it("is cut off with its position, and writes do not wait for it", async () => {
    const ns = await freshNamespace();
    const slow = await watch(ns, "key=k");
    const quick = await watch(ns, "key=k");
    const value = "x".repeat(512 * 1024);
    const before = 12;
    for (let at = 1; at <= before; at++) {
      await mustPut(ns, "k", value);
      expect((await quick.next())?.id).toBe(String(at));
    }
    const now = Date.now();
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime(now + WATCH_SLOW_MS);
    await mustPut(ns, "k", "last");
    expect((await quick.next())?.data.value).toBe("last");
    // It reads after all: what was sent before it was cut off, and where to resume.
    const events: Event[] = [];
    for (;;) {
      const event = await slow.next();
      if (event === null) break;
      events.push(event);
    }
    const end = events.pop();
    const count = events.length;
    expect(events.map(({ id }) => id)).toEqual(numbers(1, count));
    expect(count).toBeLessThan(before);
    expect(end).toEqual({
      id: String(count),
      event: "cut-off",
      data: { position: String(count), reason: "slow" },
    });
    const headers = { "Last-Event-ID": String(count) };
    const rest = await watch(ns, "key=k", { headers });
    const behind = await rest.take(before + 1 - count);
    expect(behind.map(({ id }) => id)).toEqual(numbers(count + 1, before + 1 - count));
  });

  it("but reads again in time is not", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "key=k");
    const value = "x".repeat(512 * 1024);
    for (let at = 0; at < 12; at++) await mustPut(ns, "k", value);
    const now = Date.now();
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime(now + WATCH_SLOW_MS - 1_000);
    await mustPut(ns, "k", "last");
    const events = await stream.take(13);
    expect(events.map(({ id }) => id)).toEqual(numbers(1, 13));
    expect(events.at(-1)?.data.value).toBe("last");
  });
});

it("a token that is revoked ends its watch", { timeout: 60_000 }, async () => {
  const ns = await freshNamespace();
  const expiresAt = new Date(Date.now() + 2_000).toISOString();
  const { token } = await makeToken(ns, { scopes: ["read"], expiresAt });
  const stream = await watch(ns, "key=k", { token });
  const socket = await watchSocket(ns, "key=k", { token });
  const end = {
    id: "0",
    event: "end",
    data: { position: "0", code: "unauthenticated", detail: "the token is not valid any more" },
  };
  expect(await stream.next()).toEqual(end);
  expect(await stream.next()).toBeNull();
  expect(await socket.next()).toEqual(end);
  expect(await socket.next()).toBeNull();
  expect(socket.closed?.code).toBe(4401);
});
