/**
 * Regions that are processes: killed under load again and again, stopped until their lease is long over, all of
 * them at once. Nothing that was acknowledged is lost, and what clients saw is linearizable.
 *
 * Each fault must also be survived, or nothing is shown: while it lasts, every key is written.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster } from "../../scripts/cluster/cluster.ts";
import { LEASE_MS } from "../../shared/limits.ts";
import { disorder, revisionsOf } from "./history.ts";
import { Load } from "./load.ts";

const REGIONS = ["wnam", "enam", "weur"];
/** Three groups, one of them with two keys. */
const KEYS = ["{orders}/1", "{orders}/2", "stock", "cart"];
const MAIN = "{orders}/1";
const CLIENTS = 12;
/** Short, so that many requests meet a fault and end in it. */
const DEADLINE_MS = 1_000;

const KILLS = 3;
const RESTARTS = 3;
/** Time for a fault to show in the history before the next one comes. */
const CALM_MS = 500;
/** Long enough for a lease to be long over when a stopped process goes on. */
const STOPPED_MS = 2 * LEASE_MS;
/** The rest of the lease, an election, and the time until a client tries again. */
const RECOVERY_MS_MAX = LEASE_MS + 1_000 + DEADLINE_MS;

let folder: string;
let cluster: Cluster;
let load: Load;
const figures: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "holdfast-regions-"));
  cluster = await Cluster.start({ regions: REGIONS, port: 0, token: "dev", folder });
  load = await Load.start(cluster, {
    keys: KEYS,
    clients: CLIENTS,
    deadlineMs: DEADLINE_MS,
    seed: 1,
  });
  await Promise.all(KEYS.map((key) => load.next("written", key, 0)));
});

afterAll(async () => {
  await load?.stop();
  await cluster?.close();
  await rm(folder, { recursive: true, force: true });
  console.log(figures.join("\n"));
});

/** Milliseconds from `since` until a key was written, or read, that was asked for after it. */
async function until(type: "written" | "record", key: string, since: number): Promise<number> {
  return (await load.next(type, key, since)).returnedAt - since;
}

/** Until all keys were written, the slowest last. */
async function untilAllWritten(since: number): Promise<number> {
  return Math.max(...(await Promise.all(KEYS.map((key) => until("written", key, since)))));
}

function figure(what: string, millis: readonly number[]): void {
  figures.push(`${what}: ${millis.map((one) => `${Math.round(one)} ms`).join(", ")}`);
}

describe("regions that are processes", () => {
  it("go on without the leader's, which was killed, and take it in again", async () => {
    const main: number[] = [];
    const all: number[] = [];
    for (let round = 0; round < KILLS; round++) {
      const leader = load.leaderOf(MAIN);
      const killedAt = performance.now();
      await cluster.kill(leader);
      const recovered = untilAllWritten(killedAt);
      main.push(await until("written", MAIN, killedAt));
      all.push(await recovered);
      expect(load.leaderOf(MAIN)).not.toBe(leader);
      await cluster.restart(leader);
      await pause(CALM_MS);
    }
    figure("from a kill to the next write of a key it led", main);
    figure("from a kill until every key was written", all);
    for (const millis of all) expect(millis).toBeLessThan(RECOVERY_MS_MAX);
  });

  it("have their leader back when its process is", async () => {
    const reads: number[] = [];
    const writes: number[] = [];
    for (let round = 0; round < RESTARTS; round++) {
      const leader = load.leaderOf(MAIN);
      await cluster.kill(leader);
      await cluster.restart(leader);
      const restartedAt = performance.now();
      const written = until("written", MAIN, restartedAt);
      reads.push(await until("record", MAIN, restartedAt));
      writes.push(await written);
      await untilAllWritten(restartedAt);
      await pause(CALM_MS);
    }
    figure("from a leader's restart to the next read", reads);
    figure("from a leader's restart to the next write", writes);
    for (const millis of writes) expect(millis).toBeLessThan(RECOVERY_MS_MAX);
  });

  it("go on without one that was stopped until its lease was long over", async () => {
    const main: number[] = [];
    for (const role of ["leader", "follower"]) {
      const leader = load.leaderOf(MAIN);
      const follower = REGIONS.find((region) => region !== leader) as string;
      const region = role === "leader" ? leader : follower;
      const stoppedAt = performance.now();
      cluster.stop(region);
      const recovered = untilAllWritten(stoppedAt);
      main.push(await until("written", MAIN, stoppedAt));
      expect(await recovered).toBeLessThan(STOPPED_MS);
      await pause(stoppedAt + STOPPED_MS - performance.now());
      cluster.resume(region);
      await pause(CALM_MS);
    }
    figure("from a stop (of the leader, of a follower) to the next write", main);
  });

  // The first to ask it must not be told what it knew: its lease is over, and of its successor it has heard
  // nothing, or only what still waits in its sockets.
  it.each(["before", "after"])(
    "go on with one whose successor is killed %s it goes on",
    async (when) => {
      const leader = load.leaderOf(MAIN);
      const stoppedAt = performance.now();
      cluster.stop(leader);
      await untilAllWritten(stoppedAt);
      await pause(stoppedAt + STOPPED_MS - performance.now());
      const successor = load.leaderOf(MAIN);
      if (when === "after") cluster.resume(leader);
      await cluster.kill(successor);
      if (when === "before") cluster.resume(leader);
      const resumedAt = performance.now();
      const millis = await untilAllWritten(resumedAt);
      figure(`from a successor's kill ${when} it goes on until every key was written`, [millis]);
      expect(millis).toBeLessThan(RECOVERY_MS_MAX);
      await cluster.restart(successor);
      await pause(CALM_MS);
    },
  );

  it("lose nothing when all of them are killed, and show nothing out of order", async () => {
    await Promise.all(REGIONS.map((region) => cluster.kill(region)));
    await Promise.all(REGIONS.map((region) => cluster.restart(region)));
    const restartedAt = performance.now();
    figure("from a restart of all until every key was written", [
      await untilAllWritten(restartedAt),
    ]);
    await load.stop();
    const reader = load.client(CLIENTS + 1);
    let revisions = 0;
    for (const key of KEYS) {
      const { outcome } = await reader.ask(key, { type: "get" });
      expect(outcome.type).toBe("record");
      const attempts = load.attempts.filter((attempt) => attempt.key === key);
      const values = new Map<number, string>();
      for (const [revision, expected] of revisionsOf(attempts)) {
        const value = await reader.valueAt(key, revision);
        expect(value, `${key} at ${revision}`).not.toBeNull();
        if (expected !== null) expect(value, `${key} at ${revision}`).toBe(expected);
        values.set(revision, String(value));
      }
      revisions += values.size;
      expect(disorder(attempts, values), key).toBeNull();
    }
    const count = (type: string) =>
      load.attempts.filter(({ outcome }) => outcome.type === type).length;
    figures.push(
      `${load.attempts.length} requests: ${count("written")} writes acknowledged, ${count("unknown")} unknown, ` +
        `${count("nothing")} refused; ${revisions} revisions read again`,
    );
    expect(count("written")).toBeGreaterThan(100);
  });
});
