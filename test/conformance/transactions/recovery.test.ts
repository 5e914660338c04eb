/**
 * Recovery: whatever is stopped between any two messages of a commit, the outcome is one, everybody hears it, and
 * contact and alarm each suffice alone (T1, T3, T5).
 */
import { afterEach, describe, expect, it } from "vitest";
import { plant } from "../../../shared/planted.ts";
import { jsonValue } from "../../../shared/transaction/json.ts";
import type { Operation } from "../../../shared/transaction/request.ts";
import { Cluster, DELAY_MS, transact } from "./cluster.ts";

afterEach(() => plant(null));

const GROUPS = ["a", "b", "c"];
const put = (key: string, value: number): Operation => ({
  type: "put",
  key,
  value: jsonValue(value),
  ttlMs: null,
});

const decoder = new TextDecoder();

async function read(cluster: Cluster, key: string): Promise<string | null> {
  const answer = await cluster.ask(key, { type: "get", key, revision: null });
  if (answer.type !== "record") throw new Error(`a read was answered ${JSON.stringify(answer)}`);
  return answer.record === null ? null : decoder.decode(answer.record.value.bytes);
}

async function lookUp(cluster: Cluster, id: string, settle: boolean): Promise<string> {
  const request = { type: "look-up", id: id as never, settle } as const;
  const answer = await cluster.ask("a", request);
  if (answer.type === "looked-up") return answer.found.status;
  return answer.type === "refused" ? answer.code : answer.type;
}

/** Starts a transaction over three groups and stops an object after a while. */
async function stopped(group: string, afterMs: number) {
  const cluster = new Cluster(1);
  const { anchor, ...request } = transact(cluster, {
    operations: GROUPS.map((key) => put(key, 1)),
  });
  const asked = cluster.begin(anchor, request);
  await cluster.pass(afterMs);
  cluster.stop(group);
  await cluster.pass(200);
  return { cluster, request, asked };
}

/** Between all messages and writes: a step falls on each half of a delay. */
const MOMENTS = Array.from({ length: 10 }, (_, at) => at * (DELAY_MS / 2) + 1);

describe.each(GROUPS)("with the object of group %s stopped", (group) => {
  it.each(MOMENTS)("after %i ms, readers find the outcome out", async (afterMs) => {
    const { cluster, request, asked } = await stopped(group, afterMs);
    const values: (string | null)[] = [];
    for (const key of GROUPS) values.push(await read(cluster, key));
    expect(new Set(values).size).toBe(1);
    const status = await lookUp(cluster, request.id, false);
    if (asked.answer?.type === "transacted") expect(values).toEqual(["1", "1", "1"]);
    if (values[0] === "1") expect(status).toBe("committed");
    else expect(["aborted", "transaction-not-found"]).toContain(status);
  });

  it.each(MOMENTS)("after %i ms, alarms find the outcome out", async (afterMs) => {
    const { cluster, request, asked } = await stopped(group, afterMs);
    await cluster.settle();
    const status = await lookUp(cluster, request.id, true);
    expect(["committed", "aborted"]).toContain(status);
    const told = asked.answer?.type === "transacted";
    if (told) expect(status).toBe("committed");
    // Nothing is in doubt any more: reading waits for nobody.
    for (const key of GROUPS) {
      const before = cluster.timeline.now;
      expect(await read(cluster, key)).toBe(status === "committed" ? "1" : null);
      expect(cluster.timeline.now - before).toBe(DELAY_MS);
    }
  });
});

describe("an id that nobody knows", () => {
  it("is not found, and never takes effect once it was settled", async () => {
    const cluster = new Cluster(1);
    const { anchor, ...request } = transact(cluster, { operations: [put("a", 1), put("b", 1)] });
    expect(await lookUp(cluster, request.id, false)).toBe("transaction-not-found");
    expect(await lookUp(cluster, request.id, true)).toBe("aborted");
    const answer = await cluster.ask(anchor, request);
    expect(answer).toMatchObject({ type: "refused", code: "transaction-conflict" });
    expect(await read(cluster, "a")).toBeNull();
  });
});

describe("a participant that cannot be reached", () => {
  it("has the transaction aborted at its deadline, and that is told once it is durable", async () => {
    const cluster = new Cluster(1);
    cluster.loses = (to) => to.startsWith("b@");
    const { anchor, ...request } = transact(cluster, {
      operations: GROUPS.map((key) => put(key, 1)),
    });
    const answer = await cluster.ask(anchor, request);
    expect(answer).toMatchObject({ type: "refused", code: "no-quorum" });
    cluster.loses = () => false;
    for (const key of GROUPS) expect(await read(cluster, key)).toBeNull();
    expect(await lookUp(cluster, request.id, false)).toBe("aborted");
  });
});

describe("64 clients moving money among 10 accounts", () => {
  it("all finish, and the sum stays", async () => {
    const cluster = new Cluster(1);
    const accounts = Array.from({ length: 10 }, (_, at) => `account${at}`);
    for (const key of accounts) {
      const { anchor, ...request } = transact(cluster, { operations: [put(key, 100)] });
      expect((await cluster.ask(anchor, request)).type).toBe("transacted");
    }
    const asked = Array.from({ length: 64 }, (_, at) => {
      const from = accounts[at % 10] ?? "";
      const to = accounts[(at * 7 + 3) % 10] ?? "";
      const key = to === from ? (accounts[(at + 1) % 10] ?? "") : to;
      const { anchor, ...request } = transact(cluster, {
        conditions: [{ type: "at-least", key: from, least: 1 }],
        operations: [
          { type: "add", key: from, by: -1 },
          { type: "add", key, by: 1 },
        ],
      });
      return cluster.begin(anchor, request);
    });
    await cluster.timeline.run(() => asked.every(({ answer }) => answer !== null));
    expect(asked.map(({ answer }) => answer?.type)).toEqual(asked.map(() => "transacted"));
    await cluster.settle();
    let sum = 0;
    for (const key of accounts) sum += Number(await read(cluster, key));
    expect(sum).toBe(1_000);
  });
});

describe("an outcome", () => {
  const DAY_MS = 24 * 3_600_000;

  /** A transaction a day ago, and writes since, so that it is compacted and may be forgotten. */
  async function aDayLater(lose: boolean) {
    const cluster = new Cluster(1);
    const { anchor, ...request } = transact(cluster, { operations: [put("a", 1), put("b", 2)] });
    expect((await cluster.ask(anchor, request)).type).toBe("transacted");
    await cluster.pass(1_000);
    cluster.stop("a");
    if (lose) cluster.loses = (to) => to.startsWith("b@");
    for (const hours of [1, 12, 12, 1]) {
      await cluster.pass(hours * 3_600_000);
      const { anchor: group, ...later } = transact(cluster, { operations: [put("a", hours)] });
      expect((await cluster.ask(group, later)).type).toBe("transacted");
      await cluster.pass(10_000);
    }
    expect(cluster.timeline.now).toBeGreaterThan(DAY_MS);
    return { cluster, request };
  }

  it("is told for a day, is forgotten once all have heard it, and then is too old to say", async () => {
    const { cluster, request } = await aDayLater(false);
    expect(await lookUp(cluster, request.id, false)).toBe("transaction-too-old");
    expect(await lookUp(cluster, request.id, true)).toBe("transaction-too-old");
    // A copy that comes as late as that has no effect.
    expect(await cluster.ask("a", request)).toMatchObject({ code: "transaction-too-old" });
  });

  it("is kept as long as a participant may not have heard it", async () => {
    const { cluster, request } = await aDayLater(true);
    expect(await lookUp(cluster, request.id, false)).toBe("committed");
  });

  it("would be lost to that participant, were it forgotten by its age", async () => {
    plant("outcome-forgotten-by-age");
    const { cluster, request } = await aDayLater(true);
    plant(null);
    expect(await lookUp(cluster, request.id, false)).toBe("transaction-too-old");
  });
});
