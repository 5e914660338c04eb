/** The command line as people type it: processes, against the service as `npm start` serves it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, Service } from "../cluster/service.ts";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const bin = path.join(root, "cli/bin.mjs");

let folder: string;
let service: Service;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "holdfast-cli-"));
  service = await Service.start(path.join(folder, "state"), await freePort());
});

afterAll(async () => {
  await service.kill();
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

class Command {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #out = "";

  constructor(args: readonly string[], input: string | Uint8Array | null = "") {
    const env = { ...process.env, HOLDFAST_URL: service.url };
    const child = spawn(process.execPath, [bin, ...args], { cwd: folder, env, stdio: "pipe" });
    if (input !== null) child.stdin.end(input);
    let err = "";
    child.stdout.on("data", (chunk: Buffer) => {
      this.#out += chunk;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk;
    });
    this.child = child;
    this.ended = once(child, "close").then(([code]) => ({ code, out: this.#out, err }));
  }

  /** Ends as soon as the output has this in it. */
  async says(word: string): Promise<void> {
    while (!this.#out.includes(word)) {
      const heard = once(this.child.stdout as NodeJS.EventEmitter, "data");
      const ended = await Promise.race([heard.then(() => null), this.ended]);
      if (ended !== null) throw new Error(`it ended without ${word}: ${JSON.stringify(ended)}`);
    }
  }
}

const holdfast = (...args: readonly string[]) => new Command(args).ended;

const done = (out: string): Ended => ({ code: 0, out, err: "" });

describe("keys", () => {
  it("are written, read, listed and deleted", async () => {
    const put = await holdfast("put", "users/42", '{"name":"Ada"}');
    expect(put).toEqual(done("users/42: revision 1, created, 14 bytes of application/json\n"));
    expect(await holdfast("get", "users/42")).toEqual(done('{"name":"Ada"}'));
    const refused = await holdfast("put", "users/42", "1", "--if-absent");
    expect(refused).toMatchObject({ code: 4, out: "" });
    expect(refused.err).toContain(
      "precondition-failed: the key is at revision 1\nIt had no effect.",
    );
    const listed = await holdfast("list", "--group", "users/42", "--values", "--json");
    expect(JSON.parse(listed.out)).toMatchObject({ key: "users/42", value: { name: "Ada" } });
    expect((await holdfast("delete", "users/42")).out).toMatch(/^users\/42: deleted at revision/);
    expect((await holdfast("get", "users/42")).code).toBe(3);
    expect(await holdfast("get", "users/42", "--revision", "1")).toEqual(done('{"name":"Ada"}'));
  });

  it("take their values from files and standard input, to the byte", async () => {
    await writeFile(path.join(folder, "value.bin"), Uint8Array.of(0, 255, 10));
    expect((await holdfast("put", "bin", "@value.bin")).code).toBe(0);
    const { out } = await holdfast("get", "bin", "--json");
    expect(JSON.parse(out)).toMatchObject({ value: "AP8K", encoding: "base64" });
    expect((await new Command(["put", "in"], "hello\n").ended).out).toContain(
      "6 bytes of text/plain",
    );
    expect((await holdfast("get", "in")).out).toBe("hello\n");
  });
});

it("runs transactions, and says how the group stands", async () => {
  await holdfast("transact", "--put", "a=100");
  const move = ["transact", "--if-at-least", "a=70", "--add", "a=-70", "--add", "b=70"];
  expect((await holdfast(...move, "--json")).code).toBe(0);
  const again = await holdfast(...move, "--else-get", "a");
  expect(again.code).toBe(4);
  expect(again.out).toMatch(/^nothing changed, a condition failed .*\n.*atLeast.*a is at revision/);
  expect(again.out).toMatch(/get +a +\d+ +30\n$/);
  const group = await holdfast("group", "a");
  expect(group.code).toBe(0);
  expect(group.out).toMatch(/^a is led from wnam in term/);
});

it("follows changes, until it is interrupted", async () => {
  const both = holdfast("watch", "news", "--from", "1", "--count", "2");
  const endless = new Command(["watch", "news", "--from", "1"]);
  await holdfast("put", "news", "first");
  await holdfast("put", "news", "second");
  expect((await both).out).toMatch(/^put {4}news \d+ first\nput {4}news \d+ second\n$/);
  await endless.says("second");
  endless.child.kill("SIGINT");
  expect(await endless.ended).toMatchObject({ code: 130, err: "" });
});

describe("lock", () => {
  it("has programs run one after the other, and their writes fenced", async () => {
    const script = `
      echo "got $HOLDFAST_FENCING_TOKEN"
      "${process.execPath}" "${bin}" transact --if-lock once=$HOLDFAST_FENCING_TOKEN --add runs=1
      exit 7`;
    const first = new Command(["lock", "once", "--", "sh", "-c", script]);
    expect(await first.ended).toMatchObject({ code: 7, out: expect.stringContaining("got 1\n") });
    const holding = new Command(["lock", "once", "--", "sh", "-c", "echo go; read _"], null);
    await holding.says("go");
    expect(await holdfast("lock", "once", "--", "true")).toMatchObject({
      code: 4,
      err: expect.stringContaining("lock-held"),
    });
    const waiting = holdfast(
      "lock",
      "once",
      "--wait",
      "--",
      "sh",
      "-c",
      "echo $HOLDFAST_FENCING_TOKEN",
    );
    // A token of the past changes nothing.
    expect((await holdfast("transact", "--if-lock", "once=1", "--add", "runs=1")).code).toBe(4);
    holding.child.stdin?.end("\n");
    const { code, out } = await waiting;
    expect(code).toBe(0);
    expect(Number(out)).toBeGreaterThan(1);
    expect((await holdfast("get", "runs")).out).toBe("1");
    expect((await holdfast("lock", "once", "--show")).code).toBe(3);
  });

  it("stops a program that has lost it", async () => {
    const sleeping = ["--", "sh", "-c", "echo go; exec sleep 60"];
    const loser = new Command(["lock", "taken", "--holder", "w", "--ttl", "2s", ...sleeping]);
    await loser.says("go");
    // The same holder is granted it anew, and what it was before is fenced out.
    expect((await holdfast("lock", "taken", "--holder", "w", "--", "true")).code).toBe(0);
    expect(await loser.ended).toMatchObject({
      code: 4,
      err: expect.stringContaining("holdfast: the lock taken was lost, "),
    });
  });
});

it("runs by npm from any folder, whose files are meant", async () => {
  await writeFile(path.join(folder, "v.json"), "[1]");
  const env = { ...process.env, HOLDFAST_URL: service.url };
  const args = ["--silent", "--prefix", root, "run", "cli", "--", "put", "npm", "@v.json"];
  const child = spawn("npm", args, { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
  expect(await text(child.stdout)).toBe("npm: revision 1, created, 3 bytes of application/json\n");
});

it("says at once that nobody is there", async () => {
  const startedAt = performance.now();
  const { code, err } = await holdfast("put", "a", "1", "--url", "http://127.0.0.1:9999");
  expect(code).toBe(5);
  expect(err).toContain("nobody listens there\nIt had no effect.");
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});
