/** How a group of three members stands: as it is born, as it is written to, and after its leader has slept. */
import { evictDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Transport } from "../../durable-objects/transport.ts";
import { memberName } from "../../shared/group.ts";
import { region } from "../../shared/types.ts";
import { groupSchema } from "../../shared/wire/groups.ts";
import {
  blockOf,
  describeGroup,
  getKey,
  groupOf,
  handOver,
  mustGet,
  mustPut,
  putKey,
  REGIONS,
  threeRegions,
} from "./groups-client.ts";
import { call, counter, env, expectProblem, freshNamespace, makeToken } from "./service.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Object calls that `work` costs: the Worker's, and those of members among themselves. */
async function callsOf(work: () => Promise<unknown>): Promise<number> {
  const calls = vi.spyOn(Transport.prototype, "call");
  const before = await counter("holdfast_object_calls_total");
  await work();
  return (await counter("holdfast_object_calls_total")) - before + calls.mock.calls.length;
}

describe("a group of three members", () => {
  it("takes a put and a get, and says in which term", async () => {
    const ns = await threeRegions();
    const written = await putKey(ns, "greeting", "hello");
    expect(written.status).toBe(201);
    expect(written.headers.get("Holdfast-Term")).toMatch(/^1\.\d+$/);
    expect(written.headers.get("Holdfast-Region")).toBe("wnam");
    const read = await getKey(ns, "greeting");
    expect(await read.text()).toBe("hello");
    expect(read.headers.get("Holdfast-Term")).toBe(written.headers.get("Holdfast-Term"));
    expect(read.headers.get("Holdfast-Consistency")).toBe("strong");
  });

  it("is born with a leader: a new key's first put is three calls and no election", async () => {
    const ns = await threeRegions();
    // The namespace's own object is asked once, and not by this put.
    await mustPut(ns, "another", "value");
    let term = "";
    const calls = await callsOf(async () => {
      term = await mustPut(ns, "new", "value");
    });
    expect(calls).toBe(3);
    expect(blockOf(term)).toBe(1);
  });

  it("a read under the lease is one call", async () => {
    const ns = await threeRegions();
    await mustPut(ns, "key", "value");
    expect(await callsOf(() => mustGet(ns, "key"))).toBe(1);
  });

  it("is shown as the contract says", async () => {
    const ns = await threeRegions();
    const term = await mustPut(ns, "cart/7", "one");
    await mustPut(ns, "cart/7", "two");
    const shown = await groupOf(ns, "cart/7");
    expect(groupSchema.strict().parse(shown)).toEqual(shown);
    expect(Object.keys(shown)).toEqual([
      "group",
      "term",
      "leader",
      "leaseMs",
      "members",
      "replicas",
      "inDoubt",
    ]);
    expect(shown).toMatchObject({
      group: "cart/7",
      term,
      leader: "wnam",
      inDoubt: [],
    });
    expect(shown.leaseMs).toBeGreaterThan(0);
    expect(shown.leaseMs).toBeLessThanOrEqual(1635);
    expect(shown.members.map((member) => [member.region, member.role])).toEqual([
      ["wnam", "leader"],
      ["enam", "follower"],
      ["weur", "follower"],
    ]);
    for (const { lastIndex, commitIndex } of shown.members) {
      expect(commitIndex).toBeLessThanOrEqual(lastIndex);
      expect(lastIndex).toBeLessThanOrEqual(2);
    }
    const [leader] = shown.members;
    expect(leader).toMatchObject({ lastIndex: 2, commitIndex: 2, reachable: true });
    // What was acknowledged lies with a quorum, the leader among it.
    expect(shown.members.filter((member) => member.lastIndex === 2).length).toBeGreaterThan(1);
  });

  it("is led alike for every tag and every odd name", async () => {
    const ns = await threeRegions();
    for (const group of ["7", "a b", "ü/%", "/slashes//", "line\nfeed", "a/leader", "?#"]) {
      expect(await groupOf(ns, group)).toMatchObject({ group, term: "1.0", leader: "wnam" });
    }
    await mustPut(ns, "stock/{7}", "value");
    expect((await groupOf(ns, "7")).members[0]).toMatchObject({ lastIndex: 1 });
  });

  it("that is solo is its leader alone", async () => {
    const ns = await freshNamespace();
    const shown = await groupOf(ns, "key");
    expect(shown.members).toEqual([
      { region: "weur", role: "leader", lastIndex: 0, commitIndex: 0, reachable: true },
    ]);
    const answer = await handOver(ns, "key", "weur");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ group: "key", leader: "weur" });
  });
});

describe("a leader that has slept", () => {
  it("answers in the same block, without an election", async () => {
    const ns = await threeRegions();
    const term = await mustPut(ns, "key", "value");
    const name = memberName(ns, region("wnam"), "key");
    await evictDurableObject(env.MEMBER.getByName(name));
    let answer: Response | null = null;
    // The Worker's, and one round for the lease.
    expect(
      await callsOf(async () => {
        answer = await getKey(ns, "key");
      }),
    ).toBe(3);
    const read = answer as unknown as Response;
    expect(await read.text()).toBe("value");
    expect(read.headers.get("Holdfast-Term")).toBe(term);
    // Its next write takes another wake of the block it won.
    const next = await mustPut(ns, "key", "again");
    expect(blockOf(next)).toBe(1);
    expect(next).not.toBe(term);
  });

  it("forgets nothing when all members have slept", async () => {
    const ns = await threeRegions();
    await mustPut(ns, "key", "value");
    for (const one of REGIONS) {
      await evictDurableObject(env.MEMBER.getByName(memberName(ns, region(one), "key")));
    }
    expect(await mustGet(ns, "key")).toBe("value");
    expect(blockOf((await groupOf(ns, "key")).term)).toBe(1);
  });
});

describe("refused", () => {
  it.each(["%7B7%7D", "stock/%7B7%7D"])("%s, which names no group", async (group) => {
    const answer = await call("GET", `/v1/default/groups/${group}`);
    const problem = await expectProblem(answer, "bad-request");
    expect(problem.errors?.[0]?.path).toBe("group");
  });

  it("is a name longer than a key's", async () => {
    await expectProblem(await describeGroup("default", "a".repeat(513)), "too-large");
    await expectProblem(await handOver("default", "a".repeat(513), "weur"), "too-large");
  });

  it("are paths and methods that are none", async () => {
    for (const path of ["/v1/default/groups", "/v1/default/groups/"]) {
      await expectProblem(await call("GET", path), "not-found");
    }
    const post = await call("POST", "/v1/default/groups/leader", { body: { region: "weur" } });
    expect(post.headers.get("Allow")).toBe("GET, HEAD, OPTIONS");
    await expectProblem(post, "method-not-allowed");
  });

  it.each(["0", "1.5", "30001", "soon"])("is the deadline %s", async (deadline) => {
    const headers = { "Holdfast-Deadline-Ms": deadline };
    const problem = await expectProblem(
      await describeGroup("default", "key", { headers }),
      "bad-request",
    );
    expect(problem.errors?.[0]?.path).toBe("Holdfast-Deadline-Ms");
  });

  it.each([
    [{}, "region"],
    [{ region: "moon" }, "region"],
    [{ region: "oc" }, "region"],
    [{ region: "weur", now: true }, "now"],
    [[], "body"],
  ])("is handing over to %j", async (body, path) => {
    const ns = await threeRegions();
    const answer = await handOver(ns, "key", "", { body });
    const problem = await expectProblem(answer, "bad-request");
    expect(problem.errors?.map((fault) => fault.path)).toEqual([path]);
  });

  it("is what the token is not for", async () => {
    const ns = await threeRegions();
    const { token: reader } = await makeToken(ns, { scopes: ["read"], prefix: "users/" });
    const { token: writer } = await makeToken(ns, { scopes: ["write"] });
    const { token: admin } = await makeToken(ns, { scopes: ["admin"], prefix: "users/" });
    expect((await describeGroup(ns, "users/42", { token: reader })).status).toBe(200);
    await expectProblem(await describeGroup(ns, "user", { token: reader }), "forbidden");
    // The group of `users/{42}` is `42`, and other prefixes have keys there too.
    await expectProblem(await describeGroup(ns, "42", { token: reader }), "forbidden");
    await expectProblem(await describeGroup(ns, "users/42", { token: writer }), "forbidden");
    await expectProblem(await handOver(ns, "users/42", "weur", { token: reader }), "forbidden");
    await expectProblem(await handOver(ns, "42", "weur", { token: admin }), "forbidden");
    const moved = await handOver(ns, "users/42", "weur", { token: admin });
    expect(await moved.json()).toEqual({ group: "users/42", leader: "weur" });
  });
});
