/**
 * What it costs a group that its replicas have everything, counted (docs/protocols/replica.md): rows and rings of the
 * alarm, questions to replicas, messages into the queue. Four replicas, of which none is there but in name.
 */
import { describe, expect, it } from "vitest";
import type { GroupRequest } from "../../shared/member/request.ts";
import { type RequestId, region } from "../../shared/types.ts";
import { Cluster } from "./transactions/cluster.ts";

const REPLICAS = ["wnam", "enam", "weur", "apac"].map(region);
const AWAY = region("apac");

let requests = 0;
const put = (ttlMs: number | null = null): GroupRequest => ({
  type: "write",
  id: `r${requests++}` as RequestId,
  copy: false,
  idempotency: null,
  conditions: [],
  operations: [
    {
      type: "put",
      key: "g",
      value: { bytes: new Uint8Array(3), contentType: "text/plain" },
      ttlMs: ttlMs as never,
    },
  ],
});

/** What was spent behind the answers: `rows` are those of the alarm, `rounds` calls that asked for a lease. */
const spent = (cluster: Cluster) => ({
  rows: cluster.alarms("g"),
  rings: cluster.rings("g"),
  questions: cluster.notices.length,
  rounds: cluster.calls.filter((call) => call.startsWith("renew")).length,
});

describe.each([1, 3])("a group of %i members", (members) => {
  it("spends 1 row, 1 ring and a question a replica on a lone put", async () => {
    const cluster = new Cluster(members, REPLICAS);
    await cluster.ask("g", put());
    await cluster.settle();
    expect(spent(cluster)).toEqual({ rows: 1, rings: 1, questions: 4, rounds: 0 });
    expect(cluster.queue).toHaveLength(1);
  });

  it("spends the same on a burst", async () => {
    const cluster = new Cluster(members, REPLICAS);
    for (let n = 0; n < 50; n++) {
      cluster.begin("g", put());
      await cluster.pass(80);
    }
    await cluster.settle();
    expect(spent(cluster)).toEqual({ rows: 1, rings: 1, questions: 4, rounds: 0 });
  });

  it("spends 12 rows, 12 rings and 48 questions on a put a second for a minute", async () => {
    const cluster = new Cluster(members, REPLICAS);
    for (let second = 0; second < 60; second++) {
      await cluster.ask("g", put());
      await cluster.pass(1_000);
    }
    await cluster.settle();
    expect(spent(cluster)).toMatchObject({ rows: 12, rings: 12, questions: 48 });
  });

  it("spends ever less on a region that is away, over as many lives as there are rings", async () => {
    const cluster = new Cluster(members, REPLICAS);
    cluster.replicaIndex = (at, through) => (at === AWAY ? null : through);
    await cluster.ask("g", put());
    const perHour: ReturnType<typeof spent>[] = [];
    // The put's own row is not among them.
    for (let hour = 0; hour < 2; hour++) {
      const before = spent(cluster);
      for (let seconds = 0; seconds < 3_600; seconds += 10) {
        await cluster.pass(10_000);
        for (const at of cluster.regions) if (!cluster.isRinging("g", at)) cluster.stop("g", at);
      }
      const now = spent(cluster);
      perHour.push({
        rows: now.rows - before.rows,
        rings: now.rings - before.rings,
        questions: now.questions - before.questions,
        rounds: now.rounds - before.rounds,
      });
    }
    // A life that does not know what is committed asks its followers first.
    const rounds = (rings: number) => (members === 1 ? 0 : 2 * rings);
    expect(perHour).toEqual([
      { rows: 11, rings: 11, questions: 44, rounds: rounds(10) },
      { rows: 6, rings: 6, questions: 24, rounds: rounds(6) },
    ]);
    cluster.replicaIndex = (_, through) => through;
    await cluster.settle();
    // Once it is back the next ring is the last (L3).
    expect(spent(cluster).rings - perHour.reduce((sum, { rings }) => sum + rings, 0)).toBe(1);
  });

  it("rings again where its life ended before all had answered (F2)", async () => {
    const cluster = new Cluster(members, REPLICAS);
    cluster.replicaIndex = (at, through) => (at === AWAY ? null : through);
    await cluster.ask("g", put());
    await cluster.pass(6_000);
    expect(spent(cluster)).toMatchObject({ rows: 1, rings: 1, questions: 4 });
    cluster.replicaIndex = (_, through) => through;
    for (const at of cluster.regions) cluster.stop("g", at);
    await cluster.settle();
    expect(spent(cluster)).toMatchObject({ rows: 1, rings: 2, questions: 8 });
  });

  it("asks no sooner for a key that lives on", async () => {
    const cluster = new Cluster(members, REPLICAS);
    await cluster.ask("g", put(3_600_000));
    await cluster.pass(60_000);
    // The second row stands for the end of the key's time.
    expect(spent(cluster)).toEqual({ rows: 2, rings: 1, questions: 4, rounds: 0 });
  });
});
