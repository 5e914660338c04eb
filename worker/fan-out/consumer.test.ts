/** The consumer, against replicas that take in, fail and hang as told. Time is the test's own. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FanOut, FanOutMessage, ReplicaRef } from "../../shared/replica/feed.ts";
import { logIndex, ms, region } from "../../shared/types.ts";
import type { Env } from "../context.ts";
import { APPLY_PATIENCE_MS, APPLY_REST_MS } from "../replicas/limits.ts";
import { consume, DEAD_LETTERS } from "./consumer.ts";

let calls: { name: string; batch: readonly FanOut[] }[];
let failing: Map<string, "fails" | "hangs">;

const env = {
  REPLICA: {
    getByName: (name: string) => ({
      apply(_: ReplicaRef, batch: readonly FanOut[]) {
        calls.push({ name, batch });
        const how = failing.get(name);
        if (how === "fails") return Promise.reject(new Error("told to fail"));
        return how === "hangs" ? new Promise(() => {}) : Promise.resolve([]);
      },
    }),
  },
} as unknown as Env;

let namespaces = 0;
let namespace: string;

function body(group: string): FanOutMessage {
  const replicas = ["weur", "apac"].map(region);
  return {
    version: 1,
    namespace: { namespace, members: [region("weur")], replicas, historyMs: ms(600_000) },
    group,
    entries: [],
    through: logIndex(3),
  };
}

/** Runs a batch of these, and gives what became of each. */
async function run(bodies: readonly unknown[], queue = "holdfast-fanout"): Promise<string[]> {
  const fates = bodies.map(() => "");
  const messages = bodies.map((each, at) => ({
    body: each,
    ack: () => {
      fates[at] = "ack";
    },
    retry: ({ delaySeconds = 0 } = {}) => {
      fates[at] = `retry ${delaySeconds}`;
    },
  }));
  const ackAll = () => void fates.fill("ack");
  const done = consume({ queue, messages, ackAll } as unknown as MessageBatch, env);
  await vi.advanceTimersByTimeAsync(APPLY_PATIENCE_MS);
  await done;
  return fates;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "error").mockImplementation(() => {});
  calls = [];
  failing = new Map();
  namespace = `ns-${namespaces++}`;
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a batch", () => {
  it("is acknowledged when every region has it, with a call each", async () => {
    expect(await run([body("a"), body("b"), body("a")])).toEqual(["ack", "ack", "ack"]);
    expect(calls.map(({ name }) => name)).toEqual([`${namespace}/weur`, `${namespace}/apac`]);
    expect(calls[0]?.batch.map(({ group }) => group)).toEqual(["a", "b"]);
  });

  it.each(["fails", "hangs"] as const)("comes again where a region %s", async (how) => {
    failing.set(`${namespace}/apac`, how);
    const healthy = {
      ...body("b"),
      namespace: { ...body("b").namespace, replicas: [region("weur")] },
    };
    expect(await run([body("a"), healthy])).toEqual(["retry 10", "ack"]);
    expect(calls.map(({ name }) => name)).toContain(`${namespace}/weur`);
  });

  it("does not wait again for a region that was silent a moment ago", async () => {
    failing.set(`${namespace}/apac`, "hangs");
    await run([body("a")]);
    calls = [];
    const startedAt = Date.now();
    const fates = consume(
      {
        queue: "q",
        messages: [{ body: body("a"), ack() {}, retry() {} }],
      } as unknown as MessageBatch,
      env,
    );
    await fates;
    expect(Date.now()).toBe(startedAt);
    expect(calls.map(({ name }) => name)).toEqual([`${namespace}/weur`]);
    failing.clear();
    await vi.advanceTimersByTimeAsync(APPLY_REST_MS);
    expect(await run([body("a")])).toEqual(["ack"]);
  });

  it("comes again where it cannot be read: newer code may", async () => {
    expect(await run([{ version: 2 }, body("a")])).toEqual(["retry 10", "ack"]);
  });
});

describe("dead letters", () => {
  it("are told to every region as notices, logged once and done with", async () => {
    failing.set(`${namespace}/apac`, "fails");
    expect(await run([body("a"), null, body("b")], DEAD_LETTERS)).toEqual(["ack", "ack", "ack"]);
    expect(calls[0]?.batch).toEqual(
      ["a", "b"].map((group) => ({ group, entries: [], through: 3 })),
    );
    const said = vi.mocked(console.error).mock.calls.map(([line]) => String(line));
    expect(said.filter((line) => line.includes("gave messages up"))).toHaveLength(1);
    expect(said.at(-1)).toContain('"count":3,"unreadable":1');
    expect(said.at(-1)).toContain(`${namespace}/apac`);
  });
});
