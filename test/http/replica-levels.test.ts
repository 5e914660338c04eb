/** Reads of a key at each level: who answers, what is told of it, and that no level is weakened. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { setRegion } from "./groups-client.ts";
import {
  eventually,
  from,
  keyPath,
  put,
  read,
  receiptOf,
  replicated,
  replicatedThrough,
  seen,
} from "./replicas-client.ts";
import { call, counter, expectProblem, makeToken } from "./service.ts";

afterEach(async () => {
  vi.useRealTimers();
  for (const region of ["weur", "apac", "oc"]) await setRegion(region, "up");
});

/** Index 1,000,000 of a group nobody can have: what a client has seen that no replica has. */
const ahead = (bookmark: string) => bookmark.replace(/-[0-9a-z]+$/, "-lfls");

describe("eventual", () => {
  it("is answered by the nearest replica, and then from this isolate's memory", async () => {
    const ns = await replicated();
    await put(ns, "a", "one");
    await replicatedThrough(ns, "a", 1);
    // The first answer is the replica's; while the clock stands still, it serves all that follow.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const answer = await read(ns, "a", "eventual", from("apac"));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe("one");
    expect(answer.headers.get("ETag")).toBe('"1"');
    expect(answer.headers.get("Cache-Control")).toBe("no-cache");
    expect(answer.headers.get("Holdfast-Bookmark")).toMatch(/^1\.[0-9a-z]+-1$/);
    expect(receiptOf(answer)).toMatchObject({
      level: "eventual",
      region: "apac",
      revision: "1",
      term: null,
      cost: "calls=1, rows=0",
      timing: expect.stringMatching(/^replica;dur=\d+$/),
    });
    const hits = await counter("holdfast_memory_hits_total");
    const calls = await counter("holdfast_object_calls_total");
    // The second way in by the same URL finds it before the app is asked.
    for (let i = 0; i < 3; i++) {
      const again = await read(ns, "a", "eventual");
      expect(again.status).toBe(200);
      expect(await again.text()).toBe("one");
      expect(again.headers.get("Content-Type")).toBe(answer.headers.get("Content-Type"));
      expect(again.headers.get("Holdfast-Bookmark")).toBe(answer.headers.get("Holdfast-Bookmark"));
      expect(again.headers.get("Holdfast-Request-Id")).toMatch(/^[\w-]{16}\.[0-9a-z]+$/);
      expect(again.headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(receiptOf(again)).toMatchObject({
        level: "eventual",
        region: "apac",
        revision: "1",
        term: null,
        cost: "calls=0, rows=0",
        timing: "memory;dur=0",
      });
    }
    expect(await counter("holdfast_memory_hits_total")).toBe(hits + 3);
    expect(await counter("holdfast_object_calls_total")).toBe(calls);
  });

  it("never goes back behind what this isolate has told", async () => {
    const ns = await replicated();
    for (let n = 1; n <= 20; n++) {
      await put(ns, "a", String(n));
      const answer = await read(ns, "a", "eventual");
      expect(await answer.text()).toBe(String(n));
    }
  });

  it("tells of a key that is absent, and of one that was deleted", async () => {
    const ns = await replicated();
    const absent = await read(ns, "none", "eventual");
    expect(receiptOf(absent)).toMatchObject({ level: "eventual", revision: "0", term: null });
    await expectProblem(absent, "key-not-found");
    await put(ns, "a", "one");
    await call("DELETE", keyPath(ns, "a"));
    await replicatedThrough(ns, "a", 2);
    const deleted = await eventually(async () => {
      const answer = await read(ns, "a", "eventual");
      expect(receiptOf(answer)).toMatchObject({ level: "eventual", revision: "2" });
      return answer;
    });
    await expectProblem(deleted, "key-not-found");
  });

  it("is served while the leader is out of reach", async () => {
    const ns = await replicated();
    await put(ns, "a", "one");
    await replicatedThrough(ns, "a", 1);
    await setRegion("weur", "down");
    const answer = await read(ns, "a", "eventual", from("apac"));
    expect(await answer.text()).toBe("one");
    expect(receiptOf(answer)).toMatchObject({ level: "eventual", region: "apac" });
    const { headers } = from("apac");
    const strong = await read(ns, "a", "strong", {
      headers: { ...headers, "Holdfast-Deadline-Ms": "300" },
    });
    expect(strong.status).toBe(504);
    await strong.body?.cancel();
  });

  it("is the leader's where the replica is out of reach", async () => {
    const ns = await replicated(["oc"]);
    await put(ns, "a", "one");
    await setRegion("oc", "down");
    for (const level of ["eventual", "session", "bounded&max_staleness_ms=1"]) {
      const answer = await read(ns, "a", level);
      expect(await answer.text()).toBe("one");
      expect(receiptOf(answer)).toMatchObject({ region: expect.stringMatching(/weur/) });
      if (level !== "eventual") {
        expect(receiptOf(answer)).toMatchObject({ level: "strong", stalenessMs: "0" });
      }
    }
  });
});

describe("session", () => {
  it("sees what its client wrote, at once", async () => {
    const ns = await replicated();
    for (let n = 1; n <= 5; n++) {
      const bookmark = await put(ns, "a", String(n));
      const answer = await read(ns, "a", "session", seen(bookmark));
      expect(await answer.text()).toBe(String(n));
      expect(answer.headers.get("Holdfast-Bookmark")).toBe(bookmark);
    }
  });

  it("is the nearest replica's once that has what the client has seen", async () => {
    const ns = await replicated();
    const bookmark = await put(ns, "a", "one");
    await replicatedThrough(ns, "a", 1);
    const { headers } = seen(bookmark);
    const answer = await read(ns, "a", "session", {
      headers: { ...headers, ...from("apac").headers },
    });
    expect(await answer.text()).toBe("one");
    expect(receiptOf(answer)).toMatchObject({
      level: "session",
      region: "apac",
      revision: "1",
      term: null,
      cost: "calls=1, rows=0",
    });
  });

  it("without a bookmark has seen nothing", async () => {
    const ns = await replicated();
    await put(ns, "a", "one");
    expect(receiptOf(await read(ns, "a", "session")).level).toBe("session");
  });

  it("is the leader's where no replica has what the client has seen", async () => {
    const ns = await replicated();
    const bookmark = await put(ns, "a", "one");
    const answer = await read(ns, "a", "session", seen(ahead(bookmark)));
    expect(await answer.text()).toBe("one");
    // The replica's own call of the leader is among them.
    expect(receiptOf(answer)).toMatchObject({ level: "strong", cost: "calls=3, rows=0" });
    expect(answer.headers.get("Holdfast-Term")).toMatch(/^1\.\d+$/);
  });

  it("is the leader's at once where the bookmark has forgotten the group", async () => {
    const ns = await replicated();
    await put(ns, "a", "one");
    const answer = await read(ns, "a", "session", seen("1.~"));
    expect(await answer.text()).toBe("one");
    expect(receiptOf(answer)).toMatchObject({ level: "strong", cost: "calls=1, rows=0" });
    expect(answer.headers.get("Holdfast-Bookmark")).toMatch(/^1\.[0-9a-z]+-1\.~$/);
    // Neither a weaker answer nor a look into the past is the latest that the client may have seen.
    for (const level of ["eventual", "strong&revision=1"]) {
      const other = await read(ns, "a", level, seen("1.~"));
      expect(other.headers.get("Holdfast-Bookmark")).toBe("1.~");
      await other.body?.cancel();
    }
  });

  it("is that replica's or the leader's where a list has shown more than its bookmark names", async () => {
    const ns = await replicated();
    await put(ns, "a", "one");
    await replicatedThrough(ns, "a", 1);
    const listed = seen("1.~apac").headers;
    for (const [region, level] of [
      ["apac", "session"],
      ["weur", "strong"],
    ] as const) {
      const headers = { ...listed, ...from(region).headers };
      const answer = await read(ns, "a", "session", { headers });
      expect(receiptOf(answer)).toMatchObject({ level, region });
      await answer.body?.cancel();
    }
  });

  it("with a transaction's bookmark sees all of it", async () => {
    const ns = await replicated();
    for (let n = 0; n < 5; n++) {
      const then = ["a", "b", "c"].map((key) => ({ op: "put", key, value: n }));
      const answer = await call("POST", `/v1/${ns}/transactions`, { body: { then } });
      const { bookmark } = await answer.json<{ bookmark: string }>();
      for (const key of ["a", "b", "c"]) {
        const found = await read(ns, key, "session", seen(bookmark));
        expect(await found.text()).toBe(String(n));
        const eventual = await read(ns, key, "eventual");
        expect(await eventual.text()).toBe(String(n));
      }
    }
  });
});

describe("bounded", () => {
  it("is the replica's where it proves its age, and this isolate's while that is young enough", async () => {
    const ns = await replicated();
    await put(ns, "a", "one");
    await replicatedThrough(ns, "a", 1);
    const level = "bounded&max_staleness_ms=60000";
    const answer = await read(ns, "a", level, from("apac"));
    expect(await answer.text()).toBe("one");
    expect(receiptOf(answer)).toMatchObject({ level: "bounded", region: "apac", term: null });
    expect(Number(receiptOf(answer).stalenessMs)).toBeLessThanOrEqual(60_000);
    // One to the replica, which made one to the leader.
    expect(receiptOf(answer).cost).toBe("calls=2, rows=0");
    const again = await read(ns, "a", level, from("apac"));
    expect(receiptOf(again)).toMatchObject({ level: "bounded", cost: "calls=0, rows=0" });
    expect(receiptOf(again).stalenessMs).toMatch(/^\d+$/);
  });

  it("of nothing at all is the leader's", async () => {
    const ns = await replicated();
    await put(ns, "a", "one");
    const answer = await read(ns, "a", "bounded&max_staleness_ms=0");
    expect(receiptOf(answer)).toMatchObject({ level: "strong", stalenessMs: "0" });
  });

  it("needs a bound", async () => {
    const problem = await expectProblem(await read("default", "a", "bounded"), "bad-request");
    expect(problem.errors?.map(({ path }) => path)).toEqual(["max_staleness_ms"]);
  });

  it("is not older than what this isolate wrote", async () => {
    const ns = await replicated();
    for (let n = 1; n <= 10; n++) {
      await put(ns, "a", String(n));
      const answer = await read(ns, "a", "bounded&max_staleness_ms=60000");
      expect(await answer.text()).toBe(String(n));
    }
  });
});

describe("at every level", () => {
  const LEVELS = ["strong", "session", "bounded&max_staleness_ms=60000", "eventual"];

  it("preconditions, HEAD and history are what they are", async () => {
    const ns = await replicated();
    await put(ns, "a", "one");
    await put(ns, "a", "two");
    await replicatedThrough(ns, "a", 2);
    for (const level of [...LEVELS, ...LEVELS]) {
      const same = await read(ns, "a", level, { headers: { "If-None-Match": '"2"' } });
      expect(same.status, level).toBe(304);
      expect(same.headers.get("ETag")).toBe('"2"');
      const other = await read(ns, "a", level, { headers: { "If-None-Match": '"1"' } });
      expect(other.status).toBe(200);
      await other.body?.cancel();
      const failed = await read(ns, "a", level, { headers: { "If-Match": '"1"' } });
      expect((await expectProblem(failed, "precondition-failed"))["revision"]).toBe(2);
      const query = `?consistency=${level}`;
      const head = await call("HEAD", keyPath(ns, "a", query));
      expect(head.headers.get("Content-Length")).toBe("3");
      const past = await call("GET", keyPath(ns, "a", `${query}&revision=1`));
      expect(await past.text()).toBe("one");
      expect(receiptOf(past).level).toBe("strong");
    }
  });

  it("nobody reads without leave, whatever this isolate remembers", async () => {
    const ns = await replicated();
    await put(ns, "mine/a", "one");
    const { token } = await makeToken(ns, { scopes: ["read"], prefix: "other/" });
    const { token: writer } = await makeToken(ns, { scopes: ["write"] });
    await read(ns, "mine/a", "eventual");
    await read(ns, "mine/a", "eventual");
    await expectProblem(await read(ns, "mine/a", "eventual", { token }), "forbidden");
    await expectProblem(await read(ns, "mine/a", "eventual", { token: writer }), "forbidden");
    await expectProblem(await read(ns, "mine/a", "eventual", { token: null }), "unauthenticated");
    await expectProblem(await read(ns, "mine/a", "eventual", { token: "de" }), "unauthenticated");
  });

  it("what is malformed is refused, whatever this isolate remembers", async () => {
    const ns = await replicated();
    await put(ns, "a", "one");
    for (let i = 0; i < 3; i++) await (await read(ns, "a", "eventual")).body?.cancel();
    for (const [name, value] of [
      ["Holdfast-Bookmark", "junk"],
      ["Holdfast-Deadline-Ms", "soon"],
      ["If-None-Match", "7"],
      ["If-Match", "7"],
    ]) {
      const answer = await read(ns, "a", "eventual", {
        headers: { [name as string]: value as string },
      });
      const problem = await expectProblem(answer, "bad-request");
      expect(problem.errors?.map(({ path }) => path)).toEqual([name]);
    }
  });

  it("a bookmark keeps what was seen of other groups", async () => {
    const ns = await replicated();
    const other = await put(ns, "other", "x");
    await put(ns, "a", "one");
    for (const level of [...LEVELS, "eventual"]) {
      const answer = await read(ns, "a", level, seen(other));
      const bookmark = answer.headers.get("Holdfast-Bookmark") ?? "";
      expect(bookmark.split(".")).toContain(other.split(".")[1]);
    }
  });
});
