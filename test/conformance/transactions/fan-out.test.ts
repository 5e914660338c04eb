/** What a leader sends its replicas, and how long it goes on asking them (F1, F2, L3). */
import { serialize } from "node:v8";
import { describe, expect, it } from "vitest";
import { FAN_OUT_BYTES_MAX, KEY_BYTES_MAX } from "../../../shared/limits.ts";
import { internalKey } from "../../../shared/lock/key.ts";
import type { GroupRequest } from "../../../shared/member/request.ts";
import type { FanOut } from "../../../shared/replica/feed.ts";
import { jsonValue } from "../../../shared/transaction/json.ts";
import { ms, type RequestId, region } from "../../../shared/types.ts";
import { Cluster, transact } from "./cluster.ts";

const REPLICAS = ["weur", "apac"].map(region);

let requests = 0;
const put = (key: string, bytes = 3): GroupRequest => ({
  type: "write",
  id: `r${requests++}` as RequestId,
  copy: false,
  idempotency: null,
  conditions: [],
  operations: [
    {
      type: "put",
      key,
      value: { bytes: new Uint8Array(bytes), contentType: "text/plain" },
      ttlMs: null,
    },
  ],
});

describe.each([1, 3])("a group of %i that has replicas", (members) => {
  it("sends each entry once it is committed, in order and without a gap", async () => {
    const cluster = new Cluster(members, REPLICAS);
    for (const key of ["{g}1", "{g}2", "{g}1"]) await cluster.ask("g", put(key));
    await cluster.pass(100);
    const entries = cluster.queue.flatMap((message) => message.entries);
    expect(entries.map(({ index }) => index)).toEqual([1, 2, 3]);
    expect(entries.map(({ changes }) => changes.map(({ key }) => key))).toEqual([
      ["{g}1"],
      ["{g}2"],
      ["{g}1"],
    ]);
    expect(cluster.queue.at(-1)?.through).toBe(3);
  });

  it("only points to what is too large for a message", async () => {
    const cluster = new Cluster(members, REPLICAS);
    await cluster.ask("g", put("{g}1", 200_000));
    await cluster.pass(100);
    expect(cluster.queue).toEqual([{ group: "g", entries: [], through: 1 }]);
  });

  it("asks every replica a while later, and is still once all have everything", async () => {
    const cluster = new Cluster(members, REPLICAS);
    await cluster.ask("g", put("g"));
    await cluster.settle();
    expect(cluster.notices).toEqual(REPLICAS.map((one) => ({ region: one, through: 1 })));
    expect(cluster.timeline.now).toBeLessThan(60_000);
  });

  it("goes on asking one that lacks something, ever more rarely, also as another life", async () => {
    const cluster = new Cluster(members, REPLICAS);
    cluster.replicaIndex = (at, through) => (at === REPLICAS[0] ? through : null);
    await cluster.ask("g", put("g"));
    await cluster.pass(20_000);
    const asked = cluster.notices.length;
    expect(asked).toBeGreaterThan(2);
    cluster.stop("g");
    cluster.replicaIndex = (_, through) => through;
    await cluster.settle();
    expect(cluster.notices.length).toBeGreaterThan(asked);
    expect(cluster.notices.at(-1)).toEqual({ region: REPLICAS[1], through: 1 });
    expect(cluster.timeline.now).toBeLessThan(300_000);
  });
});

describe("a lock", () => {
  it("is nothing to replicas but an entry like any other", async () => {
    const cluster = new Cluster(1, REPLICAS);
    const key = internalKey("lock", "g");
    await cluster.ask("g", {
      type: "lock",
      id: "lock" as RequestId,
      copy: false,
      idempotency: null,
      waitMs: ms(0),
      conditions: [{ type: "free", key, holder: "w1" }],
      operations: [{ type: "grant", key, holder: "w1", ttlMs: ms(60_000), value: null }],
    });
    await cluster.pass(100);
    expect(cluster.queue.flatMap(({ entries }) => entries)).toMatchObject([
      { index: 1, changes: [] },
    ]);
  });
});

describe("a message", () => {
  /** Bytes of it on its way, about as the queue counts them: a structured clone. */
  const bytesOf = (message: FanOut): number => serialize({ version: 1, ...message }).byteLength;

  it("stays under the queue's limit whatever transactions add to it", async () => {
    const cluster = new Cluster(1, REPLICAS);
    // As long as keys may be, and so many that their names alone are more than a message holds.
    const keys = Array.from({ length: 127 }, (_, n) => `{g}${n}`.padEnd(KEY_BYTES_MAX, "x"));
    const vote = (operated: readonly string[]) =>
      transact(cluster, {
        operations: ["a", ...operated].map((key) => ({
          type: "put",
          key,
          value: jsonValue(1),
          ttlMs: null,
        })),
      });
    for (const operated of [keys, keys.slice(0, 30), keys.slice(30, 60), keys.slice(60, 61)]) {
      const { anchor, ...request } = vote(operated);
      const answer = await cluster.ask(anchor, request);
      expect(answer.type).toBe("transacted");
      await cluster.pass(200);
    }
    const messages = cluster.queue.filter(({ group }) => group === "g");
    expect(messages.at(-1)?.through).toBe(8);
    // The first vote and what resolves it are only pointed to; the others travel.
    expect(messages.filter(({ entries }) => entries.length === 0).length).toBeGreaterThan(0);
    expect(messages.filter(({ entries }) => entries.length > 0).length).toBeGreaterThan(0);
    for (const message of messages) expect(bytesOf(message)).toBeLessThan(FAN_OUT_BYTES_MAX);
  });
});

describe("a transaction", () => {
  it("opens a doubt with its vote, and its changes come with what resolves it", async () => {
    const cluster = new Cluster(1, REPLICAS);
    const { anchor, ...request } = transact(cluster, {
      operations: ["a", "b"].map((key) => ({ type: "put", key, value: jsonValue(1), ttlMs: null })),
    });
    await cluster.ask(anchor, request);
    await cluster.pass(200);
    const ofB = cluster.queue
      .filter(({ group }) => group === "b")
      .flatMap(({ entries }) => entries);
    expect(ofB.map(({ changes, opens, closes }) => [changes.length, opens, closes])).toEqual([
      [0, { vote: 1, keys: ["b"] }, undefined],
      [1, undefined, [1]],
    ]);
    expect(ofB[1]?.changes[0]).toMatchObject({ key: "b", revision: 1 });
  });
});
