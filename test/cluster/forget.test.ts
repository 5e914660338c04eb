/**
 * A queue that forgets: the service is killed before what was written has left it, and the local queue keeps what waits
 * for its batch in memory alone. The replicas come to have it all the same, though nobody reads or writes again.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { freePort, Service } from "./service.ts";

const GROUPS = ["a", "b", "c"];

let folder: string;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "holdfast-forget-"));
  port = await freePort();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const ask = (service: Service, method: string, where: string, body?: string) =>
  fetch(`${service.url}/v1/default${where}`, {
    method,
    headers: { Authorization: "Bearer dev", "Content-Type": "text/plain" },
    body: body ?? null,
  });

/** The index that each region's replica has of a group. */
async function indexes(service: Service, group: string): Promise<number[]> {
  const { replicas } = (await (await ask(service, "GET", `/groups/${group}`)).json()) as {
    replicas: { index: number }[];
  };
  return replicas.map(({ index }) => index);
}

it("delays replicas, and nothing else", async () => {
  const first = await Service.start(folder, port);
  const written = await Promise.all(
    GROUPS.map((group) => ask(first, "PUT", `/keys/${group}`, "x")),
  );
  await first.kill();
  expect(written.map(({ status }) => status)).toEqual(GROUPS.map(() => 201));
  const second = await Service.start(folder, port);
  try {
    for (const group of GROUPS) {
      await vi.waitFor(
        async () => {
          const found = await indexes(second, group);
          expect(found).toHaveLength(4);
          expect(Math.min(...found)).toBe(1);
        },
        { timeout: 60_000, interval: 250 },
      );
    }
  } finally {
    await second.kill();
  }
});
