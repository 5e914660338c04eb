/**
 * Replicas in regions that are processes: they follow through the queue of the leader's process, and what was written
 * while one was killed reaches it once it is back, by the leader's alarm alone.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Cluster } from "../../scripts/cluster/cluster.ts";
import { FAN_OUT_CHECK_MS, NOTICE_MS } from "../../shared/limits.ts";

let folder: string;
let cluster: Cluster;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "holdfast-replicas-"));
  const regions = ["wnam", "enam", "weur"];
  cluster = await Cluster.start({ regions, port: 0, token: "dev", folder });
});

afterAll(async () => {
  await cluster?.close();
  await rm(folder, { recursive: true, force: true });
});

async function ask(method: string, where: string, body?: string): Promise<Response> {
  const answer = await fetch(`${cluster.url}/v1/default${where}`, {
    method,
    headers: { Authorization: `Bearer ${cluster.token}`, "Content-Type": "text/plain" },
    body: body ?? null,
  });
  expect(answer.ok, `${method} ${where}: ${answer.status}`).toBe(true);
  return answer;
}

/** The index that each region's replica has of a group. */
async function indexes(group: string): Promise<Record<string, number>> {
  const { replicas } = (await (await ask("GET", `/groups/${group}`)).json()) as {
    replicas: { region: string; index: number }[];
  };
  return Object.fromEntries(replicas.map(({ region, index }) => [region, index]));
}

const eventually = (look: () => Promise<void>, timeout: number) =>
  vi.waitFor(look, { timeout, interval: 100 });

describe("replicas in processes of their own", () => {
  it("follow at once, each in its region", async () => {
    for (const text of ["one", "two"]) await ask("PUT", "/keys/a", text);
    await eventually(async () => {
      expect(await indexes("a")).toEqual({ wnam: 2, enam: 2, weur: 2, apac: 2 });
    }, 4_000);
    const read = await ask("GET", "/keys/a?consistency=eventual");
    expect(await read.text()).toBe("two");
    const list = await ask("GET", "/keys");
    expect(list.headers.get("Holdfast-Region")).toBe("wnam");
    expect(await list.json()).toMatchObject({ keys: [{ key: "a", revision: 2 }] });
  });

  it("have all that was written while one was away, once it is back", async () => {
    await cluster.kill("apac");
    await ask("PUT", "/keys/a", "three");
    await eventually(async () => {
      expect(await indexes("a")).toEqual({ wnam: 3, enam: 3, weur: 3 });
    }, 4_000);
    await cluster.restart("apac");
    // Nothing is written any more: the alarm asks.
    await eventually(async () => {
      expect((await indexes("a"))["apac"]).toBe(3);
    }, 40_000);
  });

  it("are asked again where the leader's process ends while it asks", async () => {
    cluster.stop("apac");
    await ask("PUT", "/keys/b", "one");
    await eventually(async () => {
      expect(await indexes("b")).toEqual({ wnam: 1, enam: 1, weur: 1 });
    }, 4_000);
    // The alarm rings, and its ring lasts as long as the one that hangs is waited for.
    await pause(FAN_OUT_CHECK_MS + NOTICE_MS / 2);
    await cluster.kill("wnam");
    // Nor does anything wait in the other process that could still bring it.
    await cluster.kill("apac");
    for (const region of ["apac", "wnam"]) await cluster.restart(region);
    // The platform rings again, for the alarm was not over.
    await eventually(async () => {
      expect((await indexes("b"))["apac"]).toBe(1);
    }, 60_000);
  });

  it("answer for one that is gone with its region", async () => {
    await cluster.kill("wnam");
    const list = await ask("GET", "/keys?values=true&limit=1");
    expect(list.headers.get("Holdfast-Region")).toMatch(/enam|weur|apac/);
    expect(await list.json()).toMatchObject({ keys: [{ key: "a", value: "three" }] });
    await cluster.restart("wnam");
  });
});
