/** Watches of keys and groups over server-sent events: every change, in order, once (W1). */
import { afterEach, describe, expect, it, vi } from "vitest";
import { HISTORY_MS_MIN, VALUE_BYTES_MAX } from "../../shared/limits.ts";
import { mustPut, threeRegions } from "./groups-client.ts";
import { call, expectProblem, freshName, freshNamespace, makeToken } from "./service.ts";
import { mustTransact } from "./transactions-client.ts";
import { closeAll, type Event, type EventStream, watch, watchPath } from "./watch-client.ts";

afterEach(async () => {
  vi.useRealTimers();
  await closeAll();
});

const path = (ns: string, key: string): string => `/v1/${ns}/keys/${encodeURIComponent(key)}`;

async function remove(ns: string, key: string): Promise<void> {
  const answer = await call("DELETE", path(ns, key));
  expect(answer.status).toBe(200);
  await answer.body?.cancel();
}

async function putJson(ns: string, key: string, value: unknown, query = ""): Promise<void> {
  const answer = await call("PUT", path(ns, key) + query, { body: value });
  expect(answer.ok).toBe(true);
  await answer.body?.cancel();
}

const valuesOf = (events: readonly Event[]): unknown[] => events.map(({ data }) => data.value);
const idsOf = (events: readonly Event[]): string[] => events.map(({ id }) => id);

async function valuesFrom(stream: EventStream, count: number): Promise<unknown[]> {
  return valuesOf(await stream.take(count));
}

describe("a watch of a key", () => {
  it("tells each change as lists do, and a deletion", async () => {
    const ns = await freshNamespace();
    await mustPut(ns, "k", "before");
    const stream = await watch(ns, "key=k");
    await putJson(ns, "k", { a: [1] });
    await mustPut(ns, "other", "unseen");
    await mustPut(ns, "k", "text");
    await remove(ns, "k");
    const json = { encoding: "json", contentType: "application/json" };
    const text = { encoding: "text", contentType: "text/plain;charset=UTF-8" };
    expect(await stream.take(3)).toEqual([
      { id: "2", event: "put", data: { key: "k", revision: 2, value: { a: [1] }, ...json } },
      { id: "3", event: "put", data: { key: "k", revision: 3, value: "text", ...text } },
      { id: "4", event: "delete", data: { key: "k", revision: 4 } },
    ]);
  });

  it("opens at once, and says where it is", async () => {
    const ns = await freshNamespace();
    await mustPut(ns, "k", "one");
    const stream = await watch(ns, "key=k");
    const { headers } = stream.response;
    expect(headers.get("Cache-Control")).toBe("no-store");
    expect(headers.get("Holdfast-Request-Id")).toMatch(/./);
    expect(headers.get("Holdfast-Consistency")).toBe("strong");
    expect(headers.get("Holdfast-Region")).toBe("weur");
    expect(headers.get("Holdfast-Revision")).toBe("1");
    expect(headers.get("Holdfast-Term")).toMatch(/^1\.\d+$/);
    await mustPut(ns, "k", "two");
    await stream.next();
    expect(stream.comments[0]).toBe("watching");
  });

  it("can be resumed before anything happened", async () => {
    const ns = await freshNamespace();
    await mustPut(ns, "k", "one");
    const stream = await watch(ns, "key=k");
    // What comes first dispatches nothing, but says where to come back to.
    const never = stream.next().catch(() => null);
    await vi.waitFor(() => expect(stream.lastId).toBe("1"));
    await stream.close();
    expect(await never).toBeNull();
    await mustPut(ns, "k", "two");
    const again = await watch(ns, "key=k", { headers: { "Last-Event-ID": stream.lastId } });
    expect(await valuesFrom(again, 1)).toEqual(["two"]);
  });

  it("comes without values where none are wanted", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "key=k&values=false");
    await mustPut(ns, "k", "v");
    await remove(ns, "k");
    expect(await stream.take(2)).toEqual([
      { id: "1", event: "put", data: { key: "k", revision: 1 } },
      { id: "2", event: "delete", data: { key: "k", revision: 2 } },
    ]);
  });

  it("tells JSON of several lines on one, and what is no text as base64", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "key=k");
    const headers = { "Content-Type": "application/json" };
    await call("PUT", path(ns, "k"), { body: '{\r\n  "a":\n 1.10\r}', headers });
    await call("PUT", path(ns, "k"), { body: new Uint8Array([255, 0]) });
    const [json, bytes] = await stream.take(2);
    expect(json?.data).toMatchObject({ value: { a: 1.1 }, encoding: "json" });
    expect(bytes?.data).toMatchObject({ value: "/wA=", encoding: "base64" });
  });

  it("carries the largest values", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "key=k");
    const sizes = [VALUE_BYTES_MAX, 0, VALUE_BYTES_MAX - 1, VALUE_BYTES_MAX];
    for (const [at, size] of sizes.entries()) await mustPut(ns, "k", String(at).repeat(size));
    for (const [at, size] of sizes.entries()) {
      const event = await stream.next();
      expect(event?.id).toBe(String(at + 1));
      expect(event?.data.value === String(at).repeat(size)).toBe(true);
    }
  });

  it("that outlives its time tells a deletion", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "key=k");
    await putJson(ns, "k", 1, "?ttl_ms=50");
    const [put, gone] = await stream.take(2);
    expect(put?.event).toBe("put");
    expect(gone).toEqual({ id: "2", event: "delete", data: { key: "k", revision: 2 } });
  });

  it("of three regions does the same", async () => {
    const ns = await threeRegions();
    const stream = await watch(ns, "key=k");
    for (const value of ["one", "two", "three"]) await mustPut(ns, "k", value);
    expect(await valuesFrom(stream, 3)).toEqual(["one", "two", "three"]);
  });

  it("is told to all who watch", async () => {
    const ns = await freshNamespace();
    const streams = await Promise.all(["a", "b", "c"].map(() => watch(ns, "key=k")));
    await mustPut(ns, "k", "v");
    for (const stream of streams) expect(await valuesFrom(stream, 1)).toEqual(["v"]);
  });
});

describe("a watch of a group", () => {
  it("tells the changes of all its keys in their order", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "group=g");
    for (const key of ["a/{g}", "b/{g}", "a/{g}", "{g}"]) await mustPut(ns, key, key);
    await mustPut(ns, "elsewhere", "unseen");
    const events = await stream.take(4);
    expect(events.map(({ data }) => [data.key, data.revision])).toEqual([
      ["a/{g}", 1],
      ["b/{g}", 2],
      ["a/{g}", 3],
      ["{g}", 4],
    ]);
  });

  it("tells those alone that start with a prefix", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "group=g&prefix=b/");
    for (const key of ["a/{g}", "b/{g}", "c/{g}", "b/{g}/2"]) await mustPut(ns, key, key);
    expect(await valuesFrom(stream, 2)).toEqual(["b/{g}", "b/{g}/2"]);
  });

  it("counts the changes of a transaction, and is resumed between them", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "group=g");
    const keys = ["a", "b", "c"].map((name) => `${name}/{g}`);
    const then = keys.map((key) => ({ op: "put", key, value: key }));
    await mustTransact({ then }, { ns });
    const events = await stream.take(3);
    expect(idsOf(events)).toEqual(["1.1", "1.2", "1"]);
    expect(valuesOf(events)).toEqual(keys);
    const behind = await watch(ns, "group=g", { headers: { "Last-Event-ID": "1.1" } });
    expect(await valuesFrom(behind, 2)).toEqual(keys.slice(1));
  });

  it("tells a transaction over several groups in each where it became visible, once", async () => {
    const ns = await threeRegions();
    const streams = [await watch(ns, "group=g"), await watch(ns, "group=h")];
    const keys = ["a/{g}", "b/{g}", "a/{h}"];
    await mustTransact({ then: keys.map((key) => ({ op: "put", key, value: 1 })) }, { ns });
    await mustPut(ns, "last/{g}", "x");
    await mustPut(ns, "last/{h}", "x");
    const [g, h] = await Promise.all([streams[0]?.take(3), streams[1]?.take(2)]);
    // The vote is the group's first entry; what it changes shows where that is resolved.
    expect(g?.map(({ data }) => [data.key, data.revision])).toEqual([
      ["a/{g}", 1],
      ["b/{g}", 1],
      ["last/{g}", expect.any(Number)],
    ]);
    expect(Number(g?.[0]?.id)).toBeGreaterThan(1);
    expect(h?.map(({ data }) => data.key)).toEqual(["a/{h}", "last/{h}"]);
  });

  it("tells nothing of a transaction that did not take place", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "group=g");
    const body = {
      if: [{ key: "a/{h}", exists: true }],
      then: [{ op: "put", key: "a/{g}", value: 1 }],
      else: [],
    };
    expect(await mustTransact(body, { ns })).toMatchObject({ succeeded: false });
    await mustPut(ns, "b/{g}", "x");
    expect((await stream.next())?.data.key).toBe("b/{g}");
  });
});

describe("resuming", () => {
  it("goes on behind the last event, with nothing missing and nothing twice", async () => {
    const ns = await freshNamespace();
    const stream = await watch(ns, "key=k");
    for (const value of ["1", "2", "3"]) await mustPut(ns, "k", value);
    const [first, second] = await stream.take(2);
    await stream.close();
    await mustPut(ns, "k", "4");
    const again = await watch(ns, "key=k", { headers: { "Last-Event-ID": second?.id ?? "" } });
    await mustPut(ns, "k", "5");
    expect(await valuesFrom(again, 3)).toEqual(["3", "4", "5"]);
    // The header is newer than the address that an EventSource goes on using.
    const query = `key=k&from=1&last-event-id=${first?.id}`;
    const browser = await watch(ns, query, { headers: { "Last-Event-ID": "4" } });
    expect(await valuesFrom(browser, 1)).toEqual(["5"]);
    expect(await valuesFrom(await watch(ns, query), 1)).toEqual(["2"]);
  });

  it("from a revision tells that one too", async () => {
    const ns = await freshNamespace();
    for (const value of ["1", "2", "3"]) await mustPut(ns, "k", value);
    expect(await valuesFrom(await watch(ns, "key=k&from=2"), 2)).toEqual(["2", "3"]);
    const next = await watch(ns, "key=k&from=4");
    await mustPut(ns, "k", "4");
    expect(await valuesFrom(next, 1)).toEqual(["4"]);
  });

  it("goes far back, further than one window", async () => {
    const ns = await freshNamespace();
    const groups = 12;
    const keys = Array.from({ length: 100 }, (_, at) => `${String(at).padStart(3, "0")}/{g}`);
    for (let round = 0; round < groups; round++) {
      await mustTransact({ then: keys.map((key) => ({ op: "put", key, value: round })) }, { ns });
    }
    const events = await (await watch(ns, "group=g&from=1")).take(groups * keys.length);
    const seen = events.map(({ data }) => `${data.revision} ${data.key} ${data.value}`);
    const wanted = Array.from({ length: groups }, (_, round) =>
      keys.map((key) => `${round + 1} ${key} ${round}`),
    );
    expect(seen).toEqual(wanted.flat());
  });

  it("behind what is kept no longer is a 410 that names the oldest", async () => {
    const ns = freshName();
    const settings = { regions: ["weur"], historyMs: HISTORY_MS_MIN };
    await call("PUT", `/v1/${ns}`, { body: settings });
    await mustPut(ns, "k", "1");
    await mustPut(ns, "k", "2");
    const now = Date.now();
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime(now + 2 * HISTORY_MS_MIN);
    await mustPut(ns, "k", "3");
    await mustPut(ns, "k", "4");
    const problem = await expectProblem(
      await call("GET", watchPath(ns, "key=k&from=1")),
      "revision-compacted",
    );
    const oldest = Number(/the oldest revision kept is (\d+)/.exec(problem.detail)?.[1]);
    expect(oldest).toBeGreaterThan(2);
    const headers = { "Last-Event-ID": "1" };
    const late = await call("GET", watchPath(ns, "key=k"), { headers });
    await expectProblem(late, "revision-compacted");
    const stream = await watch(ns, `key=k&from=${oldest}`);
    expect(await valuesFrom(stream, 1)).toEqual([String(oldest)]);
    // Behind the last that is gone there is nothing missing.
    const edge = { "Last-Event-ID": String(oldest - 1) };
    expect(await valuesFrom(await watch(ns, "key=k", { headers: edge }), 1)).toEqual([
      String(oldest),
    ]);
  });

  it("ahead of the group is refused", async () => {
    const ns = await freshNamespace();
    await mustPut(ns, "k", "1");
    const ahead = await call("GET", watchPath(ns, "key=k&from=3"));
    expect((await expectProblem(ahead, "bad-request")).detail).toContain("which is at 1");
    const headers = { "Last-Event-ID": "2" };
    await expectProblem(await call("GET", watchPath(ns, "key=k"), { headers }), "bad-request");
  });
});

describe("refused", () => {
  it.each([
    ["", ["key"]],
    ["key=a&group=b", ["group"]],
    ["key=a&prefix=b", ["prefix"]],
    ["key=a&group=b&prefix=c", ["group"]],
    ["key=", ["key"]],
    ["group=a/{b}", ["group"]],
    ["prefix=a&from=1", ["from"]],
    ["key=a&from=0", ["from"]],
    ["key=a&from=x", ["from"]],
    ["key=a&values=1", ["values"]],
    ["key=a&since=1", ["since"]],
    ["key=a&key=b", ["key"]],
    ["key=a&last-event-id=a%20b", ["last-event-id"]],
    ["key=%F4%8F%BF%BFlock/x", ["key"]],
  ])("%s", async (query, faults) => {
    const problem = await expectProblem(
      await call("GET", watchPath("default", query)),
      "bad-request",
    );
    expect(problem.errors?.map((fault) => fault.path)).toEqual(faults);
  });

  it.each(["7.", "0.1", "x", "-1", "1.2.3", "weur.1.2.3"])("Last-Event-ID %s", async (id) => {
    const headers = { "Last-Event-ID": id };
    const answer = await call("GET", watchPath("default", "key=a"), { headers });
    const problem = await expectProblem(answer, "bad-request");
    expect(problem.errors?.map((fault) => fault.path)).toEqual(["Last-Event-ID"]);
  });

  it("what is not accepted, and whoever may not", async () => {
    const ns = await freshNamespace();
    const json = { headers: { Accept: "application/json" } };
    await expectProblem(await call("GET", watchPath(ns, "key=a"), json), "not-acceptable");
    const none = await call("GET", watchPath(ns, "key=a"), { token: null });
    await expectProblem(none, "unauthenticated");
    const missing = await call("GET", watchPath("no-such-namespace", "key=a"));
    await expectProblem(missing, "namespace-not-found");
    const writer = await makeToken(ns, { scopes: ["write"] });
    const writes = await call("GET", watchPath(ns, "key=a"), { token: writer.token });
    await expectProblem(writes, "forbidden");
    const { token } = await makeToken(ns, { scopes: ["read"], prefix: "users/" });
    for (const query of ["key=a", "group=g", "group=g&prefix=u", "prefix=", "group=users/1"]) {
      await expectProblem(await call("GET", watchPath(ns, query), { token }), "forbidden");
    }
    for (const query of ["key=users/1", "group=g&prefix=users/"]) {
      await watch(ns, query, { token });
    }
    const posted = await call("POST", watchPath(ns, "key=a"));
    expect(posted.headers.get("Allow")).toBe("GET, HEAD, OPTIONS");
    await expectProblem(posted, "method-not-allowed");
  });
});

it("HEAD tells what a watch would begin with", async () => {
  const ns = await freshNamespace();
  await mustPut(ns, "k", "1");
  const answer = await call("HEAD", watchPath(ns, "key=k"));
  expect(answer.status).toBe(200);
  expect(answer.headers.get("Content-Type")).toBe("text/event-stream");
  expect(answer.headers.get("Holdfast-Revision")).toBe("1");
});
