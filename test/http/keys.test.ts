/** Reading and writing single keys, as the contract's section "Keys" says. */
import { describe, expect, it } from "vitest";
import { VALUE_BYTES_MAX } from "../../shared/limits.ts";
import { del, expectReceipt, freshKey, get, head, mustPut, pathOf, put } from "./keys-client.ts";
import { call, expectProblem, makeToken } from "./service.ts";

const JSON_TYPE = { "Content-Type": "application/json" };
const IF_ABSENT = { "If-None-Match": "*" };

describe("a put", () => {
  it("creates a key with 201, and writes over it with 200", async () => {
    const key = freshKey();
    const created = await put(key, "one");
    expect(created.status).toBe(201);
    expect(created.headers.get("Content-Type")).toBe("application/json");
    expect(await created.json()).toEqual({ key, revision: 1, created: true });
    const written = await put(key, "two");
    expect(written.status).toBe(200);
    expect(await written.json()).toEqual({ key, revision: 2, created: false });
    expect(written.headers.get("ETag")).toBe('"2"');
  });

  it("takes any bytes, and an empty value", async () => {
    const key = freshKey();
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    await put(key, bytes);
    expect(new Uint8Array(await (await get(key)).arrayBuffer())).toEqual(bytes);
    await put(key, "");
    const empty = await get(key);
    expect(empty.status).toBe(200);
    expect(await empty.text()).toBe("");
    expect(empty.headers.get("ETag")).toBe('"2"');
  });

  it("is gone again after its time to live", async () => {
    const key = freshKey();
    expect((await put(key, "x", { query: "?ttl_ms=1" })).status).toBe(201);
    await expect
      .poll(async () => (await get(key)).status, { interval: 5, timeout: 5_000 })
      .toBe(404);
    expect(await (await put(key, "y")).json()).toMatchObject({ created: true });
  });

  it("keeps its value while its time to live lasts", async () => {
    const key = freshKey();
    await put(key, "x", { query: "?ttl_ms=600000" });
    expect((await get(key)).status).toBe(200);
  });
});

describe("a get", () => {
  it("gives the bytes and the type as they were put, and the revision as ETag", async () => {
    const key = freshKey();
    const body = '{"a" : 1.0}';
    await put(key, body, { headers: { "Content-Type": "Application/JSON; Charset=UTF-8" } });
    const answer = await get(key);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(body);
    expect(answer.headers.get("Content-Type")).toBe("Application/JSON; Charset=UTF-8");
    expect(answer.headers.get("ETag")).toBe('"1"');
    expect(answer.headers.get("Cache-Control")).toBe("no-cache");
  });

  it("calls bytes of no stated type application/octet-stream", async () => {
    const key = freshKey();
    await put(key, new Uint8Array([1]));
    expect((await get(key)).headers.get("Content-Type")).toBe("application/octet-stream");
  });

  it("knows nothing of a key that was never put, or deleted", async () => {
    const key = freshKey();
    const never = await get(key);
    expectReceipt(never, 0);
    await expectProblem(never, "key-not-found");
    await mustPut(key);
    await del(key);
    const deleted = await get(key);
    expectReceipt(deleted, 2);
    await expectProblem(deleted, "key-not-found");
  });

  it("gives a key as it was at an earlier revision", async () => {
    const key = freshKey();
    await mustPut(key, "one");
    await mustPut(key, "two");
    await del(key);
    const one = await get(key, { query: "?revision=1" });
    expect(await one.text()).toBe("one");
    expect(one.headers.get("ETag")).toBe('"1"');
    expect(await (await get(key, { query: "?revision=2" })).text()).toBe("two");
    await expectProblem(await get(key, { query: "?revision=3" }), "key-not-found");
    const ahead = await expectProblem(await get(key, { query: "?revision=4" }), "bad-request");
    expect(ahead.detail).toContain("ahead");
  });

  it("without a body is HEAD", async () => {
    const key = freshKey();
    await put(key, "four", { headers: { "Content-Type": "text/plain" } });
    const answer = await head(key);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe("");
    expect(answer.headers.get("ETag")).toBe('"1"');
    expect(answer.headers.get("Content-Type")).toBe("text/plain");
    expect(answer.headers.get("Content-Length")).toBe("4");
    expectReceipt(answer, 1);
    const absent = await head(freshKey());
    expect(absent.status).toBe(404);
    expect(await absent.text()).toBe("");
    expectReceipt(absent, 0);
  });

  it("that allows no staleness is answered strongly", async () => {
    const key = freshKey();
    await mustPut(key);
    for (const level of ["strong", "bounded&max_staleness_ms=0"]) {
      const answer = await get(key, { query: `?consistency=${level}` });
      expect(answer.status).toBe(200);
      expectReceipt(answer, 1);
    }
  });
});

describe("a delete", () => {
  it("says what it deleted", async () => {
    const key = freshKey();
    await mustPut(key);
    const answer = await del(key);
    expect(answer.status).toBe(200);
    expectReceipt(answer, 2);
    expect(await answer.json()).toEqual({ key, revision: 2, deleted: true });
  });

  it("of nothing deletes nothing, and says so", async () => {
    const key = freshKey();
    const never = await del(key);
    expect(never.status).toBe(200);
    expectReceipt(never, 0);
    expect(await never.json()).toEqual({ key, revision: null, deleted: false });
    await mustPut(key);
    await del(key);
    const again = await del(key);
    expectReceipt(again, 2);
    expect(await again.json()).toEqual({ key, revision: null, deleted: false });
  });
});

describe("conditions", () => {
  const both = (ifMatch: string, ifNoneMatch: string) => ({
    "If-Match": ifMatch,
    "If-None-Match": ifNoneMatch,
  });

  /** Against a key at revision 2. */
  it.each<[string, Record<string, string>, boolean]>([
    ["its revision", { "If-Match": '"2"' }, true],
    ["an earlier revision", { "If-Match": '"1"' }, false],
    ["a list with its revision", { "If-Match": '"1", "2" ,,"x"' }, true],
    ["a list without it", { "If-Match": '"1","3"' }, false],
    ["a weak tag, which never matches strongly", { "If-Match": 'W/"2"' }, false],
    ["a tag that is not ours", { "If-Match": '"02"' }, false],
    ["any revision", { "If-Match": "*" }, true],
    ["none of its revision", { "If-None-Match": '"2"' }, false],
    ["none of its revision, weakly", { "If-None-Match": 'W/"2"' }, false],
    ["none of another", { "If-None-Match": '"1"' }, true],
    ["none of a list with it", { "If-None-Match": '"1", W/"2"' }, false],
    ["none of what is not ours", { "If-None-Match": '"abc"' }, true],
    ["none at all", IF_ABSENT, false],
    ["both that hold", both('"2"', '"1"'), true],
    ["both, of which the first fails", both('"1"', '"1"'), false],
    ["both, of which the second fails", both('"2"', '"2"'), false],
    ["both, which contradict each other", both("*", "*"), false],
  ])("%s", async (_, headers, holds) => {
    const putKey = freshKey();
    const deleteKey = freshKey();
    for (const [key, write] of [
      [putKey, () => put(putKey, "three", { headers })],
      [deleteKey, () => del(deleteKey, { headers })],
    ] as const) {
      await mustPut(key, "one");
      await mustPut(key, "two");
      const answer = await write();
      if (holds) {
        expect(answer.status).toBe(200);
        expectReceipt(answer, 3);
      } else {
        expectReceipt(answer, 2);
        expect(await expectProblem(answer, "precondition-failed")).toMatchObject({ revision: 2 });
        expect(await (await get(key)).text()).toBe("two");
      }
    }
  });

  it("of an absent key", async () => {
    const key = freshKey();
    const failed = await put(key, "x", { headers: { "If-Match": '"1"' } });
    expectReceipt(failed, 0);
    expect(await expectProblem(failed, "precondition-failed")).toMatchObject({ revision: null });
    const any = await del(key, { headers: { "If-Match": "*" } });
    expect(await expectProblem(any, "precondition-failed")).toMatchObject({ revision: null });
    expect((await put(key, "x", { headers: IF_ABSENT })).status).toBe(201);
  });

  it.each<[string, Record<string, string>, number]>([
    ["the revision it has", { "If-None-Match": '"1"' }, 304],
    ["the same, weakly", { "If-None-Match": 'W/"1"' }, 304],
    ["a list", { "If-None-Match": '"9", "1"' }, 304],
    ["anything", { "If-None-Match": "*" }, 304],
    ["another revision", { "If-None-Match": '"2"' }, 200],
    ["only its revision", { "If-Match": '"1"' }, 200],
    ["only another", { "If-Match": '"2"' }, 412],
  ])("of a read: %s", async (_, headers, status) => {
    const key = freshKey();
    await mustPut(key, "value");
    for (const read of [get, head]) {
      const answer = await read(key, { headers });
      expect(answer.status).toBe(status);
      expectReceipt(answer, 1);
      if (status === 304) {
        expect(answer.headers.get("ETag")).toBe('"1"');
        expect(await answer.text()).toBe("");
      } else await answer.body?.cancel();
    }
  });

  it("never turn an absent key into anything else", async () => {
    await expectProblem(await get(freshKey(), { headers: IF_ABSENT }), "key-not-found");
  });
});

describe("an idempotency key", () => {
  const once = (name: string) => ({ "Idempotency-Key": name });

  it("gives a repeat the first answer", async () => {
    const key = freshKey();
    const headers = once("order-1");
    const first = await put(key, "one", { headers });
    expect(first.status).toBe(201);
    expect(first.headers.has("Holdfast-Replayed")).toBe(false);
    await mustPut(key, "two");
    const again = await put(key, "one", { headers });
    expect(again.status).toBe(201);
    expect(again.headers.get("Holdfast-Replayed")).toBe("true");
    expectReceipt(again, 1);
    expect(again.headers.get("Holdfast-Cost")).toContain("rows=0");
    expect(await again.json()).toEqual(await first.json());
    expect(await (await get(key)).text()).toBe("two");
  });

  it("gives a repeat of a refusal the refusal", async () => {
    const key = freshKey();
    await mustPut(key);
    const headers = { ...once("order-2"), "If-Match": '"9"' };
    await expectProblem(await put(key, "x", { headers }), "precondition-failed");
    await del(key);
    const again = await put(key, "x", { headers });
    expect(again.headers.get("Holdfast-Replayed")).toBe("true");
    expect(await expectProblem(again, "precondition-failed")).toMatchObject({ revision: 1 });
  });

  it("works for deletes", async () => {
    const key = freshKey();
    await mustPut(key);
    const first = await del(key, { headers: once("d") });
    await mustPut(key);
    const again = await del(key, { headers: once("d") });
    expect(again.headers.get("Holdfast-Replayed")).toBe("true");
    expect(await again.json()).toEqual(await first.json());
    expect((await get(key)).status).toBe(200);
  });

  it.each<[string, (key: string) => Promise<Response>]>([
    ["another body", (key) => put(key, "two", { headers: once("k") })],
    ["another type", (key) => put(key, "one", { headers: { ...once("k"), ...JSON_TYPE } })],
    ["a time to live", (key) => put(key, "one", { headers: once("k"), query: "?ttl_ms=99999" })],
    ["a condition", (key) => put(key, "one", { headers: { ...once("k"), "If-Match": "*" } })],
    ["another method", (key) => del(key, { headers: once("k") })],
  ])("used again with %s is refused", async (_, repeat) => {
    const key = freshKey();
    await put(key, "one", { headers: once("k") });
    await expectProblem(await repeat(key), "idempotency-key-reused");
    expect(await (await get(key)).text()).toBe("one");
  });

  it("used again with another key of the group is refused", async () => {
    const key = freshKey();
    await put(`{${key}}/a`, "one", { headers: once("k") });
    await expectProblem(
      await put(`{${key}}/b`, "one", { headers: once("k") }),
      "idempotency-key-reused",
    );
  });

  it("may have 255 characters", async () => {
    const headers = once("x".repeat(255));
    expect((await put(freshKey(), "x", { headers })).status).toBe(201);
  });
});

describe("the path", () => {
  const around = (text: string) => `p${crypto.randomUUID().slice(0, 8)}${text}q`;

  it.each([
    ["a/b", "a/b"],
    ["a%2Fb", "a/b"],
    ["a//b", "a//b"],
    ["a%3Fb%23c%25d", "a?b#c%d"],
    ["a+b", "a+b"],
    ["%20", " "],
    ["a%00b", "a\u0000b"],
    ["a%0Ab", "a\nb"],
    ["%C3%A4%F0%9F%8C%8D", "ä🌍"],
    ["a%5Cb;c,d:e@f=g&h!", "a\\b;c,d:e@f=g&h!"],
    ["%2525", "%25"],
  ])("%s is preserved exactly", async (path, meant) => {
    const answer = await call("PUT", `/v1/default/keys/${around(path)}`, { body: "x" });
    expect(answer.status).toBe(201);
    const { key } = await answer.json<{ key: string }>();
    expect(key.slice(9, -1)).toBe(meant);
    expect(await (await call("GET", pathOf(key))).text()).toBe("x");
  });

  it("tells keys apart that look alike", async () => {
    const name = around("");
    const paths = [`${name}`, `${name}/`, `${name}//`, `/${name}`, `${name}%2F%2F%2F`];
    for (const [i, path] of paths.entries()) {
      const body = String(i);
      expect((await call("PUT", `/v1/default/keys/${path}`, { body })).status).toBe(201);
    }
    for (const [i, path] of paths.entries()) {
      expect(await (await call("GET", `/v1/default/keys/${path}`)).text()).toBe(String(i));
    }
  });
});

describe("limits", () => {
  const bytesOf = (count: number) => new Uint8Array(count).fill(7);
  const streamOf = (count: number, pulled: { bytes: number }) =>
    new ReadableStream({
      pull(controller) {
        const chunk = Math.min(65_536, count - pulled.bytes);
        if (chunk === 0) return controller.close();
        pulled.bytes += chunk;
        controller.enqueue(bytesOf(chunk));
      },
    });

  it("a key has at most 512 bytes", async () => {
    const prefix = `${crypto.randomUUID()}/`;
    const longest = prefix + "x".repeat(512 - prefix.length);
    expect((await put(longest, "x")).status).toBe(201);
    for (const tooLong of [`${longest}x`, prefix + "ä".repeat(240), prefix + "🌍".repeat(119)]) {
      await expectProblem(await put(tooLong, "x"), "too-large");
      await expectProblem(await get(tooLong), "too-large");
    }
    expect((await put(prefix + "ä".repeat(237), "x")).status).toBe(201);
  });

  it("a value has at most 1 MiB, and a longer one is not stored", async () => {
    const key = freshKey();
    expect((await put(key, bytesOf(VALUE_BYTES_MAX))).status).toBe(201);
    expect((await (await get(key)).arrayBuffer()).byteLength).toBe(VALUE_BYTES_MAX);
    await expectProblem(await put(key, bytesOf(VALUE_BYTES_MAX + 1)), "too-large");
    expect((await get(key)).headers.get("ETag")).toBe('"1"');
  });

  it("a value that does not say how long it is, is counted while it is read", async () => {
    const key = freshKey();
    expect((await put(key, streamOf(VALUE_BYTES_MAX, { bytes: 0 }))).status).toBe(201);
    const pulled = { bytes: 0 };
    await expectProblem(await put(key, streamOf(64 * VALUE_BYTES_MAX, pulled)), "too-large");
    expect(pulled.bytes).toBeLessThan(8 * VALUE_BYTES_MAX);
    expect((await get(key)).headers.get("ETag")).toBe('"1"');
  });
});

describe("a token", () => {
  it("reads and writes within its scopes and its prefix", async () => {
    const prefix = `p${crypto.randomUUID()}/`;
    const all = await makeToken("default", { scopes: ["read", "write"], prefix });
    const { token } = all;
    expect((await put(`${prefix}a`, "x", { token })).status).toBe(201);
    expect((await get(`${prefix}a`, { token })).status).toBe(200);
    expect((await del(`${prefix}a`, { token })).status).toBe(200);
    for (const refused of [
      put("other", "x", { token }),
      get("other", { token }),
      del("other", { token }),
    ]) {
      const problem = await expectProblem(await refused, "forbidden");
      expect(problem.detail).toContain(prefix);
    }
  });

  it("does only what its scopes name", async () => {
    const key = freshKey();
    await mustPut(key);
    const reader = await makeToken("default", { scopes: ["read"] });
    const writer = await makeToken("default", { scopes: ["write"] });
    expect((await get(key, { token: reader.token })).status).toBe(200);
    await expectProblem(await put(key, "x", { token: reader.token }), "forbidden");
    await expectProblem(await del(key, { token: reader.token }), "forbidden");
    await expectProblem(await get(key, { token: writer.token }), "forbidden");
    expect((await put(key, "x", { token: writer.token })).status).toBe(200);
  });
});

describe("the receipt", () => {
  it("is on every read and write", async () => {
    const key = freshKey();
    const created = await put(key, "x");
    expectReceipt(created, 1);
    // Three members: the leader's call, and one to each of the others, which write what it writes.
    expect(created.headers.get("Holdfast-Cost")).toBe("calls=3, rows=6");
    const read = await get(key);
    expectReceipt(read, 1);
    expect(read.headers.get("Holdfast-Cost")).toBe("calls=1, rows=0");
    expect(read.headers.get("Holdfast-Region")).toBe("wnam");
    expectReceipt(await get(key, { headers: { "If-None-Match": '"1"' } }), 1);
    expectReceipt(await put(key, "x", { headers: IF_ABSENT }), 1);
    expectReceipt(await del(key), 2);
  });

  it("of a key is the key's revision, whatever else has happened in its group", async () => {
    const tag = freshKey();
    await mustPut(`{${tag}}/a`);
    await mustPut(`{${tag}}/b`);
    expectReceipt(await get(`{${tag}}/a`), 1);
    expectReceipt(await get(`{${tag}}/c`), 2);
  });

  it("has a bookmark that can be sent back, and keeps what was seen of other groups", async () => {
    const one = await put(freshKey(), "x");
    const first = one.headers.get("Holdfast-Bookmark") ?? "";
    const headers = { "Holdfast-Bookmark": first };
    const two = await get(freshKey(), { query: "?consistency=session", headers });
    const both = two.headers.get("Holdfast-Bookmark") ?? "";
    expect(both.length).toBeGreaterThan(first.length);
    expect(both).toContain(first.slice(2));
    const three = await put(freshKey(), "x", { headers: { "Holdfast-Bookmark": both } });
    expect(three.headers.get("Holdfast-Bookmark")).toContain(first.slice(2));
  });
});
