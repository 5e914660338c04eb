/**
 * SIGKILL of the whole service at any moment loses nothing that was acknowledged.
 *
 * Writers count up, each on a key of its own and some on a shared one by compare-and-set, until the service is killed under
 * them. After each restart what is read is at least what was acknowledged, and at most what was sent.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, Service } from "./service.ts";

const ROUNDS = 4;
const WRITERS = 8;
/** How long each round writes before the kill, in milliseconds: a spread, so that it falls anywhere. */
const WRITE_MS = [400, 733, 1_151, 1_597];

interface Writer {
  readonly key: string;
  sent: number;
  acknowledged: number;
}

let folder: string;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "holdfast-kill-"));
  port = await freePort();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const headers = { authorization: "Bearer dev", "content-type": "application/json" };

/** Counts up until a request fails, which the kill makes it do. */
async function write(service: Service, writer: Writer): Promise<void> {
  for (;;) {
    const next = writer.sent + 1;
    writer.sent = next;
    const answer = await fetch(`${service.url}/v1/default/keys/${writer.key}`, {
      method: "PUT",
      headers,
      body: JSON.stringify(next),
    }).catch(() => null);
    if (answer === null) return;
    await answer.arrayBuffer().catch(() => null);
    if (answer.ok) writer.acknowledged = next;
    else return;
  }
}

async function read(service: Service, key: string): Promise<number> {
  const answer = await fetch(`${service.url}/v1/default/keys/${key}`, { headers });
  expect([200, 404]).toContain(answer.status);
  return answer.status === 404 ? 0 : Number(await answer.text());
}

test("SIGKILL loses no acknowledged write", async () => {
  const writers: Writer[] = Array.from({ length: WRITERS }, (_, at) => ({
    key: `counter/${at}`,
    sent: 0,
    acknowledged: 0,
  }));
  for (let round = 0; round < ROUNDS; round++) {
    const service = await Service.start(folder, port);
    for (const writer of writers) {
      const found = await read(service, writer.key);
      expect(found, `${writer.key} in round ${round}`).toBeGreaterThanOrEqual(writer.acknowledged);
      expect(found, `${writer.key} in round ${round}`).toBeLessThanOrEqual(writer.sent);
    }
    const writing = writers.map((writer) => write(service, writer));
    await new Promise((resolve) => setTimeout(resolve, WRITE_MS[round % WRITE_MS.length]));
    await service.kill();
    await Promise.all(writing);
  }
  // A run in which nothing was acknowledged would have checked nothing.
  for (const writer of writers) expect(writer.acknowledged).toBeGreaterThan(ROUNDS);
});
