/**
 * What operations cost, counted (DESIGN.md §9): calls between members, rows a member, delays one after another, and
 * nothing at all from a group that nobody uses (L3).
 *
 * Hosts of one group over a network on which every call takes one delay each way. Time is virtual.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { Host } from "../../shared/host/host.ts";
import type { Ports } from "../../shared/host/ports.ts";
import type { Answer, GroupRequest } from "../../shared/member/request.ts";
import {
  type Incarnation,
  type Instant,
  ms,
  type Region,
  type RequestId,
  region,
} from "../../shared/types.ts";
import { NodeSql } from "../../sim/node-sql.ts";

const REGIONS = ["wnam", "enam", "weur"].map(region);
const LEADER = REGIONS[0] as Region;
const CALLER = { deadlineMs: ms(10_000), unreachable: [] };

let now: number;
let calls: number;
/** The most delays that lay between a request and the moment now, one behind the other. */
let delays: number;
let alarms: number;
let timers: number;
let life: number;
let hosts: Map<Region, Host>;
let disks: Map<Region, CountingSql>;

class CountingSql extends NodeSql {
  rows = 0;

  override run(...statement: Parameters<NodeSql["run"]>): number {
    const rows = super.run(...statement);
    if (!statement[0].startsWith("CREATE")) this.rows += rows;
    return rows;
  }
}

function wake(self: Region, members: readonly Region[]): Host {
  const sql = disks.get(self) ?? new CountingSql();
  disks.set(self, sql);
  const reach = (to: Region): Host => hosts.get(to) ?? wake(to, members);
  const ports: Ports = {
    sql,
    confirm: () => Promise.resolve(),
    now: () => now as Instant,
    async call(to, message) {
      calls += 1;
      const sentAt = delays;
      await Promise.resolve();
      const reply = await reach(to).receive(message);
      delays = Math.max(delays, sentAt + 1);
      return reply;
    },
    ask: () => Promise.reject(new Error("there is no other group")),
    relay: async (to, requests, caller) => reach(to).serve(requests, caller),
    setAlarm: () => {
      alarms += 1;
    },
    setTimer: (at) => {
      timers += at === null ? 0 : 1;
    },
    incarnation: `life ${life++}` as Incarnation,
    abort: (reason) => {
      throw reason;
    },
  };
  const group = { namespace: "n", group: "g", members, self, historyMs: ms(600_000) };
  const host = new Host(group, ports);
  hosts.set(self, host);
  return host;
}

let requests = 0;
const put = (ttlMs: number | null = null): GroupRequest => ({
  type: "write",
  id: `r${requests++}` as RequestId,
  copy: false,
  idempotency: null,
  conditions: [],
  operations: [
    {
      type: "put",
      key: "k",
      value: { bytes: new Uint8Array(3), contentType: "text/plain" },
      ttlMs: ttlMs === null ? null : ms(ttlMs),
    },
  ],
});
const GET: GroupRequest = { type: "get", key: "k", revision: null };

/** Asks the leader, lets what comes behind the answer end, and counts. */
async function cost(request: GroupRequest, members: readonly Region[] = REGIONS) {
  const before = { calls, rows: [...disks.values()].map((disk) => disk.rows) };
  delays = 1;
  const [answer] = (await (hosts.get(LEADER) ?? wake(LEADER, members)).serve(
    [request],
    CALLER,
  )) as [Answer];
  const took = delays;
  await settled();
  return {
    type: answer.type,
    delays: took,
    calls: 1 + calls - before.calls,
    rows: [...disks.values()].map((disk, at) => disk.rows - (before.rows[at] ?? 0)),
  };
}

/** Everything under way has ended: nothing here waits for anything but microtasks. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  now = 1_000_000;
  calls = 0;
  delays = 0;
  alarms = 0;
  timers = 0;
  life = 0;
  hosts = new Map();
  disks = new Map();
});

describe("a group of three", () => {
  it("takes 3 calls, 2 delays and 2 rows a member for a new key's first put, and for every other", async () => {
    const expected = { type: "written", delays: 2, calls: 3, rows: [2, 2, 2] };
    expect(await cost(put())).toEqual(expected);
    expect(await cost(put())).toEqual(expected);
  });

  it("takes 1 call, 1 delay and no row for a strong get under the lease", async () => {
    await cost(put());
    // Long enough for another round to be allowed, and not so long that the lease runs out.
    now += 300;
    expect(await cost(GET)).toEqual({ type: "record", delays: 1, calls: 1, rows: [0, 0, 0] });
  });

  it("takes 3 calls, 2 delays and no row for a strong get at a leader that has just woken", async () => {
    await cost(put());
    hosts.clear();
    expect(await cost(GET)).toEqual({ type: "record", delays: 2, calls: 3, rows: [0, 0, 0] });
  });

  it("takes 3 calls, 2 delays and 2 rows a member for a put at a leader that has just woken", async () => {
    await cost(put());
    hosts.clear();
    expect(await cost(put())).toEqual({ type: "written", delays: 2, calls: 3, rows: [2, 2, 2] });
  });

  it("takes nothing while nobody asks: no call, no alarm, no timer (L3)", async () => {
    await cost(put());
    await cost(GET);
    const spent = { calls, rows: [...disks.values()].map((disk) => disk.rows) };
    timers = 0;
    now += 24 * 3_600_000;
    await settled();
    expect({ calls, rows: [...disks.values()].map((disk) => disk.rows) }).toEqual(spent);
    expect({ alarms, timers }).toEqual({ alarms: 0, timers: 0 });
  });

  it("keeps an alarm only for a key with a time to live (L3)", async () => {
    await cost(put(60_000));
    expect(alarms).toBe(1);
  });
});

describe("a solo group", () => {
  const SOLO = [LEADER];

  it("takes 1 call, 1 delay and 2 rows for a put, and none for a get", async () => {
    expect(await cost(put(), SOLO)).toEqual({ type: "written", delays: 1, calls: 1, rows: [2] });
    expect(await cost(GET, SOLO)).toEqual({ type: "record", delays: 1, calls: 1, rows: [0] });
    hosts.clear();
    expect(await cost(GET, SOLO)).toEqual({ type: "record", delays: 1, calls: 1, rows: [0] });
  });
});
