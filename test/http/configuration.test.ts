/** A deployment that is not configured says so, and serves nothing. */
import { describe, expect, it } from "vitest";
import { createApp } from "../../worker/app.ts";
import type { Env } from "../../worker/context.ts";
import { env, expectProblem, request } from "./service.ts";

const app = createApp();
const { HOLDFAST_ROOT_TOKEN: _, ...withoutToken } = env;

const ask = (bindings: Env, path: string, token: string | null = "dev") =>
  app.fetch(request("GET", path, { token }), bindings);

const PATHS = ["/v1/default", "/metrics", "/openapi.json", "/docs", "/docs/page.css", "/nowhere"];

describe.each([
  ["no root token", withoutToken, "HOLDFAST_ROOT_TOKEN"],
  ["an empty root token", { ...env, HOLDFAST_ROOT_TOKEN: "" }, "HOLDFAST_ROOT_TOKEN"],
  ["no regions", { ...env, HOLDFAST_REGIONS: "" }, "HOLDFAST_REGIONS"],
  ["an unknown region", { ...env, HOLDFAST_REGIONS: "wnam,mars,weur" }, '"mars"'],
  ["two regions", { ...env, HOLDFAST_REGIONS: "wnam,weur" }, "1, 3 or 5"],
  ["a region twice", { ...env, HOLDFAST_REGIONS: "wnam,weur,wnam" }, "twice"],
] as [string, Env, string][])("with %s", (_name, bindings, why) => {
  it.each(PATHS)("%s is a 503 that says why", async (path) => {
    const problem = await expectProblem(await ask(bindings, path), "not-configured");
    expect(problem.detail).toContain(why);
    await expectProblem(await ask(bindings, path, null), "not-configured");
  });

  it("/healthz answers", async () => {
    expect((await ask(bindings, "/healthz", null)).status).toBe(200);
  });
});

describe("the development switches", () => {
  const dev = createApp();
  dev.get("/dev/test", () => new Response("here"));
  const { HOLDFAST_DEV: __, ...deployed } = env;

  it("are there with HOLDFAST_DEV=1, for those with a token", async () => {
    const here = await dev.fetch(request("GET", "/dev/test"), env);
    expect(await here.text()).toBe("here");
    const stranger = request("GET", "/dev/test", { token: null });
    await expectProblem(await dev.fetch(stranger, env), "unauthenticated");
  });

  it.each([deployed, { ...env, HOLDFAST_DEV: "0" }, { ...env, HOLDFAST_DEV: "true" }])(
    "are a 404 otherwise",
    async (bindings) => {
      const paths = ["/dev/test", "/d%65v/test", "/dev/regions/weur"];
      for (const path of paths) {
        await expectProblem(await dev.fetch(request("GET", path), bindings), "not-found");
      }
    },
  );
});
