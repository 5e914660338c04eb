/** Listing the keys of a group. */
import { beforeAll, describe, expect, it } from "vitest";
import { VALUE_BYTES_MAX } from "../../shared/limits.ts";
import {
  del,
  expectReceipt,
  freshTag,
  list,
  mustPut,
  type Page,
  page,
  put,
} from "./keys-client.ts";
import { expectProblem, makeToken } from "./service.ts";

/** In UTF-8 byte order, which is not the order of UTF-16: the last two are the other way round there. */
const NAMES = ["", "a", "a/", "a/b", "ab", "b", "z", "ä", "\uffee", "🌍"];

describe("a group's keys", () => {
  const group = freshTag();
  const key = (name: string) => `{${group}}${name}`;
  const keysOf = ({ keys }: Page) => keys.map((one) => one.key);
  const all = NAMES.map(key);

  beforeAll(async () => {
    for (const one of [...all].reverse()) await mustPut(one);
    await mustPut(key("gone"));
    await del(key("gone"));
  });

  it("come in UTF-8 byte order with their revisions", async () => {
    const answer = await list({ group });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    expectReceipt(answer, NAMES.length + 2);
    expect(await answer.json()).toEqual({
      keys: all.map((one, i) => ({ key: one, revision: NAMES.length - i })),
      cursor: null,
    });
  });

  it("come backwards", async () => {
    expect(keysOf(await page({ group, reverse: "true" }))).toEqual([...all].reverse());
    expect(keysOf(await page({ group, reverse: "false" }))).toEqual(all);
  });

  it("come from the start, included, to the end, excluded", async () => {
    const range = { group, start: key("a/"), end: key("b") };
    expect(keysOf(await page(range))).toEqual(["a/", "a/b", "ab"].map(key));
    expect(keysOf(await page({ ...range, reverse: "true" }))).toEqual(["ab", "a/b", "a/"].map(key));
    expect(keysOf(await page({ group, start: key("b"), end: key("a") }))).toEqual([]);
  });

  it("come with a prefix", async () => {
    const prefix = key("a");
    expect(keysOf(await page({ group, prefix }))).toEqual(["a", "a/", "a/b", "ab"].map(key));
    expect(keysOf(await page({ group, prefix, start: key("a/b") }))).toEqual(
      ["a/b", "ab"].map(key),
    );
    expect(keysOf(await page({ group, prefix: "other" }))).toEqual([]);
    expect(keysOf(await page({ group, prefix: "" }))).toEqual(all);
  });

  it.each(["false", "true"])("come page by page (reverse=%s)", async (reverse) => {
    for (const limit of ["1", "3", "9", "10"]) {
      const found: string[] = [];
      let cursor: string | null = null;
      let pages = 0;
      do {
        const one: Page = await page({ group, limit, reverse, ...(cursor !== null && { cursor }) });
        expect(one.keys.length).toBeLessThanOrEqual(Number(limit));
        found.push(...keysOf(one));
        cursor = one.cursor;
        pages += 1;
      } while (cursor !== null);
      expect(found).toEqual(reverse === "true" ? [...all].reverse() : all);
      expect(pages).toBe(Math.ceil(NAMES.length / Number(limit)));
    }
  });

  it("go on from a cursor with another limit, but not in another query", async () => {
    const { cursor } = await page({ group, limit: "2" });
    expect(keysOf(await page({ group, limit: "3", cursor: cursor ?? "" }))).toEqual(
      all.slice(2, 5),
    );
    for (const other of [
      { group: freshTag() },
      { group, prefix: "a" },
      { group, start: "a" },
      { group, end: "a" },
      { group, reverse: "true" },
    ]) {
      const problem = await expectProblem(
        await list({ ...other, cursor: cursor ?? "" }),
        "bad-request",
      );
      expect(problem.errors?.map((fault) => fault.path)).toEqual(["cursor"]);
    }
  });

  it("are all there at every level", async () => {
    for (const consistency of ["strong", "session", "eventual"]) {
      const answer = await list({ group, consistency });
      expectReceipt(answer, null);
      expect(keysOf(await answer.json())).toEqual(all);
    }
  });

  it("of a key without a tag are that key", async () => {
    const alone = `alone/${group}`;
    await mustPut(alone);
    expect(await page({ group: alone })).toEqual({
      keys: [{ key: alone, revision: 1 }],
      cursor: null,
    });
    expect(await page({ group: freshTag() })).toEqual({ keys: [], cursor: null });
  });
});

describe("values", () => {
  it.each<[string, string | Uint8Array, string | null, unknown, string]>([
    ["JSON", '{"a": [1, null]}', "application/json", { a: [1, null] }, "json"],
    ["JSON with a charset", "[1]", "application/json; charset=utf-8", [1], "json"],
    ["text", "grüße", "text/plain", "grüße", "text"],
    ["text with a byte order mark", "\ufeffx", "text/plain", "\ufeffx", "text"],
    ["text of a stated charset", "x", 'text/html;charset="UTF-8"', "x", "text"],
    ["bytes", new Uint8Array([0, 255]), "image/png", "AP8=", "base64"],
    ["other JSON", "{}", "application/ld+json", "e30=", "base64"],
    ["an empty value", "", "application/octet-stream", "", "base64"],
    ["JSON that is none", "{", "application/json", "ew==", "base64"],
    ["empty JSON", "", "application/json", "", "base64"],
    ["text that is not UTF-8", new Uint8Array([0xff]), "text/plain", "/w==", "base64"],
    ["text of another charset", "x", "text/plain; charset=iso-8859-1", "eA==", "base64"],
  ])("%s", async (_, body, contentType, value, encoding) => {
    const key = freshTag();
    await put(key, body, contentType === null ? {} : { headers: { "Content-Type": contentType } });
    const answer = await list({ group: key, values: "true" });
    expect(await answer.json()).toEqual({
      keys: [{ key, revision: 1, value, encoding, contentType }],
      cursor: null,
    });
  });

  it("keep the digits of numbers that no double holds", async () => {
    const key = freshTag();
    await put(key, "[12345678901234567890, 1.0]", {
      headers: { "Content-Type": "application/json" },
    });
    const text = await (await list({ group: key, values: "true" })).text();
    expect(text).toContain('"value":[12345678901234567890, 1.0],');
  });

  it("end a page early where they are too many bytes, and none is lost", async () => {
    const group = freshTag();
    const keys = Array.from({ length: 12 }, (_, i) => `{${group}}${String(i).padStart(2, "0")}`);
    for (const key of keys) await put(key, new Uint8Array(VALUE_BYTES_MAX));
    const found: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const parameters = { group, values: "true", ...(cursor !== null && { cursor }) };
      const one: Page = await page(parameters);
      found.push(...one.keys.map((record) => record.key));
      cursor = one.cursor;
      pages += 1;
    } while (cursor !== null);
    expect(found).toEqual(keys);
    expect(pages).toBe(2);
    expect((await page({ group })).keys).toHaveLength(12);
  });
});

describe("a token with a prefix", () => {
  it("lists within its prefix alone", async () => {
    const group = freshTag();
    const mine = `mine/{${group}}`;
    await mustPut(`${mine}/a`);
    await mustPut(`other/{${group}}/b`);
    const { token } = await makeToken("default", { scopes: ["read"], prefix: mine });
    const within = await list({ group, prefix: `${mine}/` }, { token });
    expect((await within.json<Page>()).keys.map((one) => one.key)).toEqual([`${mine}/a`]);
    for (const parameters of [{ group }, { group, prefix: "mine" }, { group, prefix: "other/" }]) {
      const problem = await expectProblem(await list(parameters, { token }), "forbidden");
      expect(problem.detail).toContain(mine);
    }
  });

  it("needs the scope read", async () => {
    const { token } = await makeToken("default", { scopes: ["write"] });
    await expectProblem(await list({ group: freshTag() }, { token }), "forbidden");
  });
});
