/** `lock` and `elect`: programs that run while something is held. */
import { describe, expect, it } from "vitest";
import { Feed, json, problem, type Sent } from "../client/fixture.ts";
import { type Setting, Shell, type Started } from "./fixture.ts";
import { Interrupted } from "./io.ts";

const TTL_MS = 10_000;

/** A lock's side of the service: grants token 42, renews and releases it, unless told otherwise. */
const granting =
  (others: Partial<Record<string, (sent: Sent) => Response | "silence">> = {}) =>
  (sent: Sent) => {
    const other = others[sent.method]?.(sent);
    if (other !== undefined) return other;
    if (sent.method === "DELETE") return json({ name: "l", released: true });
    return json({ name: "l", holder: "this", token: 42, expiresAt: "2026-01-01T00:00:00.000Z" });
  };

interface Run {
  readonly shell: Shell;
  readonly program: Started | undefined;
  readonly exitCode: number;
}

async function run(argv: readonly string[], setting: Setting): Promise<Run> {
  let program: Started | undefined;
  const shell = new Shell({
    ...setting,
    onProgram(started) {
      program = started;
      setting.onProgram?.(started);
    },
  });
  const exitCode = await shell.run(...argv);
  return { shell, program, exitCode };
}

const methods = ({ sent }: Shell) => sent.map(({ method }) => method);

describe("lock", () => {
  it("runs a program, gives the lock back, and ends as the program did", async () => {
    const { shell, program, exitCode } = await run(["lock", "a b", "--", "work", "--json", "-x"], {
      respond: granting(),
      env: { PATH: "/bin", HOLDFAST_NAMESPACE: "shop" },
      onProgram: (started) => started.end(7),
    });
    expect(exitCode).toBe(7);
    expect(program?.command).toEqual(["work", "--json", "-x"]);
    expect(program?.env).toEqual({
      PATH: "/bin",
      HOLDFAST_URL: "http://localhost:8787/",
      HOLDFAST_TOKEN: "dev",
      HOLDFAST_NAMESPACE: "shop",
      HOLDFAST_LOCK: "a b",
      HOLDFAST_FENCING_TOKEN: "42",
    });
    expect(methods(shell)).toEqual(["POST", "DELETE"]);
    const [acquired, released] = shell.sent;
    expect(acquired?.url.pathname).toBe("/v1/shop/locks/a%20b");
    expect(acquired?.json).toEqual({ holder: "this", ttlMs: TTL_MS, waitMs: 0 });
    expect(released?.url.search).toBe("?token=42");
    expect(shell.err.text).toBe("");
  });

  it("renews the lock while the program runs", async () => {
    const shell: Shell = new Shell({
      respond: granting(),
      onProgram: (started) => void shell.world.sleep(60_000).then(() => started.end(0)),
    });
    expect(await shell.run("lock", "l", "--ttl", "9s", "--", "work")).toBe(0);
    const renewals = shell.sent.filter(({ method }) => method === "PUT");
    expect(renewals.length).toBeGreaterThanOrEqual(19);
    for (const { json } of renewals) expect(json).toEqual({ token: 42, ttlMs: 9_000 });
  });

  it("stops the program when the lock is lost, and is 4", async () => {
    const { shell, program, exitCode } = await run(["lock", "l", "--", "work"], {
      respond: granting({ PUT: () => problem("lock-lost") }),
      onSignal: (started) => started.end(143),
    });
    expect(exitCode).toBe(4);
    expect(program?.signals).toEqual(["SIGTERM"]);
    expect(shell.err.text).toBe(
      "holdfast: the lock l was lost, it is lock-lost; stopping the program\n",
    );
  });

  it("stops it before others can have the lock, where nobody can say who has it", async () => {
    const shell: Shell = new Shell({
      respond: granting({ PUT: () => "silence", DELETE: () => problem("lock-lost") }),
      onSignal(started) {
        expect(shell.world.now).toBeGreaterThan(TTL_MS / 2);
        expect(shell.world.now).toBeLessThan(TTL_MS);
        started.end(0);
      },
    });
    expect(await shell.run("lock", "l", "--", "work")).toBe(4);
  });

  it("kills a program that does not stop", async () => {
    let lostAt = 0;
    const shell: Shell = new Shell({
      respond: granting({ PUT: () => problem("lock-lost") }),
      onSignal(started, signal) {
        if (signal === "SIGTERM") lostAt = shell.world.now;
        else started.end(137);
      },
    });
    expect(await shell.run("lock", "l", "--", "work")).toBe(4);
    expect(shell.world.now - lostAt).toBeCloseTo(5_000);
  });

  it("is 4 where the lock had been lost as the program ended", async () => {
    const { shell, exitCode } = await run(["lock", "l", "--", "work"], {
      respond: granting({ DELETE: () => problem("lock-lost") }),
      onProgram: (started) => started.end(0),
    });
    expect(exitCode).toBe(4);
    expect(shell.err.text).toBe("holdfast: the lock l was lost before work ended\n");
  });

  it.each([
    ["SIGTERM", true, ["SIGTERM"]],
    ["SIGHUP", false, ["SIGHUP"]],
    ["SIGINT", false, ["SIGINT"]],
    // The terminal has sent it to the program as well.
    ["SIGINT", true, []],
  ] as const)("hands %s on, in a terminal: %s", async (signal, isTerminal, signals) => {
    const shell: Shell = new Shell({
      respond: granting(),
      isTerminal,
      onProgram(started) {
        program = started;
        shell.interrupt(new Interrupted(signal));
        setImmediate(() => started.end(5));
      },
    });
    let program: Started | undefined;
    expect(await shell.run("lock", "l", "--", "work")).toBe(5);
    expect(program?.signals).toEqual(signals);
    expect(methods(shell).at(-1)).toBe("DELETE");
  });

  it("is 4 where another holds it", async () => {
    const { shell, program, exitCode } = await run(["lock", "l", "--", "work"], {
      respond: () => problem("lock-held", { holder: "w2" }),
    });
    expect(exitCode).toBe(4);
    expect(program).toBeUndefined();
    expect(methods(shell)).toEqual(["POST"]);
    expect(shell.err.text).toContain("--wait waits for it.");
  });

  it("waits as long as it is told", async () => {
    const shell = new Shell({ respond: () => problem("lock-held") });
    expect(await shell.run("lock", "l", "--wait", "5m", "--", "work")).toBe(4);
    expect(shell.world.now).toBeGreaterThanOrEqual(300_000);
  });

  it("waits until it is interrupted, and leaves nothing behind", async () => {
    const shell: Shell = new Shell({
      respond(_, count) {
        if (count === 3) shell.interrupt(new Interrupted("SIGINT"));
        return problem("lock-held");
      },
    });
    expect(await shell.run("lock", "l", "--wait", "--", "work")).toBe(130);
  });

  it("is 127 where there is no such program", async () => {
    const { shell, exitCode } = await run(["lock", "l", "--", "wrok"], {
      respond: granting(),
      onProgram: (started) => {
        started.why = "there is no such program";
        started.end(127);
      },
    });
    expect(exitCode).toBe(127);
    expect(shell.err.text).toBe("holdfast: wrok: there is no such program\n");
    expect(methods(shell)).toEqual(["POST", "DELETE"]);
  });

  it("is silent where the program itself ended with 127", async () => {
    const { shell, exitCode } = await run(["lock", "l", "--", "sh"], {
      respond: granting(),
      onProgram: (started) => started.end(127),
    });
    expect(exitCode).toBe(127);
    expect(shell.err.text).toBe("");
  });

  it("shows who holds it", async () => {
    const shell = new Shell({ respond: granting() });
    expect(await shell.run("lock", "l", "--show")).toBe(0);
    expect(shell.out.text).toBe(
      "l is held by this under token 42, until 2026-01-01T00:00:00.000Z unless renewed\n",
    );
    const free = new Shell({ respond: () => problem("not-found") });
    expect(await free.run("lock", "l", "--show")).toBe(3);
    expect(free.out.text).toBe("nobody holds l\n");
  });

  it.each([
    [["lock", "l"], "what is to run under it?"],
    [["lock", "l", "work", "-x"], "unknown option '-x'"],
    [["lock"], "missing required argument 'name'"],
    [["elect", "e"], "what is to run while leading?"],
  ])("is refused where it makes no sense: %s", async (argv, advice) => {
    const shell = new Shell();
    expect(await shell.run(...argv)).toBe(2);
    expect(shell.err.text).toContain(advice);
  });
});

describe("elect", () => {
  it("runs a program while leading", async () => {
    const { shell, program, exitCode } = await run(
      ["elect", "e", "--value", '{"url":"x"}', "--", "work"],
      { respond: granting(), onProgram: (started) => started.end(0) },
    );
    expect(exitCode).toBe(0);
    expect(program?.env).toMatchObject({ HOLDFAST_ELECTION: "e", HOLDFAST_FENCING_TOKEN: "42" });
    expect(shell.sent[0]?.url.pathname).toBe("/v1/default/elections/e");
    expect(shell.sent[0]?.json).toMatchObject({ candidate: "this", value: { url: "x" } });
  });

  it("shows who leads", async () => {
    const body = { name: "e", candidate: "w1", value: { url: "x" }, token: 3, expiresAt: "then" };
    const shell = new Shell({ respond: () => json(body) });
    expect(await shell.run("elect", "e", "--show")).toBe(0);
    expect(shell.out.text).toBe(
      'e is led by w1 under token 3, until then unless renewed; it says {"url":"x"}\n',
    );
    const none = new Shell({ respond: () => problem("not-found") });
    expect(await none.run("elect", "e", "--show", "--json")).toBe(3);
    expect(none.out.text).toBe("null\n");
  });

  it("shows each new leader, until it is interrupted", async () => {
    const shell: Shell = new Shell({
      respond() {
        const feed = new Feed();
        for (const [at, candidate] of ["w1", "w2"].entries()) {
          const leader = { name: "e", candidate, value: null, token: at, expiresAt: "then" };
          feed.event("leader", String(at), leader);
        }
        shell.world.sleep(1_000).then(() => shell.interrupt(new Interrupted("SIGINT")));
        return feed.response;
      },
    });
    expect(await shell.run("elect", "e", "--observe")).toBe(130);
    expect(shell.sent[0]?.url.pathname).toBe("/v1/default/elections/e/observe");
    expect(shell.out.text.match(/led by w\d/g)).toEqual(["led by w1", "led by w2"]);
  });
});
