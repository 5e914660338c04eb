/** Listing a whole namespace, from its replicas. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { setRegion } from "./groups-client.ts";
import type { Page } from "./keys-client.ts";
import {
  eventually,
  from,
  put,
  receiptOf,
  replicated,
  replicatedThrough,
  seen,
} from "./replicas-client.ts";
import { type Call, call, expectProblem, makeToken } from "./service.ts";

afterEach(async () => {
  for (const region of ["weur", "apac"]) await setRegion(region, "up");
});

const list = (ns: string, parameters: Record<string, string> = {}, about: Call = {}) =>
  call("GET", `/v1/${ns}/keys?${new URLSearchParams(parameters)}`, about);

const keysOf = ({ keys }: Page) => keys.map(({ key }) => key);

/** In UTF-8 byte order; groups of their own, and one of a tag. */
const KEYS = ["a", "b/1", "b/2", "c{t}", "d{t}", "ä", "\uffee", "🌍"];

describe("a namespace's keys", () => {
  let ns = "";

  beforeAll(async () => {
    ns = await replicated();
    for (const key of KEYS)
      await put(ns, key, `"${key}"`, { headers: { "Content-Type": "application/json" } });
    await eventually(async () => {
      for (const region of ["weur", "apac"]) {
        const page = await (await list(ns, {}, from(region))).json<Page>();
        expect(keysOf(page)).toEqual(KEYS);
      }
    });
  });

  const pageOf = async (parameters: Record<string, string>): Promise<Page> => {
    const answer = await list(ns, parameters);
    expect(answer.status).toBe(200);
    return answer.json();
  };

  it("come from the nearest replica, in UTF-8 byte order, with a receipt", async () => {
    const answer = await list(ns, {}, from("apac"));
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    expect(receiptOf(answer)).toMatchObject({
      level: "eventual",
      region: "apac",
      revision: null,
      term: null,
      stalenessMs: null,
      cost: "calls=1, rows=0",
    });
    // A group an entry: two of the keys share one. And for what it does not show, who has listed.
    const bookmark = answer.headers.get("Holdfast-Bookmark") ?? "";
    expect(bookmark.split(".")).toHaveLength(1 + KEYS.length - 1 + 1);
    expect(bookmark).toMatch(/\.~apac$/);
    expect(await answer.json()).toEqual({
      keys: KEYS.map((key) => ({ key, revision: key === "d{t}" ? 2 : 1 })),
      cursor: null,
    });
  });

  it("come as asked: backwards, with a prefix, within a range, with values", async () => {
    expect(keysOf(await pageOf({ reverse: "true" }))).toEqual([...KEYS].reverse());
    expect(keysOf(await pageOf({ prefix: "b/" }))).toEqual(["b/1", "b/2"]);
    expect(keysOf(await pageOf({ start: "b/2", end: "d{t}" }))).toEqual(["b/2", "c{t}"]);
    expect((await pageOf({ prefix: "b/1", values: "true" })).keys).toEqual([
      { key: "b/1", revision: 1, value: "b/1", encoding: "json", contentType: "application/json" },
    ]);
  });

  it.each(["false", "true"])("come page by page (reverse=%s)", async (reverse) => {
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Page = await pageOf({ limit: "3", reverse, ...(cursor !== null && { cursor }) });
      found.push(...keysOf(page));
      cursor = page.cursor;
    } while (cursor !== null);
    expect(found).toEqual(reverse === "true" ? [...KEYS].reverse() : KEYS);
  });

  it("go on from a cursor of their own alone", async () => {
    const { cursor } = await pageOf({ limit: "2" });
    for (const other of [{ prefix: "b" }, { group: "t" }]) {
      const parameters: Record<string, string> = { ...other, cursor: cursor ?? "" };
      const problem = await expectProblem(await list(ns, parameters), "bad-request");
      expect(problem.errors?.map(({ path }) => path)).toEqual(["cursor"]);
    }
  });

  it("come from another replica where the nearest is out of reach", async () => {
    await setRegion("apac", "down");
    const answer = await list(ns, {}, from("apac"));
    expect(receiptOf(answer)).toMatchObject({ level: "eventual", region: "weur" });
    expect(keysOf(await answer.json())).toEqual(KEYS);
  });

  it("are a 504 where no replica can be reached in time", async () => {
    for (const region of ["weur", "apac"]) await setRegion(region, "down");
    const answer = await list(ns, {}, { headers: { "Holdfast-Deadline-Ms": "300" } });
    await expectProblem(answer, "deadline-exceeded");
  });

  it("are listed to a token within its prefix alone", async () => {
    const { token } = await makeToken(ns, { scopes: ["read"], prefix: "b/" });
    expect(keysOf(await (await list(ns, { prefix: "b/" }, { token })).json())).toEqual([
      "b/1",
      "b/2",
    ]);
    await expectProblem(await list(ns, {}, { token }), "forbidden");
  });
});

describe("a list at session", () => {
  it("has all that its client wrote, at once", async () => {
    const ns = await replicated();
    let bookmark = "1";
    for (let n = 0; n < 4; n++) {
      bookmark = await put(ns, `key/${n}`, "x", seen(bookmark));
      const answer = await list(ns, { consistency: "session" }, seen(bookmark));
      expect(receiptOf(answer).level).toBe("session");
      expect(keysOf(await answer.json())).toHaveLength(n + 1);
    }
  });

  it("waits no longer than its deadline", async () => {
    const ns = await replicated();
    const bookmark = (await put(ns, "a", "x")).replace(/-1$/, "-lfls");
    const headers = { ...seen(bookmark).headers, "Holdfast-Deadline-Ms": "400" };
    const answer = await list(ns, { consistency: "session" }, { headers });
    const problem = await expectProblem(answer, "deadline-exceeded");
    expect(problem.detail).toContain("bookmark");
  });

  it("cannot be had with a bookmark that has forgotten groups, or is of no replica here", async () => {
    const ns = await replicated();
    for (const bookmark of ["1.~", "1.~oc"]) {
      const answer = await list(ns, { consistency: "session" }, seen(bookmark));
      const problem = await expectProblem(answer, "bad-request");
      expect(problem.errors?.map(({ path }) => path)).toEqual(["Holdfast-Bookmark"]);
    }
  });

  it("does not show again what one before has shown to be gone, wherever it is asked for", async () => {
    const ns = await replicated();
    await put(ns, "a", "x");
    await put(ns, "b", "x");
    for (const key of ["a", "b"]) await replicatedThrough(ns, key, 1);
    await setRegion("apac", "down");
    await call("DELETE", `/v1/${ns}/keys/b`);
    await eventually(async () => {
      const page = await (await list(ns, {}, from("weur"))).json<Page>();
      expect(keysOf(page)).toEqual(["a"]);
    });
    const first = await list(ns, { consistency: "session" }, from("weur"));
    const bookmark = first.headers.get("Holdfast-Bookmark") ?? "";
    expect(keysOf(await first.json())).toEqual(["a"]);
    await setRegion("apac", "up");
    // Nearest is a replica that still has the key.
    const there = { headers: { ...seen(bookmark).headers, ...from("apac").headers } };
    const second = await list(ns, { consistency: "session" }, there);
    expect(receiptOf(second)).toMatchObject({ level: "session", region: "weur" });
    expect(keysOf(await second.json())).toEqual(["a"]);
    await setRegion("weur", "down");
    const headers = { ...there.headers, "Holdfast-Deadline-Ms": "300" };
    const late = await list(ns, { consistency: "session" }, { headers });
    const problem = await expectProblem(late, "deadline-exceeded");
    expect(problem.detail).toContain("weur");
  });

  it("without a bookmark is whatever the replica has", async () => {
    const ns = await replicated();
    const answer = await list(ns, { consistency: "session" });
    expect(receiptOf(answer)).toMatchObject({ level: "session" });
    await answer.body?.cancel();
  });
});
