/** What a leader sends its replicas, and how long it goes on asking them (F1, F2, L3). */
import { describe, expect, it } from "vitest";
import type { GroupRequest } from "../../../shared/member/request.ts";
import { jsonValue } from "../../../shared/transaction/json.ts";
import { type RequestId, region } from "../../../shared/types.ts";
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
