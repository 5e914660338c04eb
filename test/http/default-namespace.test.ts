/** `default` exists from the start, and stays what it was first: data already lies with its members. */
import { evictAllDurableObjects, reset } from "cloudflare:test";
import { beforeEach, expect, it, vi } from "vitest";
import type { Env } from "../../worker/context.ts";
import { env, expectProblem, request } from "./service.ts";

/** An app with nothing in memory, as a new isolate has it. */
async function newIsolate() {
  vi.resetModules();
  // The objects' classes are new as well, so none of the old may go on running.
  await evictAllDurableObjects();
  return (await import("../../worker/app.ts")).createApp();
}

async function regionsOfDefault(variable: string): Promise<unknown> {
  const app = await newIsolate();
  const bindings: Env = { ...env, HOLDFAST_REGIONS: variable };
  const answer = await app.fetch(request("GET", "/v1/default"), bindings);
  expect(answer.status).toBe(200);
  const { replicas: _, ...settings } = await answer.json<Record<string, unknown>>();
  return settings;
}

// Each test begins with a deployment that nobody has used.
beforeEach(() => reset());

it("takes the variable the first time, and keeps what it was", async () => {
  const first = await regionsOfDefault("weur, enam,wnam");
  expect(first).toEqual({
    name: "default",
    regions: ["weur", "enam", "wnam"],
    replicaRegions: ["weur", "enam", "wnam", "apac"],
    historyMs: 600_000,
  });
  expect(await regionsOfDefault("apac")).toEqual(first);
});

it("cannot be created otherwise, even by the first request of all", async () => {
  const app = await newIsolate();
  const body = { regions: ["me"] };
  const answer = await app.fetch(request("PUT", "/v1/default", { body }), env);
  await expectProblem(answer, "namespace-exists");
  expect(await regionsOfDefault("oc")).toMatchObject({ regions: env.HOLDFAST_REGIONS?.split(",") });
});

it("is there for requests that come first all at once", async () => {
  const app = await newIsolate();
  const requests = Array.from({ length: 10 }, () => request("GET", "/v1/default/tokens"));
  const answers = await Promise.all(requests.map((one) => app.fetch(one, env)));
  expect(answers.map((answer) => answer.status)).toEqual(Array(10).fill(200));
});
