import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import type { LoadJob, Watch } from "./job.ts";
import { Watcher } from "./watch.ts";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that shows the keys which `look` gives, and a job that watches it. */
async function watching(
  look: (looks: number) => { key: string; revision: number }[] | null,
): Promise<Watcher> {
  let looks = 0;
  const server = createServer((_, response) => {
    const keys = look(++looks);
    response.statusCode = keys === null ? 500 : 200;
    response.end(JSON.stringify({ keys }));
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const watch: Watch = { path: "/", everyMs: 1, patienceMs: 50, windows: 1, windowMs: 60_000 };
  const job: LoadJob = {
    port: (server.address() as AddressInfo).port,
    headers: {},
    clients: 1,
    durationMs: 1,
    requests: { to: "all", requests: [] },
    expected: [200],
    conflicts: [],
    watch,
  };
  return new Watcher(job, watch);
}

it("goes on looking until what was written is shown", async () => {
  const watcher = await watching((looks) => [{ key: "a", revision: Math.floor(looks / 3) }]);
  watcher.answered('{"key":"a","revision":2,"created":false}');
  watcher.answered('{"key":"a","revision":1,"created":true}');
  const { windows, behindAtEnd, unseen, looks } = await watcher.end();
  expect({ behindAtEnd, unseen }).toEqual({ behindAtEnd: 2, unseen: 0 });
  expect(looks).toBeGreaterThanOrEqual(6);
  expect(windows).toMatchObject([{ count: 2 }]);
});

it("tells of what never arrived, when its patience is over", async () => {
  const watcher = await watching(() => [{ key: "a", revision: 1 }]);
  watcher.answered('{"key":"a","revision":2,"created":false}');
  expect(await watcher.end()).toMatchObject({ unseen: 1, fault: null });
});

it("tells why it could not look", async () => {
  const watcher = await watching(() => null);
  watcher.answered('{"key":"a","revision":2,"created":false}');
  expect(await watcher.end()).toMatchObject({ unseen: 1, fault: expect.stringContaining("500") });
});
