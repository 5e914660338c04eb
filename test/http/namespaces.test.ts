/** Namespaces: created once by root, shown to those with a token of theirs. */
import { describe, expect, it } from "vitest";
import { call, counter, expectProblem, freshName, freshNamespace, makeToken } from "./service.ts";

describe("creating", () => {
  it("answers 201 with the settings, and 200 from then on", async () => {
    const name = freshName();
    const settings = { regions: ["weur"], replicaRegions: ["apac"], historyMs: 600_000 };
    const first = await call("PUT", `/v1/${name}`, { body: settings });
    expect(first.status).toBe(201);
    expect(await first.json()).toEqual({ name, ...settings });
    const again = await call("PUT", `/v1/${name}`, { body: settings });
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual({ name, ...settings });
    const shown = await call("GET", `/v1/${name}`);
    expect(shown.status).toBe(200);
    expect(await shown.json()).toEqual({
      name,
      ...settings,
      replicas: [{ region: "apac", groups: 0, lagMs: 0, filled: expect.any(Boolean) }],
    });
  });

  it("fills in what is left open", async () => {
    const name = freshName();
    const created = await call("PUT", `/v1/${name}`, { body: { regions: ["me", "oc", "afr"] } });
    expect(await created.json()).toEqual({
      name,
      regions: ["me", "oc", "afr"],
      replicaRegions: ["me", "oc", "afr", "apac"],
      historyMs: 600_000,
    });
  });

  it("takes the deployment's regions when it is given nothing at all", async () => {
    const name = freshName();
    const created = await call("PUT", `/v1/${name}`);
    expect(created.status).toBe(201);
    const { regions } = await created.json<{ regions: string[] }>();
    const ofDefault = await call("GET", "/v1/default");
    expect(regions).toEqual((await ofDefault.json<{ regions: string[] }>()).regions);
  });

  it("refuses other settings for a name that is taken, and says which it has", async () => {
    const name = freshName();
    await call("PUT", `/v1/${name}`, { body: { regions: ["weur"] } });
    for (const body of [
      { regions: ["enam"] },
      { regions: ["weur"], historyMs: 60_000 },
      { regions: ["weur"], replicaRegions: ["me"] },
      { regions: ["weur", "enam", "wnam"] },
    ]) {
      const answer = await call("PUT", `/v1/${name}`, { body });
      const problem = await expectProblem(answer, "namespace-exists");
      expect(problem["namespace"]).toMatchObject({ name, regions: ["weur"] });
    }
  });

  it("counts the order of members, not that of replicas", async () => {
    const name = freshName();
    const regions = ["weur", "enam", "wnam"];
    const put = (body: unknown) => call("PUT", `/v1/${name}`, { body });
    expect((await put({ regions, replicaRegions: ["apac", "me"] })).status).toBe(201);
    expect((await put({ regions, replicaRegions: ["me", "apac"] })).status).toBe(200);
    const turned = { regions: regions.toReversed(), replicaRegions: ["me", "apac"] };
    await expectProblem(await put(turned), "namespace-exists");
  });

  it("of one name at once lets one win", async () => {
    const name = freshName();
    const answers = await Promise.all(
      ["weur", "enam", "weur", "wnam"].map((region) =>
        call("PUT", `/v1/${name}`, { body: { regions: [region] } }),
      ),
    );
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    const { regions } = await (await call("GET", `/v1/${name}`)).json<{ regions: string[] }>();
    expect(["weur", "enam", "wnam"]).toContain(regions[0]);
  });

  it("takes what is shown of a namespace as it is, but under no other name", async () => {
    const name = await freshNamespace();
    const body = await (await call("GET", `/v1/${name}`)).json<Record<string, unknown>>();
    expect(body).toHaveProperty("replicas");
    expect((await call("PUT", `/v1/${name}`, { body })).status).toBe(200);
    const other = freshName();
    const renamed = await expectProblem(await call("PUT", `/v1/${other}`, { body }), "bad-request");
    expect(renamed.errors?.map(({ path }) => path)).toEqual(["name"]);
    const copied = await call("PUT", `/v1/${other}`, { body: { ...body, name: undefined } });
    expect(copied.status).toBe(201);
  });

  it("does not touch `default`, which exists from the start", async () => {
    const body = await (await call("GET", "/v1/default")).json<Record<string, unknown>>();
    const same = await call("PUT", "/v1/default", { body });
    expect(same.status).toBe(200);
    const other = await call("PUT", "/v1/default", { body: { regions: ["me"] } });
    await expectProblem(other, "namespace-exists");
  });
});

describe("what is malformed", () => {
  it.each([
    [{ regions: [] }, "regions"],
    [{ regions: ["weur", "enam"] }, "regions"],
    [{ regions: ["weur", "enam", "enam"] }, "regions"],
    [{ regions: ["weur", "enam", "wnam", "apac"] }, "regions"],
    [{ regions: ["europe"] }, "regions[0]"],
    [{ regions: "weur" }, "regions"],
    [{ regions: ["weur"], replicaRegions: [] }, "replicaRegions"],
    [{ regions: ["weur"], replicaRegions: ["weur", 7] }, "replicaRegions[1]"],
    [{ regions: ["weur"], historyMs: 59_999 }, "historyMs"],
    [{ regions: ["weur"], historyMs: 86_400_001 }, "historyMs"],
    [{ regions: ["weur"], historyMs: 60_000.5 }, "historyMs"],
    [{ regions: ["weur"], historyMs: "600000" }, "historyMs"],
    [{ regions: ["weur"], colour: "red" }, "colour"],
    [[], "body"],
    ["null", "body"],
    ["7", "body"],
    ['{"regions"', "body"],
  ])("%j is refused, naming %s", async (body, path) => {
    const name = freshName();
    const headers = { "Content-Type": "application/json" };
    const problem = await expectProblem(
      await call("PUT", `/v1/${name}`, { body, headers }),
      "bad-request",
    );
    expect(problem.errors?.map((fault) => fault.path)).toContain(path);
    await expectProblem(await call("GET", `/v1/${name}`), "namespace-not-found");
  });

  it("names every fault", async () => {
    const body = { regions: ["nowhere"], historyMs: -1, more: true };
    const problem = await expectProblem(
      await call("PUT", `/v1/${freshName()}`, { body }),
      "bad-request",
    );
    const paths = problem.errors?.map((fault) => fault.path).sort();
    expect(paths).toEqual(["historyMs", "more", "regions[0]"]);
  });

  it.each(["BIG", "under_score", "a.b", "a".repeat(64), "%00", "%20", "%C3%BC", ":ns"])(
    "the name %s is refused",
    async (name) => {
      for (const [method, path] of [
        ["PUT", `/v1/${name}`],
        ["GET", `/v1/${name}`],
        ["GET", `/v1/${name}/tokens`],
      ] as const) {
        const problem = await expectProblem(await call(method, path), "bad-request");
        expect(problem.errors?.[0]?.path).toBe("ns");
      }
    },
  );

  it.each(["a", "0", "-", "a".repeat(63)])("the name %s is taken", async (name) => {
    expect((await call("PUT", `/v1/${name}`)).status).toBe(201);
  });
});

describe("showing", () => {
  it("a namespace that does not exist is a 404, until it does", async () => {
    const name = freshName();
    await expectProblem(await call("GET", `/v1/${name}`), "namespace-not-found");
    await expectProblem(await call("GET", `/v1/${name}/tokens`), "namespace-not-found");
    await expectProblem(
      await call("POST", `/v1/${name}/tokens`, { body: { scopes: ["read"] } }),
      "namespace-not-found",
    );
    await call("PUT", `/v1/${name}`, { body: { regions: ["weur"] } });
    expect((await call("GET", `/v1/${name}`)).status).toBe(200);
    expect((await call("GET", `/v1/${name}/tokens`)).status).toBe(200);
  });

  it.each(["read", "write", "admin"])("is for any token: %s", async (scope) => {
    const name = await freshNamespace();
    const { token } = await makeToken(name, { scopes: [scope] });
    expect((await call("GET", `/v1/${name}`, { token })).status).toBe(200);
  });

  it("asks the namespace's object once an isolate", async () => {
    const name = await freshNamespace();
    // There is nothing at this path, which shows only once the namespace is known.
    await call("GET", `/v1/${name}/nothing`);
    const before = await counter("holdfast_object_calls_total");
    for (let i = 0; i < 5; i++) await call("GET", `/v1/${name}/nothing`);
    expect(await counter("holdfast_object_calls_total")).toBe(before);
  });
});
