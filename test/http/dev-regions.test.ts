/** The switches of development: there with `HOLDFAST_DEV=1` and the root token alone. */
import { afterEach, describe, expect, it } from "vitest";
import { LOCATION_HINTS } from "../../shared/regions.ts";
import { createApp } from "../../worker/app.ts";
import type { Env } from "../../worker/context.ts";
import { healRegions, setRegion } from "./groups-client.ts";
import { call, env, expectProblem, makeToken, request } from "./service.ts";

afterEach(healRegions);

interface Shown {
  readonly regions: { readonly region: string; readonly state: string; readonly delayMs: number }[];
}

const shown = async (): Promise<Shown> => (await call("GET", "/dev/regions")).json();

it("shows every region, and what was made of it", async () => {
  const before = await shown();
  expect(before.regions).toEqual(
    LOCATION_HINTS.map((region) => ({ region, state: "up", delayMs: 0 })),
  );
  await setRegion("weur", "down");
  await setRegion("enam", "up", 60_000);
  const { regions } = await shown();
  expect(regions.find(({ region }) => region === "weur")).toMatchObject({ state: "down" });
  expect(regions.find(({ region }) => region === "enam")).toMatchObject({ delayMs: 60_000 });
  await healRegions();
  expect(await shown()).toEqual(before);
});

it("takes a state without a delay", async () => {
  const answer = await call("PUT", "/dev/regions/weur", { body: { state: "down" } });
  expect(await answer.json()).toEqual({ region: "weur", state: "down", delayMs: 0 });
});

describe("is refused", () => {
  it.each([
    [{}, "state"],
    [{ state: "gone" }, "state"],
    [{ state: "up", delayMs: -1 }, "delayMs"],
    [{ state: "up", delayMs: 60_001 }, "delayMs"],
    [{ state: "up", delayMs: 0.5 }, "delayMs"],
    [{ state: "up", delayMs: "5" }, "delayMs"],
    [{ state: "up", until: 5 }, "until"],
    [[], "body"],
  ])("%j, naming %s", async (body, path) => {
    const answer = await call("PUT", "/dev/regions/weur", { body });
    const problem = await expectProblem(answer, "bad-request");
    expect(problem.errors?.map((fault) => fault.path)).toEqual([path]);
  });

  it.each(["moon", "WNAM", "%20", "__proto__"])("the region %s", async (name) => {
    const answer = await call("PUT", `/dev/regions/${name}`, { body: { state: "down" } });
    const problem = await expectProblem(answer, "bad-request");
    expect(problem.errors?.map((fault) => fault.path)).toEqual(["region"]);
  });

  it("any token but the root's", async () => {
    const { token } = await makeToken("default", { scopes: ["read", "write", "admin"] });
    const body = { state: "down" };
    await expectProblem(await call("PUT", "/dev/regions/weur", { body, token }), "forbidden");
    await expectProblem(await call("GET", "/dev/regions", { token }), "forbidden");
    const none = await call("PUT", "/dev/regions/weur", { body, token: null });
    await expectProblem(none, "unauthenticated");
    expect((await shown()).regions.every(({ state }) => state === "up")).toBe(true);
  });
});

it.each([undefined, "0", "true"])("is not there where HOLDFAST_DEV is %s", async (value) => {
  const { HOLDFAST_DEV: _, ...rest } = env;
  const bindings: Env = value === undefined ? rest : { ...rest, HOLDFAST_DEV: value };
  const app = createApp();
  const put = request("PUT", "/dev/regions/weur", { body: { state: "down" } });
  await expectProblem(await app.fetch(put, bindings), "not-found");
  const get = request("GET", "/dev/regions");
  await expectProblem(await app.fetch(get, bindings), "not-found");
  expect((await shown()).regions.every(({ state }) => state === "up")).toBe(true);
});
