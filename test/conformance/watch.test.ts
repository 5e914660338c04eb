/** Watches at the host: members over disks and calls that do nothing until they are told to, and sockets that remember. */
import { afterEach, describe, expect, it } from "vitest";
import { Host } from "../../shared/host/host.ts";
import type { Ports } from "../../shared/host/ports.ts";
import type { Answer, GroupRef, GroupRequest } from "../../shared/member/request.ts";
import type { WatcherOutput, WatchStart } from "../../shared/member/watch.ts";
import { type Mistake, plant } from "../../shared/planted.ts";
import type { PeerMessage } from "../../shared/raft/messages.ts";
import {
  type Incarnation,
  type Instant,
  logIndex,
  ms,
  type Region,
  type RequestId,
  region,
} from "../../shared/types.ts";
import { WATCH_WINDOW_CHANGES, WATCHERS_MAX } from "../../shared/watch/limits.ts";
import { bytesOf, type WatchChange, type WatchEnd } from "../../shared/watch/message.ts";
import { START, through } from "../../shared/watch/position.ts";
import type { Selector } from "../../shared/watch/selector.ts";
import { newWatcher, type Watcher } from "../../shared/watch/watcher.ts";
import { NodeSql } from "../../sim/node-sql.ts";

const ALL: Selector = { type: "prefix", prefix: "" };
const LEADER = region("weur");
const REGIONS = [LEADER, region("wnam"), region("enam")];
const CALLER = { deadlineMs: ms(10_000), unreachable: [] };

afterEach(() => plant(null));

class CountingSql extends NodeSql {
  queries = 0;

  override all(...args: Parameters<NodeSql["all"]>) {
    this.queries += 1;
    return super.all(...args);
  }
}

/** A group's members in one process. Their sockets outlive them. */
class World {
  readonly members: readonly Region[];
  readonly sql = new Map<Region, CountingSql>();
  readonly hosts = new Map<Region, Host>();
  readonly sockets = new Map<string, Watcher>();
  readonly changes: WatchChange[] = [];
  readonly positions: string[] = [];
  readonly ends: WatchEnd[] = [];
  now = 1_000_000;
  calls = 0;
  /** Whether disks confirm at once; else when {@link confirm} is called. */
  holds = false;
  #held: (() => void)[] = [];
  #lives = 0;
  #requests = 0;
  timer: number | null = null;
  /** Members that nobody reaches. */
  readonly cut = new Set<Region>();

  constructor(members: readonly Region[] = [LEADER]) {
    this.members = members;
  }

  host(self: Region = LEADER): Host {
    const known = this.hosts.get(self);
    if (known !== undefined) return known;
    const host = new Host(this.#ref(self), this.#ports(self));
    this.hosts.set(self, host);
    return host;
  }

  /** The object's memory goes, its sockets stay. */
  sleep(): void {
    this.hosts.delete(LEADER);
  }

  async ask(request: GroupRequest, self?: Region): Promise<Answer> {
    const [answer] = await this.host(self).serve([request], CALLER);
    await this.settle();
    return answer as Answer;
  }

  async put(key: string, bytes = 3, self?: Region): Promise<void> {
    const value = { bytes: new Uint8Array(bytes), contentType: "text/plain" };
    const request: GroupRequest = {
      type: "write",
      id: `r${this.#requests++}` as RequestId,
      copy: false,
      idempotency: null,
      conditions: [],
      operations: [{ type: "put", key, value, ttlMs: null }],
    };
    const answered = this.ask(request, self);
    if (!this.holds) expect((await answered).type).toBe("written");
    else answered.catch(() => {});
    await this.settle();
  }

  async watch(start: WatchStart = { type: "now" }): Promise<Answer> {
    return this.ask({ type: "watch", start });
  }

  /** Begins a watch, which must be answered, over a socket of this name. */
  async open(id = "w", start?: WatchStart, selector = ALL): Promise<void> {
    const answer = await this.watch(start);
    if (answer.type !== "watching") throw new Error(`not watching: ${JSON.stringify(answer)}`);
    const watcher = newWatcher(selector, true, answer.position);
    this.sockets.set(id, watcher);
    this.host().openWatch(id, watcher);
    await this.settle();
  }

  async check(id = "w"): Promise<void> {
    this.host().hearWatcher(id, { type: "check" });
    await this.settle();
  }

  /** The client has taken everything that was sent. */
  async takeAll(id = "w"): Promise<void> {
    const bytes = this.changes.reduce((sum, change) => sum + bytesOf(change), 0);
    this.host().hearWatcher(id, { type: "taken", changes: this.changes.length, bytes });
    await this.settle();
  }

  async confirm(): Promise<void> {
    for (const told of this.#held.splice(0)) told();
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
  }

  get keys(): string[] {
    return this.changes.map(({ position, key }) => `${position} ${key}`);
  }

  #ref(self: Region): GroupRef {
    const historyMs = ms(60_000);
    return { namespace: "n", group: "g", members: this.members, self, historyMs };
  }

  #ports(self: Region): Ports {
    const sql = this.sql.get(self) ?? new CountingSql();
    this.sql.set(self, sql);
    return {
      sql,
      confirm: () =>
        this.holds ? new Promise((resolve) => this.#held.push(resolve)) : Promise.resolve(),
      now: () => this.now as Instant,
      call: async (to: Region, message: PeerMessage) => {
        this.calls += 1;
        await Promise.resolve();
        if (this.cut.has(to) || this.cut.has(self)) throw new Error("nobody is there");
        return this.host(to).receive(message);
      },
      ask: () => Promise.reject(new Error("there is no other group")),
      relay: () => Promise.reject(new Error("nobody is there")),
      watchers: {
        attached: () =>
          self === LEADER ? [...this.sockets].map(([id, watcher]) => ({ id, watcher })) : [],
        tell: (output) => this.#tell(output),
      },
      setAlarm: () => {},
      setTimer: (at) => {
        if (self === LEADER) this.timer = at;
      },
      incarnation: `life ${this.#lives++}` as Incarnation,
      abort: (reason) => {
        throw reason;
      },
    };
  }

  #tell({ id, keep, changes, position, end }: WatcherOutput): void {
    this.changes.push(...changes);
    if (position !== null) this.positions.push(position);
    if (keep === null) this.sockets.delete(id);
    else this.sockets.set(id, structuredClone(keep));
    if (end !== null) this.ends.push(end);
  }
}

describe("a watch", () => {
  it("begins behind what is committed, and is told what comes (W1)", async () => {
    const world = new World();
    await world.put("a");
    await world.open();
    await world.put("b");
    await world.put("c");
    expect(world.keys).toEqual(["2 b", "3 c"]);
  });

  it("is told nothing before it is committed (W2)", async () => {
    const world = new World();
    await world.open();
    world.holds = true;
    await world.put("a");
    expect(world.keys).toEqual([]);
    await world.confirm();
    expect(world.keys).toEqual(["1 a"]);
  });

  it("that is told too much too early is found out (W2)", async () => {
    plant("watch-past-commit");
    const world = new World();
    await world.open();
    world.holds = true;
    await world.put("a");
    await world.put("b");
    expect(world.keys).not.toEqual([]);
  });

  it("outlives the object's memory, with nothing missing and nothing twice (W1)", async () => {
    const world = new World();
    await world.open();
    await world.put("a");
    world.sleep();
    await world.put("b");
    world.sleep();
    await world.put("c");
    expect(world.keys).toEqual(["1 a", "2 b", "3 c"]);
  });

  it.each(["watch-forgets-position"] as Mistake[])("with %s is found out", async (mistake) => {
    plant(mistake);
    const world = new World();
    await world.open();
    for (let at = 0; at < WATCH_WINDOW_CHANGES + 10; at++) await world.put("a");
    world.sleep();
    await world.put("b");
    await world.takeAll();
    expect(world.keys).toHaveLength(WATCH_WINDOW_CHANGES + 1);
  });

  it("goes on as its window moves, awake or not", async () => {
    const world = new World();
    await world.open();
    const count = WATCH_WINDOW_CHANGES + 10;
    for (let at = 0; at < count; at++) await world.put("a");
    expect(world.changes).toHaveLength(WATCH_WINDOW_CHANGES);
    world.sleep();
    await world.takeAll();
    expect(world.changes.map(({ revision }) => revision)).toEqual(
      Array.from({ length: count }, (_, at) => at + 1),
    );
  });

  it("from far back comes in pieces, by a timer that ends with it", async () => {
    const world = new World();
    for (let at = 0; at < 10; at++) await world.put("large", 3_000_000);
    await world.open("w", { type: "revision", revision: logIndex(1) }, { type: "key", key: "k" });
    const before = world.timer;
    expect(before).not.toBeNull();
    for (let rings = 0; world.timer !== null && rings < 10; rings++) {
      world.now = world.timer;
      world.host().timer();
      await world.settle();
    }
    expect(world.timer).toBeNull();
    expect(world.sockets.get("w")?.position).toEqual(through(logIndex(10)));
  });

  it("is cut off where what it lacks is compacted, and refused where it begins there", async () => {
    const world = new World();
    await world.open();
    for (let at = 0; at < WATCH_WINDOW_CHANGES + 4; at++) await world.put("a");
    world.now += 180_000;
    await world.put("b");
    world.now += 10_000;
    await world.put("c");
    await world.takeAll();
    expect(world.ends).toEqual([{ type: "compacted", position: String(WATCH_WINDOW_CHANGES) }]);
    for (const start of [
      { type: "revision", revision: logIndex(2) },
      { type: "behind", position: START },
    ] as const) {
      const answer = await world.watch(start);
      expect(answer).toMatchObject({ type: "refused", code: "revision-compacted" });
      const detail = answer.type === "refused" ? answer.detail : "";
      const oldest = logIndex(Number(/oldest revision kept is (\d+)/.exec(detail)?.[1]));
      const kept = await world.watch({ type: "revision", revision: oldest });
      expect(kept.type).toBe("watching");
      const gone = await world.watch({ type: "revision", revision: logIndex(oldest - 1) });
      expect(gone.type).toBe("refused");
    }
  });

  it("of as many as one object takes is the last", async () => {
    const world = new World();
    for (let at = 0; at < WATCHERS_MAX; at++) {
      world.host().openWatch(`w${at}`, newWatcher(ALL, true, START));
    }
    world.host().openWatch("one more", newWatcher(ALL, true, START));
    expect(world.ends).toEqual([{ type: "crowded" }]);
  });
});

describe("what a watch costs", () => {
  it("is nothing where nobody watches", async () => {
    const queries = async (watchers: number): Promise<number> => {
      const world = new World();
      await world.put("a");
      for (let at = 0; at < watchers; at++) await world.open(`w${at}`);
      const sql = world.sql.get(LEADER);
      const before = sql?.queries ?? 0;
      await world.put("b");
      return (sql?.queries ?? 0) - before;
    };
    const [none, one, many] = [await queries(0), await queries(1), await queries(50)];
    expect(one).toBeGreaterThan(none);
    // The log is read once for all who have everything.
    expect(many).toBe(one);
    const world = new World();
    await world.open();
    world.host().closeWatch("w");
    await world.put("a");
    const sql = world.sql.get(LEADER);
    const before = sql?.queries ?? 0;
    await world.put("b");
    expect((sql?.queries ?? 0) - before).toBe(none);
  });

  it("is no call and no timer while nothing happens (L3)", async () => {
    const world = new World(REGIONS);
    await world.put("a");
    await world.open();
    await world.put("b");
    await world.takeAll();
    const { calls } = world;
    world.now += 3_600_000;
    await world.settle();
    expect([world.calls, world.timer]).toEqual([calls, null]);
  });
});

describe("a check", () => {
  it("is answered under the lease, which costs a round where there is none", async () => {
    const world = new World(REGIONS);
    await world.open();
    await world.open("other");
    await world.put("a");
    world.now += 30_000;
    const { calls } = world;
    await world.check();
    expect(world.calls - calls).toBe(2);
    // It answers for everybody.
    expect(world.positions).toEqual(["1", "1"]);
    await world.check("other");
    expect(world.calls - calls).toBe(2);
  });

  it("at a leader that nobody confirms sends its watcher elsewhere", async () => {
    const world = new World(REGIONS);
    await world.open();
    await world.put("a");
    world.now += 30_000;
    for (const one of REGIONS.slice(1)) world.cut.add(one);
    world.host().hearWatcher("w", { type: "check" });
    await world.settle();
    world.now += 30_000;
    world.host().timer();
    await world.settle();
    expect(world.ends).toEqual([{ type: "moved", leader: null }]);
    expect(world.positions).toEqual([]);
  });
});

describe("a leader that is replaced", () => {
  /** Another member wins, and the old leader hears of it, or not. */
  async function replaced(): Promise<World> {
    const world = new World(REGIONS);
    await world.open();
    await world.put("a");
    world.cut.add(LEADER);
    world.now += 60_000;
    const [, other] = REGIONS;
    const caller = { deadlineMs: ms(10_000), unreachable: [LEADER] };
    const [answer] = await world
      .host(other)
      .serve([{ type: "get", key: "a", revision: null }], caller);
    expect(answer?.type).toBe("record");
    expect(world.ends).toEqual([]);
    world.cut.clear();
    // Who could not be reached is left alone for a moment.
    world.now += 1_000;
    await world.put("b", 3, other);
    return world;
  }

  it("sends its watchers to the one that leads", async () => {
    const world = await replaced();
    expect(world.ends).toEqual([{ type: "moved", leader: REGIONS[1] }]);
    expect(world.keys).toEqual(["1 a"]);
    expect(world.sockets.size).toBe(0);
  });

  it("keeps them, to hear nothing for ever, only by mistake", async () => {
    plant("watch-outlives-leadership");
    const world = await replaced();
    expect(world.ends).toEqual([]);
  });
});
