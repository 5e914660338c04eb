import { describe, expect, it } from "vitest";
import { Feed, problem, type Reply, World } from "./fixture.ts";
import type { Change } from "./index.ts";

const put = (key: string, revision: number, value: unknown) => ({
  key,
  revision,
  value,
  encoding: "json",
  contentType: "application/json",
});

/** A service whose connections are these, one after the other. */
function setUp(...replies: readonly ((feed: Feed) => Reply)[]) {
  const feeds: Feed[] = [];
  const world = new World((_, count) => {
    const feed = new Feed();
    feeds.push(feed);
    return (replies[Math.min(count, replies.length) - 1] ?? (() => "silence" as const))(feed);
  });
  return { world, feeds, holdfast: world.connect() };
}

/** A connection that says these things and stays. */
const saying =
  (...tell: readonly ((feed: Feed) => void)[]) =>
  (feed: Feed): Reply => {
    for (const say of tell) say(feed);
    return feed.response;
  };

const begin = (feed: Feed) => feed.push(": watching\nretry: 1000\nid: 10\n\n");
const change = (id: string, key: string, revision: number) => (feed: Feed) =>
  feed.event("put", id, put(key, revision, revision));

function farewell(feed: Feed, event: string, members: object): void {
  feed.event(event, "12", { position: "12", ...members });
  feed.end();
}

async function take<Item>(watch: AsyncIterable<Item>, count: number): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of watch) {
    items.push(item);
    if (items.length === count) break;
  }
  return items;
}

describe("a watch", () => {
  it("gives each change with its value and position", async () => {
    const { world, feeds, holdfast } = setUp(
      saying(
        begin,
        (feed) => feed.event("put", "11", put("a", 11, { n: 1 })),
        (feed) => feed.event("put", "12.1", { ...put("b", 12, "AAE="), encoding: "base64" }),
        (feed) => feed.event("delete", "12.2", { key: "a", revision: 12 }),
        (feed) => feed.event("put", "13", { key: "c", revision: 13 }),
      ),
    );
    const watch = holdfast.watch<{ n: number }>({ group: "cart" }, { from: 7, values: true });
    const type = "put";
    expect(await world.until(take(watch, 4))).toEqual([
      {
        type,
        key: "a",
        revision: 11,
        value: { n: 1 },
        contentType: "application/json",
        position: "11",
      },
      {
        type,
        key: "b",
        revision: 12,
        value: Uint8Array.of(0, 1),
        contentType: "application/json",
        position: "12.1",
      },
      { type: "delete", key: "a", revision: 12, position: "12.2" },
      { type, key: "c", revision: 13, value: undefined, contentType: null, position: "13" },
    ]);
    expect(watch.position).toBe("13");
    const [{ url, headers } = {}] = world.sent;
    expect(url?.pathname + (url?.search ?? "")).toBe(
      "/v1/default/watch?group=cart&from=7&values=true",
    );
    expect(headers?.get("Authorization")).toBe("Bearer secret");
    expect(headers?.get("Accept")).toBe("text/event-stream");
    // Whoever has enough leaves.
    await world.until(feeds[0]?.left ?? Promise.resolve());
    expect(world.sent[0]?.signal.aborted).toBe(true);
  });

  it.each<[string, (feed: Feed) => void]>([
    ["breaks", (feed) => feed.break()],
    ["ends", (feed) => feed.end()],
    ["falls silent", () => {}],
    ["is cut off", (feed) => farewell(feed, "cut-off", { reason: "slow" })],
    ["finds no leader", (feed) => farewell(feed, "end", { code: "no-quorum" })],
  ])("that %s goes on behind the last change that was seen", async (_, stop) => {
    const { world, feeds, holdfast } = setUp(
      saying(begin, change("11", "a", 11), change("12", "b", 12)),
      saying(change("13", "c", 13)),
    );
    const seeing = take(holdfast.watch({ prefix: "" }), 3);
    await Promise.all([world.sleep(1_000).then(() => stop(feeds[0]!)), world.until(seeing)]);
    expect((await seeing).map((each) => each.position)).toEqual(["11", "12", "13"]);
    expect(world.sent.map(({ headers }) => headers.get("Last-Event-ID"))).toEqual([null, "12"]);
    expect(world.sent[0]?.signal.aborted).toBe(true);
  });

  it("goes on at once where it was cut off, and soon where nobody says why it ended", async () => {
    const pauseAfter = async (stop: (feed: Feed) => void) => {
      const { world, feeds, holdfast } = setUp(saying(begin), saying(change("13", "c", 13)));
      const seeing = take(holdfast.watch({ prefix: "" }), 1);
      await Promise.all([world.sleep(1_000).then(() => stop(feeds[0]!)), world.until(seeing)]);
      return world.now - 1_000;
    };
    expect(await pauseAfter((feed) => farewell(feed, "cut-off", { reason: "slow" }))).toBe(0);
    expect(await pauseAfter((feed) => feed.end())).toBe(750);
  });

  it("goes on where it began, if nothing happened before it broke", async () => {
    const { world, feeds, holdfast } = setUp(saying(begin), saying(change("11", "a", 11)));
    const watch = holdfast.watch({ key: "a" });
    expect(watch.position).toBeNull();
    const seeing = take(watch, 1);
    await Promise.all([world.sleep(1_000).then(() => feeds[0]?.break()), world.until(seeing)]);
    expect(world.sent[1]?.headers.get("Last-Event-ID")).toBe("10");
  });

  it("tells once where it begins, before anything has happened", async () => {
    const { world, feeds, holdfast } = setUp(saying(begin), saying(change("11", "a", 11)));
    const told: string[] = [];
    const watch = holdfast.watch({ key: "a" }, { onBegin: (position) => told.push(position) });
    const seeing = take(watch, 1);
    const stop = async () => {
      await world.sleep(1_000);
      expect(told).toEqual(["10"]);
      feeds[0]?.end();
    };
    await Promise.all([stop(), world.until(seeing)]);
    expect(told).toEqual(["10"]);
  });

  it("moves its position with the signs of life, and is not silent then", async () => {
    const { world, feeds, holdfast } = setUp(saying(begin));
    const watch = holdfast.watch({ key: "a" }, { silenceMs: 20_000 });
    const seeing = take(watch, 1);
    const live = async () => {
      for (let n = 20; n < 30; n++) {
        await world.sleep(15_000);
        feeds[0]?.push(`: keep-alive\nid: ${n}\n\n`);
      }
      expect(watch.position).toBe("28");
      feeds[0]?.event("put", "30", put("a", 30, 1));
    };
    await Promise.all([live(), world.until(seeing)]);
    expect(world.sent).toHaveLength(1);
  });

  it("can be taken up later, behind a position, and by the same object", async () => {
    const { world, holdfast } = setUp(
      saying(begin, change("11", "a", 11), change("12", "a", 12)),
      saying(change("12", "a", 12)),
    );
    const watch = holdfast.watch({ key: "a" }, { after: "9.1" });
    expect((await world.until(take(watch, 1))).map(({ position }) => position)).toEqual(["11"]);
    expect((await world.until(take(watch, 1))).map(({ position }) => position)).toEqual(["12"]);
    expect(world.sent.map(({ headers }) => headers.get("Last-Event-ID"))).toEqual(["9.1", "11"]);
  });

  it("survives refusals that time mends", async () => {
    const { world, holdfast } = setUp(
      () => new TypeError("connection refused"),
      () => problem("no-quorum", {}, { "Retry-After": "2" }),
      () => "silence",
      saying(change("11", "a", 11)),
    );
    await world.until(take(holdfast.watch({ key: "a" }), 1));
    expect(world.sent).toHaveLength(4);
  });

  it("leaves a connection before it takes up the next one", async () => {
    const { world, feeds, holdfast } = setUp(saying(begin), (feed) => {
      expect(world.sent[0]?.signal.aborted).toBe(true);
      return saying(change("11", "a", 11))(feed);
    });
    const seeing = take(holdfast.watch({ key: "a" }), 1);
    await Promise.all([world.sleep(1_000).then(() => feeds[0]?.end()), world.until(seeing)]);
    expect(world.sent).toHaveLength(2);
  });

  it("comes back ever more rarely where it is refused, and soon again once it was not", async () => {
    const refuse = () => new TypeError("connection refused");
    const { world, feeds, holdfast } = setUp(
      ...[refuse, refuse, refuse, refuse, saying(begin), refuse],
      saying(change("11", "a", 11)),
    );
    const seeing = take(holdfast.watch({ key: "a" }), 1);
    const stop = async () => {
      while (feeds[4] === undefined) await world.sleep(10);
      await world.sleep(1_000);
      feeds[4].break();
    };
    await Promise.all([stop(), world.until(seeing)]);
    const times = world.sent.map(({ at }) => at);
    const pauses = times.slice(1).map((at, n) => at - (times[n] ?? 0));
    expect(pauses.slice(0, 4)).toEqual([37.5, 75, 150, 300]);
    expect(pauses[4]).toBeLessThan(1_100);
    expect(pauses[5]).toBe(75);
  });

  it("is an error where the service cannot be reached for as long as a call may take", async () => {
    const { world, holdfast } = setUp(() => new TypeError("connection refused"));
    const error = await world.failureOf(take(holdfast.watch({ key: "a" }), 1));
    expect(error).toMatchObject({ code: "network", definite: true });
    expect(world.now).toBeGreaterThan(25_000);
    expect(world.now).toBeLessThan(30_000);
  });

  it("is an error where what it asks for is no longer kept", async () => {
    const { world, holdfast } = setUp(
      saying(begin, change("11", "a", 11), (feed) => feed.end()),
      () => problem("revision-compacted", { detail: "changes up to 20 are no longer kept" }),
    );
    const seen: Change<unknown>[] = [];
    const watch = holdfast.watch({ key: "a" });
    const consume = async () => {
      for await (const each of watch) seen.push(each);
    };
    const error = await world.failureOf(consume());
    expect(seen).toHaveLength(1);
    expect(error).toMatchObject({ code: "revision-compacted", status: 410 });
    expect(world.sent).toHaveLength(2);
  });

  it("of a prefix says when what follows is everything", async () => {
    const { world, holdfast } = setUp(
      saying(
        (feed) => feed.event("reset", "1"),
        change("2", "a", 2),
        (feed) => feed.event("synced", "3"),
        (feed) => feed.event("of-tomorrow", "4"),
        change("5", "b", 5),
      ),
    );
    const seen = await world.until(take(holdfast.watch({ prefix: "" }), 4));
    expect(seen.map(({ type, position }) => [type, position])).toEqual([
      ["reset", "1"],
      ["put", "2"],
      ["synced", "3"],
      ["put", "5"],
    ]);
  });

  it.each([
    ["while it connects", () => "silence" as const],
    ["while nothing happens", saying(begin)],
    ["while it waits to come back", () => problem("no-quorum", {}, { "Retry-After": "20" })],
  ])("that is aborted %s throws its caller's reason", async (_, reply) => {
    const controller = new AbortController();
    const { world, holdfast } = setUp(reply);
    const reason = new Error("enough");
    const watch = holdfast.watch({ key: "a" }, { signal: controller.signal });
    const failing = world.failureOf(take(watch, 1));
    await Promise.all([world.sleep(3_000).then(() => controller.abort(reason)), failing]);
    expect(await failing).toBe(reason);
    expect(world.now).toBe(3_000);
    expect(world.sent[0]?.signal.aborted).toBe(true);
  });

  it("is no stream: somebody else has answered", async () => {
    const { world, holdfast } = setUp(() => new Response("<html>", { status: 200 }));
    const error = await world.failureOf(take(holdfast.watch({ key: "a" }), 1));
    expect(error).toMatchObject({ code: "unexpected-answer", status: 200 });
  });
});
