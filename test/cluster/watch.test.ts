/**
 * Watches while the process of the leader's region is killed, and while it is stopped: the client sees a pause, and every
 * change once and in order (W1). Sockets lead from the edge's process into those of the regions.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Cluster } from "../../scripts/cluster/cluster.ts";
import { type Event, EventStream } from "../event-stream.ts";

const REGIONS = ["wnam", "enam", "weur"];
const DEADLINE_MS = 1_000;
const TRIES_MAX = 60;

let folder: string;
let cluster: Cluster;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "holdfast-watch-"));
  cluster = await Cluster.start({ regions: REGIONS, port: 0, token: "dev", folder });
});

afterAll(async () => {
  await cluster?.close();
  await rm(folder, { recursive: true, force: true });
});

const headers = (more: Record<string, string> = {}) => ({
  Authorization: `Bearer ${cluster.token}`,
  ...more,
});

/** Puts until it is acknowledged. Gives the region that led. */
async function put(key: string, value: string): Promise<string> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const answer = await fetch(`${cluster.url}/v1/default/keys/${key}`, {
      method: "PUT",
      body: value,
      headers: headers({
        "Content-Type": "text/plain",
        "Idempotency-Key": `${key}-${value}`,
        "Holdfast-Deadline-Ms": String(DEADLINE_MS),
      }),
    });
    await answer.body?.cancel();
    if (answer.ok) return answer.headers.get("Holdfast-Region") ?? "";
  }
  throw new Error(`${key} was not written`);
}

async function watch(query: string): Promise<EventStream> {
  const answer = await fetch(`${cluster.url}/v1/default/watch?${query}`, { headers: headers() });
  expect(answer.status).toBe(200);
  return new EventStream(answer);
}

function watchSocket(query: string): { readonly events: Event[]; readonly socket: WebSocket } {
  const url = `${cluster.url.replace("http", "ws")}/v1/default/watch?${query}`;
  const socket = new WebSocket(url, ["holdfast.v1", `bearer.${cluster.token}`]);
  const events: Event[] = [];
  socket.addEventListener("message", ({ data }) => events.push(JSON.parse(String(data)) as Event));
  return { events, socket };
}

const opened = (socket: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error("the socket did not open")));
  });

const numbers = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, at) => String(from + at));

it.each(["kill", "stop"] as const)("a watch outlives a %s of its leader's process", async (how) => {
  const key = `watched-${how}`;
  const stream = await watch(`key=${key}`);
  const { events, socket } = watchSocket(`key=${key}`);
  await opened(socket);
  const count = 20;
  let leader = "";
  for (const value of numbers(0, count)) leader = await put(key, value);
  const before = await stream.take(count);
  const failedAt = performance.now();
  if (how === "kill") await cluster.kill(leader);
  else cluster.stop(leader);
  for (const value of numbers(count, count)) expect(await put(key, value)).not.toBe(leader);
  const after = await stream.take(count);
  console.log(
    `${how}: ${count} changes were seen ${Math.round(performance.now() - failedAt)} ms after it`,
  );
  if (how === "kill") await cluster.restart(leader);
  else cluster.resume(leader);
  for (const value of numbers(2 * count, count)) await put(key, value);
  const healed = await stream.take(count);
  const all = [...before, ...after, ...healed];
  expect(all.map(({ data }) => data.value)).toEqual(numbers(0, 3 * count));
  await expect.poll(() => events.length, { timeout: 30_000 }).toBe(3 * count);
  expect(events).toEqual(all);
  socket.close();
  await stream.close();
});
