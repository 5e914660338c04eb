/** Settings, failures and exit codes: what every command has in common. */
import { describe, expect, it } from "vitest";
import { json, problem } from "../client/fixture.ts";
import { ERRORS, type ErrorCode } from "../shared/errors.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { Shell } from "./fixture.ts";
import { Interrupted } from "./io.ts";

const written = () => json({ key: "a", revision: 7, created: true }, {}, 201);

describe("settings", () => {
  const LOCAL = "http://localhost:8787/v1/default/keys/a";

  it.each<[readonly string[], Readonly<Record<string, string>>, string, string]>([
    [[], {}, LOCAL, "dev"],
    [[], { HOLDFAST_URL: "", HOLDFAST_TOKEN: "", HOLDFAST_NAMESPACE: "" }, LOCAL, "dev"],
    [
      [],
      { HOLDFAST_URL: "https://h.example/x/", HOLDFAST_TOKEN: "t", HOLDFAST_NAMESPACE: "n" },
      "https://h.example/x/v1/n/keys/a",
      "t",
    ],
    [
      ["--url", "http://127.0.0.1:9000", "--token", "mine", "-n", "shop"],
      { HOLDFAST_URL: "https://h.example", HOLDFAST_TOKEN: "t", HOLDFAST_NAMESPACE: "n" },
      "http://127.0.0.1:9000/v1/shop/keys/a",
      "mine",
    ],
    [["--url", "http://[::1]:9"], {}, "http://[::1]:9/v1/default/keys/a", "dev"],
  ])("come from options, else from the environment: %s %s", async (options, env, url, token) => {
    for (const argv of [
      ["put", "a", "1", ...options],
      [...options, "put", "a", "1"],
    ]) {
      const shell = new Shell({ respond: written, env });
      expect(await shell.run(...argv)).toBe(0);
      expect(shell.sent[0]?.url.href).toBe(url);
      expect(shell.sent[0]?.headers.get("Authorization")).toBe(`Bearer ${token}`);
    }
  });

  it.each(["https://h.example", "http://localhost.example", "http://1270.0.0.1.example"])(
    "send the development token to nobody else: %s",
    async (url) => {
      const shell = new Shell({ respond: written });
      expect(await shell.run("put", "a", "1", "--url", url)).toBe(2);
      expect(shell.err.text).toContain("set HOLDFAST_TOKEN");
      expect(shell.sent).toEqual([]);
    },
  );

  it.each(["localhost:8787", "ftp://a", "nonsense"])("refuse %s", async (url) => {
    const shell = new Shell();
    expect(await shell.run("get", "a", "--url", url)).toBe(2);
    expect(shell.err.text).toContain("is no address of a service");
  });
});

describe("exit codes", () => {
  it("are decided for every code of the service", () => {
    const codes = Object.keys(ERRORS) as ErrorCode[];
    const endingWith = (exitCode: number) => codes.filter((code) => exitCodeOf(code) === exitCode);
    expect(endingWith(0)).toEqual([]);
    expect(endingWith(1)).toEqual(["unauthenticated", "forbidden"]);
    expect(endingWith(3)).toContain("revision-compacted");
    expect(endingWith(4)).toContain("lock-lost");
    expect(endingWith(5)).toContain("no-quorum");
    expect(exitCodeOf("made-up-tomorrow" as ErrorCode)).toBe(1);
  });

  it.each([
    ["bad-request", 2],
    ["forbidden", 1],
    ["precondition-failed", 4],
    ["revision-compacted", 3],
  ] as const)("%s is %i, and had no effect", async (code, exitCode) => {
    const shell = new Shell({ respond: () => problem(code) });
    expect(await shell.run("put", "a", "1")).toBe(exitCode);
    expect(shell.err.text).toMatch(new RegExp(`^holdfast: ${code}: it is ${code}\n`));
    expect(shell.err.text).toContain("\nIt had no effect.\n");
    expect(shell.err.text).toContain("\nrequest request.1\n");
    expect(shell.out.text).toBe("");
  });

  it("says of a read nothing about effects", async () => {
    const shell = new Shell({ respond: () => problem("forbidden") });
    expect(await shell.run("get", "a")).toBe(1);
    expect(shell.err.text).not.toContain("effect");
  });
});

describe("no answer", () => {
  it("may have had an effect, and says how to find out", async () => {
    const shell = new Shell({ respond: () => "silence" });
    expect(await shell.run("put", "a", "1", "--timeout", "5s")).toBe(5);
    expect(shell.world.now).toBe(5_000);
    expect(shell.err.text).toContain("It may have taken effect.");
    expect(shell.err.text).toContain("--idempotency-key id-1 has no second effect");
    expect(shell.err.text).not.toContain("It had no effect");
  });

  it("to a transaction names it", async () => {
    const shell = new Shell({
      respond: ({ method }) =>
        method === "POST" ? problem("deadline-exceeded", { id: "01.a" }) : problem("no-quorum"),
    });
    expect(await shell.run("tx", "--put", "a=1", "--timeout", "10s")).toBe(5);
    expect(shell.err.text).toContain("It may have taken effect.\n");
    expect(shell.err.text).toContain("`holdfast transaction '01.a' --settle` says whether it did.");
  });

  it("is told to programs in one document", async () => {
    const shell = new Shell({ respond: () => "silence" });
    expect(await shell.run("put", "a", "1", "--timeout", "5s", "--json")).toBe(5);
    expect(JSON.parse(shell.err.text)).toMatchObject({
      error: { code: "deadline-exceeded", definite: false, idempotencyKey: "id-1" },
    });
  });

  const refused = (code = "ECONNREFUSED") =>
    new TypeError("fetch failed", {
      cause: Object.assign(new Error("connect"), { code }),
    });

  it.each([
    ["ECONNREFUSED", "nobody listens there"],
    ["ENOTFOUND", "there is no such host"],
    ["CERT_HAS_EXPIRED", "its certificate is not good"],
  ])("is final where the service cannot be reached at all: %s", async (code, why) => {
    const shell = new Shell({ respond: () => refused(code) });
    expect(await shell.run("put", "a", "1")).toBe(5);
    expect(shell.sent).toHaveLength(1);
    expect(shell.world.now).toBe(0);
    expect(shell.err.text).toBe(`holdfast: http://localhost:8787 cannot be reached: ${why}
It had no effect.
--url or HOLDFAST_URL names the service; \`npm start\` runs one here.
`);
  });

  it("is tried again where a request may have arrived", async () => {
    const reset = Object.assign(new Error("read"), { code: "ECONNRESET" });
    const shell = new Shell({
      respond: (_, count) =>
        count === 1
          ? new TypeError("fetch failed", { cause: reset })
          : count < 4
            ? refused()
            : written(),
    });
    expect(await shell.run("put", "a", "1")).toBe(0);
    const keys = new Set(shell.sent.map(({ headers }) => headers.get("Idempotency-Key")));
    expect(shell.sent).toHaveLength(4);
    expect(keys.size).toBe(1);
  });

  it("says what is behind a fault of the network", async () => {
    const reset = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    const shell = new Shell({ respond: () => new TypeError("fetch failed", { cause: reset }) });
    expect(await shell.run("get", "a", "--timeout", "1s")).toBe(5);
    expect(shell.err.text).toContain("fetch failed (socket hang up)");
  });
});

describe("an interruption", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("by %s ends with %i", async (signal, exitCode) => {
    const shell: Shell = new Shell({
      respond: () => {
        shell.interrupt(new Interrupted(signal));
        return "silence";
      },
    });
    expect(await shell.run("get", "a")).toBe(exitCode);
    expect(shell.err.text).toBe("");
  });

  it("of a write says that it may have had its effect", async () => {
    const shell: Shell = new Shell({
      respond: () => {
        shell.interrupt(new Interrupted("SIGINT"));
        return "silence";
      },
    });
    expect(await shell.run("put", "a", "1")).toBe(130);
    expect(shell.err.text).toContain("It may have taken effect.");
  });
});
