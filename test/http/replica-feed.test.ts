/** What was committed reaches every region's replica, and how far each is shows. */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { memberIn } from "../../durable-objects/reach.ts";
import { VALUE_BYTES_MAX } from "../../shared/limits.ts";
import type { GroupRef, GroupRequest } from "../../shared/member/request.ts";
import type { FanOutMessage, FeedEntry } from "../../shared/replica/feed.ts";
import { type Instant, logIndex, ms, type RequestId, region } from "../../shared/types.ts";
import { groupSchema } from "../../shared/wire/groups.ts";
import { shownNamespaceSchema } from "../../shared/wire/namespaces.ts";
import { consume, DEAD_LETTERS } from "../../worker/fan-out/consumer.ts";
import { setRegion } from "./groups-client.ts";
import {
  eventually,
  from,
  keyPath,
  put,
  read,
  receiptOf,
  replicated,
  replicatedThrough,
  seen,
} from "./replicas-client.ts";
import { call, counter, env } from "./service.ts";

afterEach(async () => {
  vi.restoreAllMocks();
  for (const one of ["weur", "apac"]) await setRegion(one, "up");
});

function message(namespace: string, group: string, through: number): FanOutMessage {
  return {
    version: 1,
    namespace: {
      namespace,
      members: [region("weur")],
      replicas: ["weur", "apac"].map(region),
      historyMs: ms(600_000),
    },
    group,
    entries: [],
    through: logIndex(through),
  };
}

const bytesAs = (text: string) => ({
  bytes: new TextEncoder().encode(text),
  contentType: "text/plain",
});

/** Puts a value at the leader, which hands nothing to the queue: it is told of no replicas. */
async function putUnfed(namespace: string, key: string, text: string): Promise<void> {
  const weur = region("weur");
  const group: GroupRef = {
    namespace,
    group: key,
    members: [weur],
    self: weur,
    historyMs: ms(600_000),
  };
  const request: GroupRequest = {
    type: "write",
    id: crypto.randomUUID() as RequestId,
    copy: false,
    idempotency: null,
    conditions: [],
    operations: [{ type: "put", key, value: bytesAs(text), ttlMs: null }],
  };
  const caller = { deadlineMs: ms(5_000), unreachable: [] };
  const [answer] = await memberIn(env, group).serve(group, [request], caller);
  expect(answer?.type).toBe("written");
}

/** Hands messages to the consumer, as the queue does. */
async function queue(name: string, bodies: readonly unknown[]) {
  const batch = createMessageBatch(
    name,
    bodies.map((body, at) => ({ id: String(at), timestamp: 0, attempts: 1, body })),
  );
  const context = createExecutionContext();
  await consume(batch, env);
  return getQueueResult(batch, context);
}

const indexes = async (ns: string, group: string): Promise<Record<string, number>> => {
  const { replicas } = await (await call("GET", `/v1/${ns}/groups/${group}`)).json<{
    replicas: { region: string; index: number }[];
  }>();
  return Object.fromEntries(replicas.map((one) => [one.region, one.index]));
};

describe("the queue", () => {
  it("brings values of any size and any bytes to every region", async () => {
    const ns = await replicated();
    const values = {
      small: new Uint8Array([0, 255, 128]),
      large: new Uint8Array(VALUE_BYTES_MAX).fill(7),
    };
    const before = await counter("holdfast_fanout_messages_total");
    for (const [key, body] of Object.entries(values)) {
      const answer = await call("PUT", keyPath(ns, key), { body });
      const bookmark = answer.headers.get("Holdfast-Bookmark") ?? "";
      await replicatedThrough(ns, key, 1);
      const found = await read(ns, key, "session", {
        headers: { ...seen(bookmark).headers, ...from("apac").headers },
      });
      expect(receiptOf(found)).toMatchObject({ level: "session", region: "apac" });
      expect(new Uint8Array(await found.arrayBuffer())).toEqual(body);
    }
    expect(await counter("holdfast_fanout_messages_total")).toBeGreaterThan(before);
  });

  it("brings the last of several messages, and the replicas fetch those that were lost", async () => {
    const ns = await replicated();
    for (const text of ["one", "two", "three"]) await putUnfed(ns, "a", text);
    expect(await indexes(ns, "a")).toEqual({ weur: 0, apac: 0 });
    const change = { key: "a", revision: logIndex(3), value: bytesAs("three"), expiresAt: null };
    const last: FeedEntry = { index: logIndex(3), at: Date.now() as Instant, changes: [change] };
    const result = await queue("holdfast-fanout", [{ ...message(ns, "a", 3), entries: [last] }]);
    expect(result.explicitAcks).toEqual(["0"]);
    expect(await indexes(ns, "a")).toEqual({ weur: 3, apac: 3 });
    const found = await read(ns, "a", "eventual", from("apac"));
    expect(await found.text()).toBe("three");
    await put(ns, "a", "four");
    await replicatedThrough(ns, "a", 4);
  });

  it("acknowledges what every region took in, and repeats do no harm", async () => {
    const ns = await replicated();
    await put(ns, "a", "one");
    const bodies = [message(ns, "a", 1), message(ns, "a", 1)];
    const result = await queue("holdfast-fanout", bodies);
    expect(result.explicitAcks).toEqual(["0", "1"]);
    expect(await indexes(ns, "a")).toEqual({ weur: 1, apac: 1 });
  });

  it("brings again what a region that is down has not taken in; the others have it", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const ns = await replicated();
    await put(ns, "a", "one");
    await setRegion("apac", "down");
    const result = await queue("holdfast-fanout", [message(ns, "a", 1)]);
    expect(result.explicitAcks).toEqual([]);
    expect(result.retryMessages.map(({ msgId }) => msgId)).toEqual(["0"]);
    expect(await indexes(ns, "a")).toEqual({ weur: 1 });
    await setRegion("apac", "up");
    await replicatedThrough(ns, "a", 1);
  });

  it("gives up nothing for good: dead letters make the replicas fetch, and are counted", async () => {
    const errors = vi.spyOn(console, "error").mockImplementation(() => {});
    const ns = await replicated();
    await put(ns, "a", "one");
    const before = await counter("holdfast_dead_letters_total");
    const result = await queue(DEAD_LETTERS, [message(ns, "a", 1), { version: 9 }]);
    expect(result.ackAll).toBe(true);
    expect(await indexes(ns, "a")).toEqual({ weur: 1, apac: 1 });
    expect(await counter("holdfast_dead_letters_total")).toBe(before + 2);
    expect(
      errors.mock.calls.filter(([line]) => String(line).includes("gave messages up")),
    ).toHaveLength(1);
  });
});

describe("how far replicas are", () => {
  it("is shown with their group", async () => {
    const ns = await replicated();
    await put(ns, "a", "one");
    await put(ns, "a", "two");
    await replicatedThrough(ns, "a", 2);
    const shown = await (await call("GET", `/v1/${ns}/groups/a`)).json<Record<string, unknown>>();
    expect(groupSchema.strict().parse(shown)).toEqual(shown);
    expect(shown["replicas"]).toEqual([
      { region: "weur", index: 2, lagMs: 0 },
      { region: "apac", index: 2, lagMs: 0 },
    ]);
  });

  it("is shown with their namespace", async () => {
    const ns = await replicated();
    await put(ns, "a", "one");
    await put(ns, "b", "one");
    await eventually(async () => {
      const shown = await (await call("GET", `/v1/${ns}`)).json<Record<string, unknown>>();
      expect(shownNamespaceSchema.strict().parse(shown)).toEqual(shown);
      expect(shown["replicas"]).toEqual([
        { region: "weur", groups: 2, lagMs: 0, filled: expect.any(Boolean) },
        { region: "apac", groups: 2, lagMs: 0, filled: expect.any(Boolean) },
      ]);
    });
  });

  it("leaves out those out of reach, and goes on without them", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const ns = await replicated();
    await put(ns, "a", "one");
    await replicatedThrough(ns, "a", 1);
    await setRegion("apac", "down");
    expect(await indexes(ns, "a")).toEqual({ weur: 1 });
    const { replicas } = await (await call("GET", `/v1/${ns}`)).json<{ replicas: unknown[] }>();
    expect(replicas).toHaveLength(1);
  });
});
