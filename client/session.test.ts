import { describe, expect, it } from "vitest";
import { BOOKMARK_CHARS_MAX, mergeBookmarks } from "./bookmark.ts";
import { json, problem, type Reply, type Sent, World } from "./fixture.ts";
import { op } from "./index.ts";

/** A service whose answers carry these bookmarks, one after the other. */
const saying = (...bookmarks: readonly string[]) =>
  new World((_, count): Reply => {
    const bookmark = bookmarks[Math.min(count, bookmarks.length) - 1] ?? "1";
    return json(
      { id: "T", succeeded: true, results: [], keys: [], cursor: null },
      { "Holdfast-Bookmark": bookmark },
    );
  });

const carried = ({ url, headers }: Sent) => [
  url.searchParams.get("consistency"),
  headers.get("Holdfast-Bookmark"),
];

describe("a session", () => {
  it("says what it has seen with every request, and reads at `session`", async () => {
    const world = saying("1.a-1", "1.a-1.b-5", "1.a-2.b-5", "1.a-2.b-5.~weur", "1.a-3.b-5.~weur");
    const session = world.connect().session();
    expect(session.bookmark).toBeNull();
    await session.keys.put("x", 1);
    await session.transaction().do(op.add("y", 1)).commit();
    await session.keys.get("x");
    await session.keys.list({ prefix: "x" }).toArray();
    await session.keys.get("x", { consistency: "strong" });
    expect(world.sent.map(carried)).toEqual([
      [null, null],
      [null, "1.a-1"],
      ["session", "1.a-1.b-5"],
      ["session", "1.a-2.b-5"],
      ["strong", "1.a-2.b-5.~weur"],
    ]);
    expect(session.bookmark).toBe("1.a-3.b-5.~weur");
  });

  it("believes the service, which knows what is newest", async () => {
    const world = saying("1.a-5.~weur");
    const session = world.connect().session({ bookmark: "1.a-3~.~weur" });
    await session.keys.get("x");
    expect(session.bookmark).toBe("1.a-5.~weur");
  });

  it("loses nothing where answers overtake one another", async () => {
    let release = () => {};
    const late = new Promise<void>((resolve) => {
      release = resolve;
    });
    const world = new World(async (_, count) => {
      if (count === 1) await late;
      return json({}, { "Holdfast-Bookmark": count === 1 ? "1.a-1.c-7" : "1.a-9.b-1" });
    });
    const session = world.connect().session();
    const slow = session.keys.put("x", 1);
    await session.keys.put("x", 2);
    release();
    await slow;
    expect(session.bookmark).toBe("1.a-9.b-1.c-7");
  });

  it("has seen what an error shows as well", async () => {
    const headers = { "Holdfast-Bookmark": "1.a-4" };
    const world = new World(() => problem("precondition-failed", { revision: 4 }, headers));
    const session = world.connect().session({ bookmark: "1.a-1" });
    await world.failureOf(session.keys.put("x", 1, { ifRevision: 1 }));
    expect(session.bookmark).toBe("1.a-4");
  });

  it("has seen nothing by an error that shows nothing", async () => {
    const refusal = { type: "about:blank", title: "no", status: 403, detail: "no", instance: "/" };
    const world = new World(
      () =>
        new Response(
          JSON.stringify({ ...refusal, code: "forbidden", definite: true, retryable: false }),
          { status: 403, headers: { "Content-Type": "application/problem+json" } },
        ),
    );
    const session = world.connect().session({ bookmark: "1.a-1" });
    await world.failureOf(session.keys.get("x"));
    expect(session.bookmark).toBe("1.a-1");
  });

  it("may have seen anything where an answer does not say what it shows", async () => {
    const headers = { "Content-Type": "application/json", "Holdfast-Revision": "1" };
    const world = new World(() => new Response("1", { headers }));
    const session = world.connect().session({ bookmark: "1.a-1" });
    await session.keys.get("x");
    expect(session.bookmark).toBe("1.~");
  });

  it("remembers nothing outside of it", async () => {
    const world = saying("1.a-1");
    const holdfast = world.connect();
    await holdfast.session().keys.put("x", 1);
    await holdfast.keys.get("x");
    expect(world.sent.map(carried)[1]).toEqual([null, null]);
  });

  it("reads strongly inside of a transaction", async () => {
    const world = saying("1.a-1");
    const session = world.connect().session({ bookmark: "1.c-3" });
    await session.transact((tx) => tx.get("x"));
    expect(world.sent.map(carried)).toEqual([["strong", "1.c-3"]]);
  });
});

describe("bookmarks", () => {
  it("that a newer service writes may have seen anything", () => {
    expect(mergeBookmarks("2.whatever", "1.a-1")).toBe("1.~");
    expect(mergeBookmarks("1.a-1", "nonsense")).toBe("1.~");
    expect(mergeBookmarks("2.same", "2.same")).toBe("2.same");
  });

  it("stay within what a header holds, and say that they have forgotten", () => {
    const of = (from: number, count: number) =>
      `1${Array.from({ length: count }, (_, at) => `.${(10_000_000 + from + at).toString(36)}-zzzz`).join("")}`;
    const merged = mergeBookmarks(of(0, 200), of(1_000, 200));
    expect(merged.length).toBeLessThanOrEqual(BOOKMARK_CHARS_MAX);
    expect(merged.length).toBeGreaterThan(BOOKMARK_CHARS_MAX - 20);
    expect(merged.endsWith(".~")).toBe(true);
    expect(merged.startsWith(of(0, 200))).toBe(true);
  });
});
