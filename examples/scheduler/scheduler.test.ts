/** The scheduler against the service itself: leaders that are cut off, and workers that crash. */
import type { HoldfastNamespace } from "@holdfast/client";
import { afterEach, expect, it } from "vitest";
import { connect, freshNamespace, service } from "../service.ts";
import { boards, ELECTION, GROUP, type Job, jobKey, look, workerKey } from "./board.ts";
import { Deposed, handOut } from "./leader.ts";
import { plan } from "./plan.ts";
import { done, submit } from "./submit.ts";
import { complete, runWorker } from "./worker.ts";

/** How soon others take over. */
const TTL_MS = 900;

const running: AbortController[] = [];

afterEach(() => {
  for (const each of running.splice(0)) each.abort();
});

/** A worker of its own machine. Its network can be cut: requests leave, and nothing comes back. */
function machine(namespace: string) {
  let isCut = false;
  const holdfast = connect({
    namespace,
    fetch: (url, init) => (isCut ? new Promise(() => {}) : service.fetch(url, init)),
  });
  return {
    holdfast,
    cut: () => {
      isCut = true;
    },
    heal: () => {
      isCut = false;
    },
  };
}

async function firstLook(holdfast: HoldfastNamespace, until: (jobs: readonly Job[]) => boolean) {
  const ended = new AbortController();
  for await (const board of boards(holdfast, ended.signal)) if (until(board.jobs)) return board;
  throw new Error("boards end by their reader alone");
}

it("refuses the writes of a leader that was cut off and does not know it", async () => {
  const namespace = await freshNamespace();
  const [a, b] = [machine(namespace), machine(namespace)];
  await a.holdfast.keys.put(workerKey("w"), {});
  await submit(a.holdfast, "1", "sums");

  // The first leader looks at the board, decides, and is cut off before it writes.
  const first = await a.holdfast.elections.campaign(ELECTION, { candidate: "a", ttlMs: TTL_MS });
  const [decided] = plan(await look(a.holdfast));
  expect(decided).toMatchObject({ worker: "w" });
  a.cut();

  // Another is elected once the first one's time is over; it has not handed anything out yet.
  const second = await b.holdfast.elections.campaign(ELECTION, { candidate: "b", ttlMs: TTL_MS });
  expect(second.token).toBeGreaterThan(first.token);

  // The first one comes back to its decision. The job is as it saw it, so nothing else would stand in its way.
  a.heal();
  await expect(handOut(a.holdfast, decided!, first.token)).rejects.toBeInstanceOf(Deposed);
  const { jobs } = await look(b.holdfast);
  expect(jobs).toMatchObject([{ state: "queued", revision: decided!.job.revision }]);

  // The second one's is taken.
  expect(await handOut(b.holdfast, plan(await look(b.holdfast))[0]!, second.token)).toBe(true);
  await second.release();
});

it("keeps one result of a job that two have done", async () => {
  const namespace = await freshNamespace();
  const { holdfast } = machine(namespace);
  await submit(holdfast, "1", "sums");
  const led = await holdfast.elections.campaign(ELECTION);
  const [open] = (await look(holdfast)).jobs;
  await handOut(holdfast, { job: open!, worker: "slow" }, led.token);
  const [toSlow] = (await look(holdfast)).jobs;
  // The worker is taken for dead, and its job given to another.
  await handOut(holdfast, { job: toSlow!, worker: "quick" }, led.token);
  const [toQuick] = (await look(holdfast)).jobs;
  expect(await complete(holdfast, toSlow!, "late")).toBe(false);
  expect(await complete(holdfast, toQuick!, "in time")).toBe(true);
  expect(await done(holdfast, "1")).toMatchObject({ worker: "quick", result: "in time" });
  await led.release();
});

it("does every job, though the leader crashes in the middle", async () => {
  const namespace = await freshNamespace();
  const { holdfast } = machine(namespace);
  const workers = ["w1", "w2", "w3"].map((name) => {
    const crash = new AbortController();
    running.push(crash);
    const { holdfast } = machine(namespace);
    const perform = async (task: unknown, by: string) => `${task} by ${by}`;
    const options = { name, signal: crash.signal, perform, ttlMs: TTL_MS };
    return { name, crash, ended: runWorker(holdfast, options) };
  });
  const ids = Array.from({ length: 9 }, (_, n) => String(n));
  for (const id of ids.slice(0, 4)) expect(await submit(holdfast, id, id)).toBe(true);
  expect(await submit(holdfast, "0", "again")).toBe(false);
  await firstLook(holdfast, (jobs) => jobs.some(({ state }) => state === "done"));

  const leader = await holdfast.elections.get(ELECTION);
  workers.find(({ name }) => name === leader?.candidate)!.crash.abort();
  for (const id of ids.slice(4)) await submit(holdfast, id, id);

  const jobs = await Promise.all(ids.map((id) => done(holdfast, id)));
  for (const [at, job] of jobs.entries()) {
    expect(job).toEqual({
      ...{ task: ids[at], state: "done", worker: job.worker },
      result: `${ids[at]} by ${job.worker}`,
    });
  }
  const next = await holdfast.elections.get(ELECTION);
  expect(next?.candidate).not.toBe(leader?.candidate);
  expect(next?.token).toBeGreaterThan(leader!.token);
  const { workers: left } = await look(holdfast);
  expect(left).not.toContain(leader?.candidate);
  expect((await holdfast.keys.get(jobKey("0"))).revision).toBeGreaterThan(0);
  expect((await holdfast.groups.get(GROUP)).inDoubt).toEqual([]);
  for (const { crash } of workers) crash.abort();
  await Promise.all(workers.map(({ ended }) => ended));
});
