/** Groups while regions fail, slow down and come back: what must go on goes on, and nothing hangs. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { LEASE_MS } from "../../shared/limits.ts";
import {
  blockOf,
  describeGroup,
  type Group,
  getKey,
  groupOf,
  healRegions,
  mustGet,
  mustPut,
  putKey,
  setRegion,
  threeRegions,
} from "./groups-client.ts";
import { call, expectProblem, freshName } from "./service.ts";

afterEach(healRegions);

/** The answer, and how long it took. */
async function timed<Answer>(work: Promise<Answer>): Promise<[Answer, number]> {
  const startedAt = Date.now();
  return [await work, Date.now() - startedAt];
}

describe("with the leader's region down", () => {
  it("the others choose another, which has all that was written", async () => {
    const ns = await threeRegions();
    await mustPut(ns, "key", "one");
    await setRegion("wnam", "down");
    const [answer, tookMs] = await timed(describeGroup(ns, "key"));
    expect(answer.status).toBe(200);
    // The Worker's patience, and the new leader's try of the old one; the lease has run out by then.
    expect(tookMs).toBeLessThan(LEASE_MS + 2000);
    const shown = await answer.json<Group>();
    expect(shown.leader).not.toBe("wnam");
    expect(blockOf(shown.term)).toBe(2);
    expect(shown.members[0]).toMatchObject({ region: "wnam", role: "follower", reachable: false });
    await setRegion("wnam", "up");
    expect(await mustGet(ns, "key")).toBe("one");
    expect(blockOf(await mustPut(ns, "key", "two"))).toBe(2);
    expect(await mustGet(ns, "key")).toBe("two");
  });

  it("a write succeeds within a lease and a second", async () => {
    const ns = await threeRegions();
    await mustPut(ns, "key", "one");
    await setRegion("wnam", "down");
    const [answer, tookMs] = await timed(putKey(ns, "key", "two"));
    expect(answer.status).toBe(200);
    expect(tookMs).toBeLessThan(LEASE_MS + 1000);
    expect(blockOf(answer.headers.get("Holdfast-Term") ?? "")).toBe(2);
    const [read, readMs] = await timed(getKey(ns, "key"));
    expect(await read.text()).toBe("two");
    // Who leads now is known by then.
    expect(readMs).toBeLessThan(500);
  });

  it("groups that others lead take no notice", async () => {
    const ns = freshName();
    await call("PUT", `/v1/${ns}`, { body: { regions: ["enam", "wnam", "weur"] } });
    await mustPut(ns, "key", "one");
    await setRegion("wnam", "down");
    const [term, tookMs] = await timed(mustPut(ns, "key", "two"));
    expect(blockOf(term)).toBe(1);
    expect(await mustGet(ns, "key")).toBe("two");
    expect(tookMs).toBeLessThan(500);
  });
});

describe("with a minority left", () => {
  it.each([
    [["enam", "weur"], "the leader alone"],
    [["wnam", "enam"], "a follower alone"],
  ])("%j down, %s: everything ends with its deadline", async (down) => {
    const ns = await threeRegions();
    await mustPut(ns, "key", "one");
    for (const region of down) await setRegion(region, "down");
    const deadline = { "Holdfast-Deadline-Ms": "2500" };
    const [answers, tookMs] = await timed(
      Promise.all([
        putKey(ns, "key", "two", deadline),
        putKey(ns, "new", "one", deadline),
        describeGroup(ns, "never-used", { headers: deadline }),
      ]),
    );
    for (const answer of answers) {
      await expectProblem(answer, answer.status === 503 ? "no-quorum" : "deadline-exceeded");
    }
    expect(tookMs).toBeLessThan(3500);
    await healRegions();
    // What was told to be uncertain may have happened; what is told now is certain.
    expect(["one", "two"]).toContain(await mustGet(ns, "key"));
    await mustPut(ns, "key", "three");
    expect(await mustGet(ns, "key")).toBe("three");
  });
});

describe("a region that comes back", () => {
  it("catches up, and then counts towards the quorum", async () => {
    const ns = await threeRegions();
    await setRegion("weur", "down");
    for (const value of ["one", "two", "three"]) await mustPut(ns, "key", value);
    expect((await groupOf(ns, "key")).members[2]).toMatchObject({ lastIndex: 0 });
    await setRegion("weur", "up");
    await vi.waitFor(async () => {
      await mustPut(ns, "key", "more");
      const { members } = await groupOf(ns, "key");
      const [leader, , late] = members;
      expect(late).toMatchObject({ lastIndex: leader?.lastIndex, reachable: true });
    }, 5000);
    await setRegion("enam", "down");
    await mustPut(ns, "key", "last");
    expect(await mustGet(ns, "key")).toBe("last");
  });
});

describe("a region that is slow", () => {
  it("holds up what goes through it", async () => {
    const ns = await threeRegions();
    await mustPut(ns, "key", "one");
    await setRegion("wnam", "up", 200);
    const [, tookMs] = await timed(mustGet(ns, "key"));
    expect(tookMs).toBeGreaterThanOrEqual(395);
    await setRegion("wnam", "up");
    const [, againMs] = await timed(mustGet(ns, "key"));
    expect(againMs).toBeLessThan(200);
  });

  it("does not hold up a quorum that goes without it", async () => {
    const ns = await threeRegions();
    await setRegion("weur", "up", 900);
    const [, tookMs] = await timed(mustPut(ns, "key", "one"));
    expect(tookMs).toBeLessThan(800);
  });
});
