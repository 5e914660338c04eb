/** `transact` and `transaction`. */
import { describe, expect, it } from "vitest";
import { json, problem } from "../client/fixture.ts";
import { Shell } from "./fixture.ts";

const ID = "01M8421VSGPG7A4ZPMV0CK0YHR.a";
const committed = () => json({ id: ID, succeeded: true, results: [], bookmark: "1.a-7" });

const DOCUMENT = {
  if: [
    { key: "stock=1", revision: 12 },
    { key: "cart", exists: false },
    { key: "user", exists: true },
    { key: "a", atLeast: 30 },
    { key: "mode", equals: "open" },
    { key: "limits", equals: { most: 1 } },
    { lock: "billing", token: 42 },
    { election: "scheduler", token: 43 },
  ],
  then: [
    { op: "add", key: "a", by: -30 },
    {
      op: "put",
      key: "b",
      value: "x=y",
      encoding: "text",
      contentType: "text/plain; charset=utf-8",
    },
    { op: "put", key: "c", value: [1], encoding: "json", contentType: "application/json" },
    {
      op: "put",
      key: "d",
      value: "/w==",
      encoding: "base64",
      contentType: "application/octet-stream",
    },
    { op: "delete", key: "e" },
    { op: "append", key: "log", values: [{ n: 1 }] },
    { op: "get", key: "f" },
  ],
  else: [{ op: "get", key: "a" }],
};

const OPTIONS = [
  ...["--if-revision", "stock=1=12", "--if-absent", "cart", "--if-present", "user"],
  ...["--if-at-least", "a=30", "--if-equals", "mode=open", "--if-equals", 'limits={"most":1}'],
  ...["--if-lock", "billing=42", "--if-leader", "scheduler=43"],
  ...["--add", "a=-30", "--put", "b=x=y", "--put", "c=[1]", "--put", "d=@bytes", "--delete", "e"],
  ...["--append", 'log={"n":1}', "--get", "f", "--else-get", "a"],
];

describe("a transaction", () => {
  it("is made of options, in their order", async () => {
    const shell = new Shell({ respond: committed, files: { bytes: Uint8Array.of(255) } });
    expect(await shell.run("transact", ...OPTIONS)).toBe(0);
    expect(shell.sent[0]?.json).toEqual({ ...DOCUMENT, explain: false, deadlineMs: 5_000 });
  });

  it.each([
    ["a file", ["tx.json"], { files: { "tx.json": JSON.stringify(DOCUMENT) } }],
    ["standard input", ["-"], { input: JSON.stringify(DOCUMENT) }],
  ])("is a document: %s", async (_, args, setting) => {
    const shell = new Shell({ respond: committed, ...setting });
    expect(await shell.run("tx", ...args)).toBe(0);
    expect(shell.sent[0]?.json).toEqual({ ...DOCUMENT, explain: false, deadlineMs: 5_000 });
    expect(shell.out.text).toBe(`committed ${ID}\n`);
  });

  it("takes its deadline and its key from the options, or the document", async () => {
    const document = JSON.stringify({ then: [{ op: "delete", key: "a" }], deadlineMs: 700 });
    const shell = new Shell({ respond: committed, input: document });
    await shell.run("tx", "-", "--idempotency-key", "mine");
    await shell.run("tx", "-", "--deadline", "2s");
    expect(shell.sent.map((sent) => (sent.json as { deadlineMs: number }).deadlineMs)).toEqual([
      700, 2_000,
    ]);
    expect(shell.sent[0]?.headers.get("Idempotency-Key")).toBe("mine");
  });

  it("tells what it read and wrote", async () => {
    const results = [
      {
        op: "add",
        key: "a",
        revision: 7,
        value: 30,
        encoding: "json",
        contentType: "application/json",
      },
      { op: "get", key: "no", revision: null },
      {
        op: "get",
        key: "pic",
        revision: 1,
        value: "/w==",
        encoding: "base64",
        contentType: "image/png",
      },
      { op: "delete", key: "gone", revision: null },
      { op: "put", key: "x", revision: 3 },
    ];
    const trace = [{ atMs: 12, group: "a", event: "outcome appended" }];
    const body = { id: ID, succeeded: true, results, trace, bookmark: "1.a-7" };
    const shell = new Shell({ respond: () => json(body) });
    await shell.run("tx", "--explain", "--get", "a");
    expect(shell.out.text).toBe(`committed ${ID}
OP      KEY   REVISION  VALUE
add     a            7  30
get     no           -  absent
get     pic          1  <1 byte of image/png: ff>
delete  gone         -  there was nothing to delete
put     x            3

MS  GROUP  EVENT
12  a      outcome appended
`);
    const program = new Shell({ respond: () => json(body) });
    await program.run("tx", "--json", "--get", "a");
    expect(JSON.parse(program.out.text)).toMatchObject({
      ...{ id: ID, succeeded: true, trace },
      results: [{ value: 30 }, { value: null }, { value: "/w==", encoding: "base64" }, {}, {}],
    });
  });

  it("says which condition failed, and is 4", async () => {
    const failed = [
      { condition: 0, key: "a", revision: 3 },
      { condition: 1, key: "b", revision: null },
      { condition: 2, lock: "l", token: 9, revision: null },
      { condition: 3, election: "e", token: null, revision: null },
    ];
    const body = { id: ID, succeeded: false, results: [], failed, bookmark: "1.a-7" };
    const shell = new Shell({ respond: () => json(body) });
    const code = await shell.run(
      ...[
        "tx",
        "--if-at-least",
        "a=1",
        "--if-present",
        "b",
        "--if-lock",
        "l=8",
        "--if-leader",
        "e=8",
      ],
      ...["--put", "a=1"],
    );
    expect(code).toBe(4);
    expect(shell.out.text).toBe(`nothing changed, a condition failed ${ID}
  condition 0: {"key":"a","atLeast":1}; a is at revision 3
  condition 1: {"key":"b","exists":true}; b is absent
  condition 2: {"lock":"l","token":8}; lock l: it is held under token 9
  condition 3: {"election":"e","token":8}; election e: nobody holds it
`);
  });

  it.each([
    [[], {}, "a transaction is a file"],
    [["-"], { input: "[]" }, "holds no JSON object"],
    [["-"], { input: "{" }, "holds no JSON object"],
    [["-"], { input: '{"when":[]}' }, '"when" is no part of a transaction'],
    [["-"], { input: '{"if":{}}' }, '"if" is an array'],
    [["-", "--get", "a"], { input: "{}" }, "not in both"],
    [["nowhere"], {}, "nowhere cannot be read"],
    [["--add", "a"], {}, "It is a key and a number"],
    [["--add", "a="], {}, "It is a key and a number"],
    [["--add", "=1"], {}, "It is a key and a number"],
    [["--put", "a"], {}, "It is a key and a value"],
  ])("is refused where it makes no sense: %s %s", async (args, setting, advice) => {
    const shell = new Shell(setting);
    expect(await shell.run("transact", ...args)).toBe(2);
    expect(shell.err.text).toContain(advice);
    expect(shell.sent).toEqual([]);
  });

  it("says what the service finds wrong, and where", async () => {
    const errors = [{ path: "then.0.by", message: "must be an integer" }];
    const shell = new Shell({ respond: () => problem("bad-request", { errors }) });
    expect(await shell.run("tx", "--add", "a=0.5")).toBe(2);
    expect(shell.err.text).toContain("\n  then.0.by: must be an integer\nIt had no effect.\n");
  });
});

describe("what became of one", () => {
  it.each([
    [{ status: "committed", succeeded: true, results: [] }, 0, `committed ${ID}\n`],
    [{ status: "pending" }, 0, "pending; --settle decides it\n"],
    [{ status: "aborted" }, 4, "aborted, it has no effect and never will\n"],
    [
      { status: "aborted", reason: { code: "transaction-conflict", detail: "others were older" } },
      4,
      "aborted, it has no effect and never will: others were older\n",
    ],
  ])("is told: %j", async (status, code, text) => {
    const shell = new Shell({ respond: () => json({ id: ID, ...status }) });
    expect(await shell.run("transaction", ID)).toBe(code);
    expect(shell.out.text).toBe(text);
    expect(shell.sent[0]?.url.search).toBe("");
  });

  it("is settled on request", async () => {
    const shell = new Shell({ respond: () => json({ id: ID, status: "aborted" }) });
    expect(await shell.run("transaction", ID, "--settle", "--json")).toBe(4);
    expect(shell.sent[0]?.url.search).toBe("?settle=true");
    expect(JSON.parse(shell.out.text)).toMatchObject({ id: ID, status: "aborted" });
  });
});
