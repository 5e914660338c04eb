/**
 * Locks on virtual time: tokens grow, nothing expires early, waiters come in order, stale holders are fenced out
 * (K1, K2, K3), and what it costs.
 */
import { afterEach, describe, expect, it } from "vitest";
import {
  CLOCKS_APART_MS,
  LOCK_TTL_MS_DEFAULT,
  QUEUE_GAP_MS,
  QUEUE_TURN_MS,
} from "../../../shared/limits.ts";
import { internalKey } from "../../../shared/lock/key.ts";
import { countedMs, type Lock, lockIn } from "../../../shared/lock/lock.ts";
import type { LockRequest } from "../../../shared/lock/request.ts";
import type { Answer } from "../../../shared/member/request.ts";
import { type Mistake, plant } from "../../../shared/planted.ts";
import { jsonValue } from "../../../shared/transaction/json.ts";
import { logIndex, ms, type RequestId } from "../../../shared/types.ts";
import { Cluster, transact } from "../transactions/cluster.ts";

afterEach(() => plant(null));

const NAME = "a";
const KEY = internalKey("lock", NAME);
const TTL_MS = 1_000;

let requests = 0;

const about = (waitMs = 0) =>
  ({
    type: "lock",
    id: `request-${++requests}` as RequestId,
    copy: false,
    idempotency: null,
    waitMs: ms(waitMs),
  }) as const;

const acquire = (holder: string, waitMs = 0, ttlMs = TTL_MS): LockRequest => ({
  ...about(waitMs),
  conditions: [{ type: "free", key: KEY, holder }],
  operations: [{ type: "grant", key: KEY, holder, ttlMs: ms(ttlMs), value: null }],
});

const renew = (token: number, ttlMs = TTL_MS): LockRequest => ({
  ...about(),
  conditions: [{ type: "held", key: KEY, token: logIndex(token) }],
  operations: [{ type: "renew", key: KEY, ttlMs: ms(ttlMs) }],
});

const release = (token: number): LockRequest => ({
  ...about(),
  conditions: [{ type: "held", key: KEY, token: logIndex(token) }],
  operations: [{ type: "delete", key: KEY }],
});

/** The lock as an answer grants it; null where it refuses it. */
function granted(answer: Answer): Lock | null {
  if (answer.type === "failed") return null;
  if (answer.type !== "written") throw new Error(`a lock was answered ${JSON.stringify(answer)}`);
  const [result] = answer.results;
  return result?.type === "put" ? (result.lock ?? null) : null;
}

const take = async (cluster: Cluster, request: LockRequest): Promise<Lock | null> =>
  granted(await cluster.ask(NAME, request));

interface Waiting {
  /** Undefined while it waits, null where it was refused. */
  lock: Lock | null | undefined;
  /** When it was told. */
  toldAt: number;
}

/** As a Worker waits: it asks again whenever it is told to. Time is for the test to pass. */
function waitFor(cluster: Cluster, request: LockRequest, then: (lock: Lock) => void = () => {}) {
  const until = cluster.now + request.waitMs;
  const waiting: Waiting = { lock: undefined, toldAt: 0 };
  const ask = (): void => {
    const waitMs = ms(Math.max(0, until - cluster.now));
    const asked = cluster.begin(NAME, { ...request, waitMs });
    const look = (): void => {
      if (asked.answer === null) {
        cluster.timeline.after(1, look);
      } else if (asked.answer.type === "queued") {
        ask();
      } else {
        waiting.lock = granted(asked.answer);
        waiting.toldAt = cluster.now;
        if (waiting.lock !== null) then(waiting.lock);
      }
    };
    look();
  };
  ask();
  return waiting;
}

async function shown(cluster: Cluster): Promise<Lock | null> {
  const answer = await cluster.ask(NAME, { type: "get", key: KEY, revision: null });
  if (answer.type !== "record") throw new Error(`a lock was shown by ${answer.type}`);
  return lockIn(answer.record);
}

/** A transaction that has voted on the lock and cannot come to an outcome before it is healed. */
function standOn(cluster: Cluster, token: number) {
  const { anchor, ...request } = transact(cluster, {
    conditions: [{ type: "held", key: KEY, token: logIndex(token) }],
    operations: ["b", "c"].map((key) => ({
      type: "put",
      key,
      value: jsonValue(token),
      ttlMs: null,
    })),
  });
  cluster.loses = (to) => to.startsWith("c@");
  cluster.begin(anchor, request);
  return {
    heal: () => {
      cluster.loses = () => false;
    },
  };
}

describe.each([1, 3])("with %i members, a lock", (members) => {
  it("is granted under tokens that grow, to one at a time", async () => {
    const cluster = new Cluster(members);
    const first = await take(cluster, acquire("w1"));
    expect(first).toMatchObject({ holder: "w1", token: 1, ttlMs: TTL_MS });
    expect(await take(cluster, acquire("w2"))).toBeNull();
    await cluster.ask(NAME, release(1));
    expect(await shown(cluster)).toBeNull();
    const second = await take(cluster, acquire("w2"));
    expect(second?.token).toBeGreaterThan(first?.token ?? 0);
  });

  it("is granted anew to whoever holds it, and the older token is worth nothing", async () => {
    const cluster = new Cluster(members);
    const first = await take(cluster, acquire("w1"));
    const again = await take(cluster, acquire("w1"));
    expect(again?.token).toBeGreaterThan(first?.token ?? 0);
    expect(await take(cluster, renew(first?.token ?? 0))).toBeNull();
    expect(await take(cluster, renew(again?.token ?? 0))).toMatchObject({ token: again?.token });
  });

  it("lives on as long as it is renewed, and under the same token", async () => {
    const cluster = new Cluster(members);
    const lock = await take(cluster, acquire("w1"));
    for (let time = 0; time < 5; time++) {
      await cluster.pass(TTL_MS * 0.8);
      expect(await take(cluster, renew(lock?.token ?? 0))).toMatchObject({ token: lock?.token });
    }
    expect(await take(cluster, acquire("w2"))).toBeNull();
  });

  it("is not shortened by a renewal: its holder may not have heard of it", async () => {
    const cluster = new Cluster(members);
    const lock = await take(cluster, acquire("w1"));
    await take(cluster, renew(lock?.token ?? 0, 1));
    await cluster.pass(TTL_MS);
    expect(await take(cluster, acquire("w2"))).toBeNull();
  });

  it("expires by itself, when its time has been counted out on any clock, and not before", async () => {
    const cluster = new Cluster(members);
    await take(cluster, acquire("w1"));
    const grantedAt = cluster.now;
    await cluster.pass(countedMs(ms(TTL_MS)) - 30);
    expect(await shown(cluster)).toMatchObject({ holder: "w1" });
    expect(cluster.now - grantedAt).toBeGreaterThan((TTL_MS * 1.1) / 0.9 - 30);
    await cluster.settle();
    expect(await shown(cluster)).toBeNull();
  });

  it("waits on after its object was stopped, and expires by the alarm", async () => {
    const cluster = new Cluster(members);
    await take(cluster, acquire("w1"));
    cluster.stop(NAME);
    await cluster.pass(TTL_MS);
    cluster.stop(NAME);
    expect(await take(cluster, acquire("w2"))).toBeNull();
    cluster.stop(NAME);
    await cluster.settle();
    expect(await take(cluster, acquire("w2"))).toMatchObject({ holder: "w2" });
  });

  it("is granted to those who wait, in the order in which they came", async () => {
    const cluster = new Cluster(members);
    const lock = await take(cluster, acquire("w0", 0, LOCK_TTL_MS_DEFAULT));
    const order: string[] = [];
    for (const holder of ["w1", "w2", "w3"]) {
      waitFor(cluster, acquire(holder, 30_000), ({ token }) => {
        order.push(holder);
        cluster.begin(NAME, release(token));
      });
      await cluster.pass(50);
    }
    // Longer than a turn: each of them has asked again meanwhile.
    await cluster.pass(2 * QUEUE_TURN_MS + 400);
    expect(order).toEqual([]);
    await cluster.ask(NAME, release(lock?.token ?? 0));
    await cluster.pass(500);
    expect(order).toEqual(["w1", "w2", "w3"]);
  });

  it("passes to the first who waits, before whoever comes when it is just free", async () => {
    const cluster = new Cluster(members);
    const lock = await take(cluster, acquire("w0"));
    const waiter = waitFor(cluster, acquire("w1", 30_000));
    await cluster.pass(100);
    cluster.begin(NAME, release(lock?.token ?? 0));
    const barger = cluster.begin(NAME, acquire("w2"));
    await cluster.pass(100);
    expect(barger.answer).toMatchObject({ type: "failed" });
    expect(waiter.lock).toMatchObject({ holder: "w1" });
  });

  it("passes on when its holder dies, and counts itself out", async () => {
    const cluster = new Cluster(members);
    await take(cluster, acquire("w0"));
    const from = cluster.now;
    const waiter = waitFor(cluster, acquire("w1", 30_000));
    await cluster.pass(2 * TTL_MS);
    expect(waiter.lock).toMatchObject({ holder: "w1" });
    expect(waiter.toldAt - from).toBeGreaterThan((TTL_MS * 1.1) / 0.9 - 30);
    expect(waiter.toldAt - from).toBeLessThan(countedMs(ms(TTL_MS)) + 100);
  });

  it("is not granted to who has gone, and is held up by them no longer than a gap", async () => {
    const cluster = new Cluster(members);
    const lock = await take(cluster, acquire("w0", 0, 60_000));
    // It never asks again.
    expect(await cluster.ask(NAME, acquire("w1", 30_000))).toMatchObject({ type: "queued" });
    const waiter = waitFor(cluster, acquire("w2", 30_000));
    await cluster.pass(20);
    const from = cluster.now;
    await cluster.ask(NAME, release(lock?.token ?? 0));
    await cluster.pass(2 * QUEUE_GAP_MS);
    expect(waiter.lock).toMatchObject({ holder: "w2" });
    expect(waiter.toldAt - from).toBeLessThan(QUEUE_GAP_MS + 100);
  });

  it("is refused to who has waited long enough", async () => {
    const cluster = new Cluster(members);
    await take(cluster, acquire("w0", 0, 60_000));
    const from = cluster.now;
    const waiter = waitFor(cluster, acquire("w1", 4_000));
    await cluster.pass(5_000);
    expect(waiter.lock).toBeNull();
    expect(waiter.toldAt - from).toBeGreaterThanOrEqual(4_000);
    expect(waiter.toldAt - from).toBeLessThan(4_100);
  });

  it("costs what a put with a time to live costs, and its expiry a row and one for the key", async () => {
    const cluster = new Cluster(members);
    const from = cluster.now;
    await take(cluster, acquire("w1"));
    expect(cluster.now - from).toBe(members === 1 ? 10 : 20);
    // A log row and a record; the index of times to live is a third, which this database does not count.
    expect(cluster.rows(NAME)).toEqual(cluster.regions.map(() => 2));
    expect(cluster.alarms(NAME)).toBe(1);
    expect(cluster.calls.length).toBe(members - 1);
  });

  it("is renewed in time though a transaction stands on it past its end", async () => {
    const cluster = new Cluster(members);
    const lock = await take(cluster, acquire("w1", 0, 2_000));
    const stuck = standOn(cluster, lock?.token ?? 0);
    await cluster.pass(1_000);
    const renewal = cluster.begin(NAME, renew(lock?.token ?? 0, 2_000));
    await cluster.pass(2_500);
    stuck.heal();
    await cluster.pass(4_000);
    expect(renewal.answer).toMatchObject({ type: "written" });
  });

  it("is refused at once, and queued for in order, though a transaction stands on it", async () => {
    const cluster = new Cluster(members);
    const lock = await take(cluster, acquire("w0", 0, 60_000));
    const order: string[] = [];
    const wait = (holder: string): void => {
      waitFor(cluster, acquire(holder, 60_000), ({ token }) => {
        order.push(holder);
        cluster.begin(NAME, release(token));
      });
    };
    wait("w1");
    await cluster.pass(1_400);
    wait("w2");
    await cluster.pass(50);
    const stuck = standOn(cluster, lock?.token ?? 0);
    await cluster.pass(50);
    const refused = cluster.begin(NAME, acquire("w3"));
    await cluster.pass(50);
    expect(refused.answer).toMatchObject({ type: "failed" });
    await cluster.pass(1_500);
    stuck.heal();
    await cluster.pass(1_000);
    await cluster.ask(NAME, release(lock?.token ?? 0));
    await cluster.pass(500);
    expect(order).toEqual(["w1", "w2"]);
  });

  it("is not granted to who has gone, though they had to wait for a transaction", async () => {
    const cluster = new Cluster(members);
    const lock = await take(cluster, acquire("w0", 0, 2_000));
    const stuck = standOn(cluster, lock?.token ?? 0);
    await cluster.pass(3_000);
    await cluster.ask(NAME, acquire("w1", 60_000));
    await cluster.pass(QUEUE_TURN_MS + QUEUE_GAP_MS);
    stuck.heal();
    await cluster.pass(10_000);
    expect(await shown(cluster)).toBeNull();
  });

  it("leaves no ticket behind of who got it by asking again", async () => {
    const cluster = new Cluster(members);
    const lock = await take(cluster, acquire("w0", 0, 60_000));
    const request = acquire("w1", 60_000);
    expect(await cluster.ask(NAME, request)).toMatchObject({ type: "queued" });
    await cluster.ask(NAME, release(lock?.token ?? 0));
    const won = await take(cluster, request);
    await cluster.ask(NAME, release(won?.token ?? 0));
    expect(await take(cluster, acquire("w2"))).toMatchObject({ holder: "w2" });
  });

  it("is counted longer where its object slept, whose machine may be another", async () => {
    const cluster = new Cluster(members);
    await take(cluster, acquire("w1"));
    cluster.stop(NAME);
    await cluster.pass(countedMs(ms(TTL_MS)) + CLOCKS_APART_MS - 50);
    expect(await take(cluster, acquire("w2"))).toBeNull();
    await cluster.settle();
    expect(await take(cluster, acquire("w2"))).toMatchObject({ holder: "w2" });
  });

  it("fences a stale holder out of a transaction, over any leaders", async () => {
    const cluster = new Cluster(members);
    const stale = await take(cluster, acquire("w1"));
    const write = (token: number) =>
      transact(cluster, {
        conditions: [{ type: "held", key: KEY, token: logIndex(token) }],
        operations: ["b", "c"].map((key) => ({
          type: "put",
          key,
          value: jsonValue(token),
          ttlMs: null,
        })),
      });
    const { anchor, ...first } = write(stale?.token ?? 0);
    expect(await cluster.ask(anchor, first)).toMatchObject({ answer: { succeeded: true } });
    await cluster.settle();
    const fresh = await take(cluster, acquire("w2"));
    const { anchor: _, ...late } = write(stale?.token ?? 0);
    const answer = await cluster.ask(anchor, late);
    expect(answer).toMatchObject({
      answer: { succeeded: false, failed: [{ lock: { holder: "w2", token: fresh?.token } }] },
    });
  });
});

describe("a planted mistake is seen", () => {
  const seen: [Mistake, (cluster: Cluster) => Promise<boolean>][] = [
    [
      "lock-expires-under-transaction",
      async (cluster) => {
        const lock = await take(cluster, acquire("w1"));
        standOn(cluster, lock?.token ?? 0);
        await cluster.pass(countedMs(ms(TTL_MS)) + 100);
        const asked = await cluster.ask(NAME, acquire("w2"), 500);
        return asked.type === "written";
      },
    ],
    [
      "lock-counts-ttl-alone",
      async (cluster) => {
        await take(cluster, acquire("w1"));
        await cluster.pass(TTL_MS + 10);
        return (await shown(cluster)) === null;
      },
    ],
    [
      "fencing-token-ignored",
      async (cluster) => {
        const lock = await take(cluster, acquire("w1"));
        return (await take(cluster, renew((lock?.token ?? 0) + 1))) !== null;
      },
    ],
    [
      "lock-barging",
      async (cluster) => {
        const lock = await take(cluster, acquire("w0", 0, 60_000));
        // Between two of its turns: its place is kept.
        await cluster.ask(NAME, acquire("w1", 30_000));
        await cluster.ask(NAME, release(lock?.token ?? 0));
        return (await take(cluster, acquire("w2"))) !== null;
      },
    ],
  ];

  it.each(seen)("%s", async (mistake, shows) => {
    expect(await shows(new Cluster(1))).toBe(false);
    plant(mistake);
    expect(await shows(new Cluster(1))).toBe(true);
  });
});
