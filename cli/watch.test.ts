/** `watch`: changes, a line each. */
import { expect, it } from "vitest";
import { Feed, problem } from "../client/fixture.ts";
import { Shell } from "./fixture.ts";
import { Interrupted } from "./io.ts";

const put = (key: string, revision: number, value: unknown, contentType = "application/json") => ({
  ...{ key, revision, value, contentType },
  encoding: contentType === "application/json" ? "json" : "text",
});

/** A service that tells these changes, and is silent then. */
function telling(...changes: readonly (readonly [event: string, data: object])[]) {
  return () => {
    const feed = new Feed();
    feed.push(": watching\nretry: 1000\nid: 10\n\n");
    for (const [at, [event, data]] of changes.entries()) feed.event(event, `${11 + at}`, data);
    return feed.response;
  };
}

const CHANGES = telling(
  ["put", put("a", 11, { n: 1 })],
  ["delete", { key: "a", revision: 12 }],
  ["put", put("b\n", 13, "x\ny", "text/plain")],
  ["put", { key: "c", revision: 14 }],
);

it("shows a change a line", async () => {
  const shell = new Shell({ respond: CHANGES });
  expect(await shell.run("watch", "--group", "g", "--count", "4")).toBe(0);
  expect(shell.out.text).toBe(
    'put    a 11 {"n":1}\ndelete a 12\nput    b\\n 13 x\\ny\nput    c 14\n',
  );
});

it("gives programs a document a line", async () => {
  const shell = new Shell({ respond: CHANGES });
  expect(await shell.run("watch", "a", "--count", "4", "--json")).toBe(0);
  const lines = shell.out.text.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { type: "put", key: "a", revision: 11, value: { n: 1 }, encoding: "json", position: "11" },
    { type: "delete", key: "a", revision: 12, position: "12" },
    { key: "b\n", value: "x\ny" },
    { key: "c", revision: 14, contentType: null },
  ]);
});

it.each([
  [["a"], "?key=a"],
  [["--key", "a", "--from", "7"], "?key=a&from=7"],
  [["--group", "g", "--prefix", "{g}/x"], "?group=g&prefix=%7Bg%7D%2Fx"],
  [["--prefix", "x", "--no-values"], "?prefix=x&values=false"],
  [["--prefix", ""], "?prefix="],
])("asks for what is to be watched: %s", async (args, query) => {
  const shell = new Shell({ respond: CHANGES });
  expect(await shell.run("watch", ...args, "--count", "1")).toBe(0);
  const asked = new URLSearchParams(query);
  if (!asked.has("values")) shell.sent[0]?.url.searchParams.delete("values");
  expect([...(shell.sent[0]?.url.searchParams ?? [])].sort()).toEqual([...asked].sort());
});

it("goes on behind a position", async () => {
  const shell = new Shell({ respond: CHANGES });
  expect(await shell.run("watch", "a", "--after", "9", "--count", "1")).toBe(0);
  expect(shell.sent[0]?.headers.get("Last-Event-ID")).toBe("9");
});

it("goes on where it was when the connection breaks", async () => {
  const shell = new Shell({
    respond(_, count) {
      const feed = new Feed();
      feed.push("retry: 10\n\n");
      feed.event("put", String(count), put("a", count, count));
      feed.end();
      return feed.response;
    },
  });
  expect(await shell.run("watch", "a", "--count", "3")).toBe(0);
  expect(shell.out.text).toBe("put    a 1 1\nput    a 2 2\nput    a 3 3\n");
  expect(shell.sent.map(({ headers }) => headers.get("Last-Event-ID"))).toEqual([null, "1", "2"]);
});

it("ends by Ctrl-C", async () => {
  const shell: Shell = new Shell({
    respond() {
      shell.world.sleep(5_000).then(() => shell.interrupt(new Interrupted("SIGINT")));
      return CHANGES();
    },
  });
  expect(await shell.run("watch", "a")).toBe(130);
  expect(shell.out.text.split("\n")).toHaveLength(5);
  expect(shell.err.text).toBe("");
});

it("is 3 where the history is no longer kept", async () => {
  const shell = new Shell({ respond: () => problem("revision-compacted") });
  expect(await shell.run("watch", "a", "--from", "1")).toBe(3);
});

it.each([
  [[], "what is watched is one of"],
  [["a", "--group", "g"], "what is watched is one of"],
  [["--prefix", "x", "--from", "7"], "--from is for a key or a group"],
])("is refused where it makes no sense: %s", async (args, advice) => {
  const shell = new Shell();
  expect(await shell.run("watch", ...args)).toBe(2);
  expect(shell.err.text).toContain(advice);
});
