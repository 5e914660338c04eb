/** The host over ports whose disk and network do nothing until they are told to. */
import { describe, expect, it } from "vitest";
import { Host } from "../../shared/host/host.ts";
import type { Ports } from "../../shared/host/ports.ts";
import type { GroupRequest } from "../../shared/member/request.ts";
import type { PeerMessage, PeerReply } from "../../shared/raft/messages.ts";
import { TERM_ZERO, type Term } from "../../shared/raft/term.ts";
import {
  type Incarnation,
  type Instant,
  logIndex,
  ms,
  type Region,
  type RequestId,
  region,
} from "../../shared/types.ts";
import { NodeSql } from "../../sim/node-sql.ts";

const WEUR = region("weur");
const WNAM = region("wnam");
const ENAM = region("enam");
const TERM = { block: 1, wake: 1 } as unknown as Term;

/** A promise that somebody else keeps or breaks. */
class Pending<T> {
  resolve: (value: T) => void = () => {};
  reject: (reason: Error) => void = () => {};
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

class ManualPorts implements Ports {
  readonly sql = new NodeSql();
  readonly incarnation = "life-1" as Incarnation;
  readonly log: string[] = [];
  #confirms: Pending<void>[] = [];
  #calls: Pending<PeerReply>[] = [];

  confirm(): Promise<void> {
    const pending = new Pending<void>();
    this.#confirms.push(pending);
    return pending.promise;
  }

  now(): Instant {
    return 1_000 as Instant;
  }

  call(to: Region, message: PeerMessage): Promise<PeerReply> {
    this.log.push(`${message.type} to ${to}`);
    const pending = new Pending<PeerReply>();
    this.#calls.push(pending);
    return pending.promise;
  }

  relay(): Promise<never> {
    return Promise.reject(new Error("nobody is there"));
  }

  ask(): Promise<never> {
    return Promise.reject(new Error("there is no other group"));
  }

  setAlarm(at: Instant): void {
    this.log.push(`alarm at ${at}`);
  }

  setTimer(at: Instant | null): void {
    this.log.push(`timer ${at}`);
  }

  abort(reason: unknown): never {
    this.log.push(`aborted: ${reason}`);
    throw reason;
  }

  /** Whether the disk has been asked to confirm something it has not. */
  get unconfirmed(): boolean {
    return this.#confirms.length > 0;
  }

  /** The disk confirms what it was asked to so far. */
  confirmAll(): Promise<void> {
    for (const pending of this.#confirms.splice(0)) pending.resolve();
    return settled();
  }

  failDisk(): Promise<void> {
    for (const pending of this.#confirms.splice(0)) pending.reject(new Error("the disk failed"));
    return settled();
  }

  failCalls(): Promise<void> {
    for (const pending of this.#calls.splice(0)) pending.reject(new Error("the network failed"));
    return settled();
  }
}

/** Lets every promise that is settled be heard. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await Promise.resolve();
}

const caller = { deadlineMs: ms(10_000), unreachable: [] };

function start(members: readonly Region[], self = WEUR) {
  const ports = new ManualPorts();
  const group = { namespace: "ns", group: "g", members, self, historyMs: ms(600_000) };
  return { ports, host: new Host(group, ports) };
}

const get = (key: string): GroupRequest => ({ type: "get", key, revision: null });

const put = (key: string, ttlMs: number | null = null): GroupRequest => ({
  type: "write",
  id: `put-${key}` as RequestId,
  copy: false,
  idempotency: null,
  conditions: [],
  operations: [
    {
      type: "put",
      key,
      value: { bytes: new Uint8Array([1]), contentType: "text/plain" },
      ttlMs: ttlMs === null ? null : ms(ttlMs),
    },
  ],
});

/** Notes when a promise is kept. */
function watch<T>(promise: T | Promise<T>): { value: T | null } {
  const seen: { value: T | null } = { value: null };
  void Promise.resolve(promise).then((value) => {
    seen.value = value;
  });
  return seen;
}

describe("the host", () => {
  it("answers a read in the turn it came in (L2)", () => {
    const { host } = start([WEUR]);
    expect(host.serve([get("a")], caller)).toMatchObject([{ type: "record", record: null }]);
  });

  it("tells of a write once the disk has confirmed it (R4)", async () => {
    const { host, ports } = start([WEUR]);
    const answers = watch(host.serve([put("a")], caller));
    await settled();
    expect(answers.value).toBeNull();
    await ports.confirmAll();
    expect(answers.value).toMatchObject([{ type: "written" }]);
  });

  it("gives the answers of one call together, each in its place", async () => {
    const { host, ports } = start([WEUR]);
    const answers = watch(host.serve([put("a"), get("a"), put("b")], caller));
    await ports.confirmAll();
    expect(answers.value).toMatchObject([
      { type: "written", receipt: { index: 1 } },
      { type: "record", record: null },
      { type: "written", receipt: { index: 2 } },
    ]);
  });

  it("writes what comes while the disk is busy, and has that confirmed in its turn", async () => {
    const { host, ports } = start([WEUR]);
    const first = watch(host.serve([put("a")], caller));
    const second = watch(host.serve([put("b")], caller));
    await ports.confirmAll();
    expect([first.value, second.value]).toMatchObject([
      [{ receipt: { index: 1 } }],
      [{ receipt: { index: 2 } }],
    ]);
  });

  it("asks the disk for nothing where nothing was written", () => {
    const { host, ports } = start([WEUR]);
    host.serve([get("a")], caller);
    expect(ports.unconfirmed).toBe(false);
  });

  it("of a group of one sets no timer, and an alarm where a time to live runs", async () => {
    const { host, ports } = start([WEUR]);
    host.serve([put("a"), get("a")], caller);
    await ports.confirmAll();
    expect(ports.log).toEqual([]);
    host.serve([put("b", 500)], caller);
    expect(ports.log).toEqual(["alarm at 1500"]);
  });

  it("is done with an alarm when what it did is durable", async () => {
    const { host, ports } = start([WEUR]);
    host.serve([put("a", 0)], caller);
    await ports.confirmAll();
    const rung = watch(host.alarm().then(() => "done"));
    await settled();
    expect(rung.value).toBeNull();
    await ports.confirmAll();
    expect(rung.value).toBe("done");
  });

  it("replies to another member once everything written before is durable (R4)", async () => {
    const { host, ports } = start([WEUR, WNAM, ENAM], WNAM);
    const leader = {
      from: WEUR,
      term: TERM,
      incarnation: "l" as Incarnation,
      commitIndex: logIndex(0),
    };
    const entry = {
      index: logIndex(1),
      term: TERM,
      at: 1_000 as Instant,
      request: null,
      effects: [],
      outcome: null,
      idempotency: null,
    };
    const append: PeerMessage = {
      ...leader,
      type: "append",
      round: 0,
      prevIndex: logIndex(0),
      prevTerm: TERM_ZERO,
      entries: [entry],
    };
    const renew: PeerMessage = {
      ...leader,
      type: "renew",
      round: 1,
      lastIndex: logIndex(1),
      lastTerm: TERM,
    };
    const appended = watch(host.receive(append));
    // It writes nothing, but tells of the entry before.
    const renewed = watch(host.receive(renew));
    await settled();
    expect([appended.value, renewed.value]).toEqual([null, null]);
    await ports.confirmAll();
    expect(appended.value).toMatchObject({ type: "accepted", round: 0, match: 1 });
    expect(renewed.value).toMatchObject({ type: "accepted", round: 1, match: 1 });
  });

  it("sets a timer while somebody waits, and none when nobody does (L3)", () => {
    const { host, ports } = start([WEUR, WNAM, ENAM]);
    void host.serve([get("a")], caller);
    expect(ports.log).toEqual(["renew to wnam", "renew to enam", "timer 1250"]);
  });

  it("goes on when a call fails", async () => {
    const { host, ports } = start([WEUR, WNAM, ENAM]);
    const answers = watch(host.serve([get("a")], caller));
    await ports.failCalls();
    expect(answers.value).toBeNull();
    expect(ports.log.filter((line) => line.startsWith("aborted"))).toEqual([]);
  });

  it("ends its life where the disk fails, and answers nobody", async () => {
    const { host, ports } = start([WEUR]);
    const answers = watch(host.serve([put("a")], caller));
    await ports.failDisk();
    expect(ports.log).toEqual(["aborted: Error: the disk failed"]);
    expect(answers.value).toBeNull();
  });

  it("ends its life where an invariant is broken (R1)", async () => {
    const { host, ports } = start([WEUR, WNAM, ENAM]);
    const another: PeerMessage = {
      type: "renew",
      from: WNAM,
      term: TERM,
      incarnation: "l" as Incarnation,
      round: 0,
      commitIndex: logIndex(0),
      lastIndex: logIndex(0),
      lastTerm: TERM_ZERO,
    };
    await expect(host.receive(another)).rejects.toThrow(/^R1/);
    expect(ports.log).toEqual([expect.stringMatching(/^aborted: Violation: R1/)]);
  });
});
