/** `get`, `put`, `delete` and `list`. */
import { describe, expect, it } from "vitest";
import { json, problem, RECEIPT } from "../client/fixture.ts";
import { type Setting, Shell } from "./fixture.ts";

const stored = (body: string | Uint8Array, contentType: string) => () =>
  new Response(body as string, { headers: { ...RECEIPT, "Content-Type": contentType } });

const written = () => json({ key: "a", revision: 7, created: true }, {}, 201);

describe("get", () => {
  it("gives the bytes as they were put", async () => {
    const shell = new Shell({ respond: stored(Uint8Array.of(0, 255, 10), "image/png") });
    expect(await shell.run("get", "a/b c")).toBe(0);
    expect([...shell.out.bytes]).toEqual([0, 255, 10]);
    expect(shell.err.text).toBe("");
    expect(shell.sent[0]?.url.href).toBe("http://localhost:8787/v1/default/keys/a/b%20c");
  });

  it.each([
    ["JSON", '{"a":[1]}', "application/json", '{\n  "a": [\n    1\n  ]\n}\n'],
    ["text", "one\ntwo\n", "text/plain", "one\ntwo\n"],
    ["what moves the cursor", "\u001b[2Ja\u009b\r", "text/plain", "\\x1b[2Ja\\x9b\\r\n"],
    ["what turns text around", "a\u202eb", "text/plain", "a\\u202eb\n"],
    ["bytes", Uint8Array.of(1, 2), "image/png", "<2 bytes of image/png: 01 02>\n"],
    ["what is no JSON", "{", "application/json", "<1 byte of application/json: 7b>\n"],
    ["nothing", "", "application/octet-stream", "<0 bytes of application/octet-stream>\n"],
  ])("shows a person %s", async (_, body, contentType, shown) => {
    const shell = new Shell({ respond: stored(body, contentType), isTerminal: true });
    expect(await shell.run("get", "a")).toBe(0);
    expect(shell.out.text).toBe(shown);
    expect(shell.err.text).toBe("revision 7, strong, from weur, term 1.0\n");
  });

  it.each([
    ["1", "application/json", { value: 1, encoding: "json" }],
    ["é", "text/plain", { value: "é", encoding: "text" }],
    [Uint8Array.of(255), "text/plain", { value: "/w==", encoding: "base64" }],
    ["1", "image/svg+xml", { value: "MQ==", encoding: "base64" }],
  ])("gives a program JSON: %s of %s", async (body, contentType, member) => {
    const shell = new Shell({ respond: stored(body, contentType) });
    expect(await shell.run("--json", "get", "a")).toBe(0);
    const document = JSON.parse(shell.out.text);
    expect(document).toMatchObject({ key: "a", revision: 7, contentType, ...member });
    expect(document.receipt).toMatchObject({ consistency: "strong", region: "weur" });
  });

  it("is 3 where there is no such key", async () => {
    const shell = new Shell({ respond: () => problem("key-not-found") });
    expect(await shell.run("get", "a\nb")).toBe(3);
    expect(shell.out.text).toBe("");
    expect(shell.err.text).toBe("holdfast: there is no key a\\nb\n");
    const other = new Shell({ respond: () => problem("key-not-found") });
    expect(await other.run("get", "a", "--json")).toBe(3);
    expect(other.out.text).toBe("");
    expect(JSON.parse(other.err.text).error).toMatchObject({ code: "key-not-found", key: "a" });
  });

  it.each([
    [["--level", "eventual"], "consistency=eventual", null],
    [
      ["--level", "bounded", "--max-staleness", "10s"],
      "consistency=bounded&max_staleness_ms=10000",
      null,
    ],
    [["--max-staleness", "1.5m"], "consistency=bounded&max_staleness_ms=90000", null],
    [["--bookmark", "1.a-7"], "consistency=session", "1.a-7"],
    [["--level", "session", "--bookmark", "1.a-7"], "consistency=session", "1.a-7"],
    [["--revision", "7"], "revision=7", null],
  ])("asks at the level it is told: %s", async (options, query, bookmark) => {
    const shell = new Shell({ respond: stored("1", "application/json") });
    expect(await shell.run("get", "a", ...options)).toBe(0);
    const [sent] = shell.sent;
    const asked = new URLSearchParams(query);
    expect([...(sent?.url.searchParams ?? [])].sort()).toEqual([...asked].sort());
    expect(sent?.headers.get("Holdfast-Bookmark")).toBe(bookmark);
  });

  it.each([
    [["--level", "session"], "--bookmark"],
    [["--level", "bounded"], "--max-staleness"],
    [["--level", "strong", "--max-staleness", "1s"], "--level bounded"],
    [["--level", "strong", "--bookmark", "1.a-7"], "--level session"],
    [["--level", "best"], "Allowed choices are strong, session, bounded, eventual"],
    [["--max-staleness", "10 s"], "It is a duration"],
    [["--revision", "-1"], "It is a whole number"],
  ])("refuses what makes no sense: %s", async (options, advice) => {
    const shell = new Shell();
    expect(await shell.run("get", "a", ...options)).toBe(2);
    expect(shell.err.text).toContain(advice);
    expect(shell.sent).toEqual([]);
  });

  it("refuses a key without a URL", async () => {
    for (const key of ["", ".", ".."]) expect(await new Shell().run("get", key)).toBe(2);
  });
});

describe("put", () => {
  it.each<[string, readonly string[], Setting, string, string]>([
    ["JSON", ['{"a": 1}'], {}, '{"a": 1}', "application/json"],
    ["a number below zero", ["-5"], {}, "-5", "application/json"],
    ["text", ["hello"], {}, "hello", "text/plain; charset=utf-8"],
    ["a text that could be JSON", ["01", "--type", "text"], {}, "01", "text/plain; charset=utf-8"],
    ["a media type", ["<p>", "--type", "text/html"], {}, "<p>", "text/html"],
    ["standard input", [], { input: "1" }, "1", "application/json"],
    ["standard input, by name", ["-"], { input: "x" }, "x", "text/plain; charset=utf-8"],
    ["a file", ["@f"], { files: { f: '"x"\n' } }, '"x"\n', "application/json"],
    ["a text with an @", ["@@f"], {}, "@f", "text/plain; charset=utf-8"],
    ["nothing", [""], {}, "", "text/plain; charset=utf-8"],
  ])("stores what the value looks like: %s", async (_, args, setting, body, contentType) => {
    const shell = new Shell({ respond: written, ...setting });
    expect(await shell.run("put", "a", ...args)).toBe(0);
    const [sent] = shell.sent;
    expect(sent?.method).toBe("PUT");
    expect(new TextDecoder().decode(shell.bodies[0])).toBe(body);
    expect(sent?.headers.get("Content-Type")).toBe(contentType);
    expect(shell.out.text).toContain(`a: revision 7, created, ${Buffer.byteLength(body)} byte`);
  });

  it("stores bytes of a file as they are", async () => {
    const bytes = Uint8Array.of(0, 255, 254);
    const shell = new Shell({ respond: written, files: { "a.bin": bytes } });
    expect(await shell.run("put", "a", "@a.bin")).toBe(0);
    expect([...(shell.bodies[0] ?? [])]).toEqual([...bytes]);
    expect(shell.sent[0]?.headers.get("Content-Type")).toBe("application/octet-stream");
  });

  it.each([
    [["--if-revision", "6"], { "If-Match": '"6"', "If-None-Match": null }],
    [["--if-absent"], { "If-Match": null, "If-None-Match": "*" }],
    [["--if-present"], { "If-Match": "*", "If-None-Match": null }],
    [["--idempotency-key", "mine"], { "Idempotency-Key": "mine" }],
  ])("says its conditions: %s", async (options, headers) => {
    const shell = new Shell({ respond: written });
    expect(await shell.run("put", "a", "1", ...options)).toBe(0);
    const [sent] = shell.sent;
    for (const [name, value] of Object.entries(headers)) {
      expect(sent?.headers.get(name), name).toBe(value);
    }
  });

  it("says for how long", async () => {
    const shell = new Shell({ respond: written });
    expect(await shell.run("put", "a", "1", "--ttl", "1h")).toBe(0);
    expect(shell.sent[0]?.url.search).toBe("?ttl_ms=3600000");
  });

  it.each([
    [["1", "--if-absent", "--if-revision", "7"], "exclude one another"],
    [["x", "--type", "json"], "is no JSON"],
    [["x", "--type", "picture"], "is no type"],
    [["@nowhere"], "nowhere cannot be read: there is no such file"],
    [["1", "2"], "too many arguments"],
  ])("refuses what makes no sense: %s", async (args, advice) => {
    const shell = new Shell();
    expect(await shell.run("put", "a", ...args)).toBe(2);
    expect(shell.err.text).toContain(advice);
    expect(shell.sent).toEqual([]);
  });

  it("tells programs", async () => {
    const shell = new Shell({ respond: written });
    expect(await shell.run("put", "a", "1", "--json")).toBe(0);
    expect(JSON.parse(shell.out.text)).toMatchObject({
      ...{ key: "a", revision: 7, created: true, contentType: "application/json" },
      receipt: { bookmark: "1.a-7" },
    });
  });
});

describe("delete", () => {
  it.each([
    [{ key: "a", revision: 8, deleted: true }, "a: deleted at revision 8\n"],
    [{ key: "a", revision: null, deleted: false }, "a: there was nothing to delete\n"],
  ])("says what became of it: %s", async (body, told) => {
    const shell = new Shell({ respond: () => json(body) });
    expect(await shell.run("del", "a", "--if-revision", "7")).toBe(0);
    expect(shell.out.text).toBe(told);
    expect(shell.sent[0]?.headers.get("If-Match")).toBe('"7"');
  });
});

describe("list", () => {
  const keys = [
    { key: "a", revision: 7, value: { n: 1 }, encoding: "json", contentType: "application/json" },
    { key: "日本\n", revision: 123, value: "x\ny", encoding: "text", contentType: "text/plain" },
    { key: "c", revision: 9, value: "/w==", encoding: "base64", contentType: "image/png" },
  ];
  const bare = keys.map(({ key, revision }) => ({ key, revision }));

  it("aligns its columns, whatever the keys are made of", async () => {
    const shell = new Shell({ respond: () => json({ keys: bare, cursor: null }) });
    expect(await shell.run("list")).toBe(0);
    expect(shell.out.text).toBe(
      "KEY     REVISION\na              7\n日本\\n       123\nc              9\n",
    );
    expect(shell.sent[0]?.url.search).toBe("?limit=1000");
  });

  it("shows values in a line each", async () => {
    const shell = new Shell({ respond: () => json({ keys, cursor: null }) });
    expect(await shell.run("ls", "--values", "--group", "g", "--reverse")).toBe(0);
    expect(shell.out.text.split("\n").map((line) => line.replace(/^\S+ +\S+ {2}/, ""))).toEqual(
      ["VALUE", '{"n":1}', "x\\ny", "<1 byte of image/png: ff>"].concat(""),
    );
    const { searchParams } = shell.sent[0]?.url ?? new URL("http://none");
    expect(Object.fromEntries(searchParams)).toEqual({
      ...{ group: "g", reverse: "true", values: "true", limit: "1000" },
    });
  });

  it("cuts the last column where a terminal ends", async () => {
    const long = [{ ...keys[0], value: "x".repeat(100) }];
    const shell = new Shell({
      respond: () => json({ keys: long, cursor: null }),
      isTerminal: true,
    });
    await shell.run("list", "--values");
    const [, row = ""] = shell.out.text.split("\n");
    expect(row).toHaveLength(80);
    expect(row).toMatch(/x…$/);
    expect(shell.err.text).toContain("1 key, strong, from weur");
  });

  it("goes through all pages", async () => {
    const shell = new Shell({
      respond: (_, count) => json({ keys: bare, cursor: count < 3 ? `c${count}` : null }),
    });
    expect(await shell.run("list", "--json")).toBe(0);
    expect(shell.out.text.trim().split("\n")).toHaveLength(9);
    expect(shell.sent.map(({ url }) => url.searchParams.get("cursor"))).toEqual([null, "c1", "c2"]);
  });

  it("says where a list goes on that was limited", async () => {
    const shell = new Shell({ respond: () => json({ keys: bare, cursor: "c" }) });
    expect(await shell.run("list", "x/", "--limit", "3")).toBe(0);
    expect(shell.err.text).toBe("More follow: --cursor 'c'\n");
    expect(shell.sent.map(({ url }) => url.search)).toEqual(["?prefix=x%2F&limit=3"]);
  });

  it("gives programs a line a key, bytes as base64", async () => {
    const shell = new Shell({ respond: () => json({ keys, cursor: null }) });
    expect(await shell.run("list", "--values", "--json")).toBe(0);
    const lines = shell.out.text.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { key: "a", value: { n: 1 }, encoding: "json" },
      { key: "日本\n", value: "x\ny" },
      { key: "c", value: "/w==", encoding: "base64" },
    ]);
  });
});
