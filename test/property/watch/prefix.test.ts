/**
 * A watch of a prefix beside its replica's records: whatever sleeps, breaks, is slow or is forgotten on the way, a client
 * that does as it is told ends with what the replica has, and of no key does it ever see an older state after a newer one.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Change, FeedEntry } from "../../../shared/replica/feed.ts";
import { Journal } from "../../../shared/replica/journal.ts";
import { GONE_MAX, GONE_MS } from "../../../shared/replica/limits.ts";
import type { PrefixWatcher } from "../../../shared/replica/prefix-watcher.ts";
import { ReplicaStore } from "../../../shared/replica/store.ts";
import { type PrefixOutput, Watching } from "../../../shared/replica/watching.ts";
import { type Instant, logIndex } from "../../../shared/types.ts";
import { bytesOf, type WatchMessage } from "../../../shared/watch/message.ts";
import { NodeSql } from "../../../sim/node-sql.ts";

const PREFIX = "k";
const GROUPS = ["k{a}", "k{b}", "x{a}"];

type Step =
  | {
      readonly type: "apply";
      readonly group: number;
      readonly keys: readonly (readonly [number, boolean])[];
    }
  /** A group's whole state takes the place of its copy. */
  | { readonly type: "replace"; readonly group: number; readonly keys: readonly number[] }
  | { readonly type: "read"; readonly count: number }
  | { readonly type: "sleep" }
  | { readonly type: "break"; readonly arrived: number }
  | { readonly type: "leave" }
  | { readonly type: "come" }
  | { readonly type: "wait"; readonly forMs: number };

const group = fc.nat(GROUPS.length - 1);
const key = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("apply" as const),
      group,
      keys: fc.array(fc.tuple(key, fc.boolean()), { maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("replace" as const),
      group,
      keys: fc.uniqueArray(key, { maxLength: 4 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("read" as const), count: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("sleep" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("break" as const), arrived: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("leave" as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("come" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("wait" as const),
      forMs: fc.constantFrom(5_000, 40 * 60_000, GONE_MS + 1),
    }),
  },
);

class World {
  readonly #sql = new NodeSql();
  readonly #indexes = GROUPS.map(() => 0);
  #now = 1_000_000 as Instant;
  #store: ReplicaStore;
  #watching: Watching;
  /** Kept with the socket; null where there is none. */
  #kept: { id: string; watcher: PrefixWatcher } | null = null;
  #socket = 0;
  #underWay: WatchMessage[] = [];
  #taken = { changes: 0, bytes: 0 };
  /** What the client has. */
  readonly #has = new Map<string, number>();
  /** Keys named since everything began to be told anew; null where it is not. */
  #named: Set<string> | null = null;
  /** Where the client would resume; null before it has heard anything. */
  #last: string | null = null;
  resets = 0;
  /** How often it caught up from the records. */
  rounds = 0;
  received = 0;
  #stores = 0;

  constructor() {
    [this.#store, this.#watching] = this.#live();
  }

  async run(one: Step): Promise<void> {
    switch (one.type) {
      case "apply":
        this.#store.apply(this.#groupOf(one.group), [this.#entry(one.group, one.keys)]);
        break;
      case "replace":
        this.#replace(one.group, one.keys);
        break;
      case "read":
        this.#read(one.count);
        break;
      case "sleep":
        [this.#store, this.#watching] = this.#live();
        break;
      case "break":
        this.#read(one.arrived);
        this.#leave();
        this.#come();
        break;
      case "leave":
        this.#leave();
        break;
      case "come":
        if (this.#kept === null) this.#come();
        break;
      case "wait":
        this.#now = (this.#now + one.forMs) as Instant;
        this.#store.sequence.at(this.#now);
    }
    await settled();
  }

  /** The client reads all there is. Gives what it has, and what it should. */
  async finish(): Promise<[unknown, unknown]> {
    do {
      if (this.#kept === null) this.#come();
      await settled();
      this.#read(Infinity);
      await settled();
    } while (this.#underWay.length > 0 || this.#kept === null);
    const range = { prefix: PREFIX, start: null, end: null, after: null, reverse: false };
    const { records } = this.#store.list({ ...range, limit: 10_000 });
    const wanted = records.map((record): [string, number] => [record.key, record.revision]);
    // Who has never resumed knows only what has changed since.
    const had = [...this.#has].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return [had, wanted];
  }

  #live(): [ReplicaStore, Watching] {
    const ports = {
      sql: this.#sql,
      setAlarm: () => {},
      confirm: () => Promise.resolve(),
      abort: (reason: unknown): never => {
        throw reason;
      },
    };
    const journal = new Journal(ports);
    const watching: Watching = new Watching({
      region: "weur",
      journal,
      sockets: {
        attached: () => (this.#kept === null ? [] : [this.#kept]),
        tell: (output) => {
          // A life that is over tells nobody.
          if (this.#watching === undefined || this.#watching === watching) this.#tell(output);
        },
        newStoreName: () => `0000000${this.#stores++}`.slice(-8),
      },
      now: () => this.#now,
      sleep: () => Promise.resolve(),
    });
    const store = new ReplicaStore("ns", journal.sql, watching, (placed) => watching.taken(placed));
    store.sequence.at(this.#now);
    watching.of(store);
    return [store, watching];
  }

  #groupOf = (at: number): string => (GROUPS[at] ?? "").slice(2, -1) + at;

  #keyOf = (at: number, name: number): string =>
    `${(GROUPS[at] ?? "").slice(0, 1)}${name}{${this.#groupOf(at)}}`;

  #entry(at: number, keys: readonly (readonly [number, boolean])[]): FeedEntry {
    const index = logIndex((this.#indexes[at] ?? 0) + 1);
    this.#indexes[at] = index;
    const changes = keys.map(([name, put], place): Change => {
      // So large that a few fill a window.
      const bytes = new Uint8Array(place === 0 ? 300_000 : 10);
      return {
        key: this.#keyOf(at, name),
        revision: index,
        value: put ? { bytes, contentType: "" } : null,
        expiresAt: null,
      };
    });
    return { index, at: this.#now, changes };
  }

  #replace(at: number, keys: readonly number[]): void {
    this.#indexes[at] = (this.#indexes[at] ?? 0) + 4;
    const { index, changes } = this.#entry(
      at,
      keys.map((name) => [name, true]),
    );
    const half = Math.floor(changes.length / 2);
    const part = { index, at: this.#now, doubts: [] };
    const last = { ...part, changes: changes.slice(half), after: null };
    if (half > 0) {
      const after = changes[half - 1]?.key ?? "";
      this.#store.stage(
        this.#groupOf(at),
        { ...part, changes: changes.slice(0, half), after },
        true,
      );
    }
    this.#store.replace(this.#groupOf(at), last, half === 0);
  }

  #leave(): void {
    if (this.#kept !== null) this.#watching.close(this.#kept.id);
    this.#kept = null;
    this.#underWay = [];
  }

  #come(): void {
    this.#read(Infinity);
    const id = `socket ${this.#socket++}`;
    this.#taken = { changes: 0, bytes: 0 };
    // Whoever has nothing wants everything: as one that comes from another replica.
    const behind = this.#last ?? "apac.00000000.1.1";
    this.#kept = { id, watcher: null as unknown as PrefixWatcher };
    this.#watching.open(id, { prefix: PREFIX, values: true, behind });
  }

  #tell({ id, keep, messages, end }: PrefixOutput): void {
    if (id !== this.#kept?.id) return;
    this.#underWay.push(...messages);
    // Cut off: what was sent before is read before it comes back.
    this.#kept = keep === null ? null : { id, watcher: structuredClone(keep) };
    if (end !== null) expect(end.type).toBe("slow");
  }

  #read(count: number): void {
    for (const message of this.#underWay.splice(0, count)) this.#hear(message);
    if (this.#kept === null) return;
    this.#watching.hear(this.#kept.id, { type: "taken", ...this.#taken });
  }

  #hear(message: WatchMessage): void {
    switch (message.type) {
      case "changes":
        for (const change of message.changes) {
          const { key: name, revision, value, position } = change;
          if (this.#named === null) {
            expect(revision, `${name} goes forward`).toBeGreaterThanOrEqual(
              this.#has.get(name) ?? 0,
            );
          }
          this.#named?.add(name);
          if (value === null) this.#has.delete(name);
          else this.#has.set(name, revision);
          const { changes, bytes } = this.#taken;
          this.#taken = { changes: changes + 1, bytes: bytes + bytesOf(change) };
          this.#last = position;
          this.received += 1;
        }
        return;
      case "reset":
        this.resets += 1;
        this.#named = new Set();
        break;
      case "synced":
        for (const name of this.#has.keys()) if (!this.#named?.has(name)) this.#has.delete(name);
        this.#named = null;
        break;
      default:
        this.rounds += 1;
    }
    this.#last = message.position;
  }
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 40; turns++) await Promise.resolve();
}

const property = fc.asyncProperty(
  fc.array(step, { minLength: 5, maxLength: 60 }),
  async (steps) => {
    const world = new World();
    // Somebody watches from the start, so that what goes is remembered.
    await world.run({ type: "come" });
    for (const one of steps) await world.run(one);
    const [had, wanted] = await world.finish();
    expect(had).toEqual(wanted);
  },
);

describe("a watch of a prefix", () => {
  it("ends with what the replica has, each key's changes in order", async () => {
    await fc.assert(property, { numRuns: 600 });
  }, 60_000);

  it("is told everything anew only where something was forgotten", async () => {
    const world = new World();
    await world.run({ type: "come" });
    await world.run({ type: "apply", group: 0, keys: [[1, true]] });
    await world.run({ type: "read", count: 99 });
    expect(world.resets).toBe(1);
    await world.run({ type: "leave" });
    await world.run({ type: "wait", forMs: GONE_MS + 1 });
    await world.run({ type: "sleep" });
    await world.run({ type: "apply", group: 0, keys: [[2, true]] });
    // Nothing went: it goes on, however long it was away.
    await world.run({ type: "come" });
    await world.run({ type: "read", count: 99 });
    expect(world.resets).toBe(1);
    await world.run({ type: "leave" });
    await world.run({ type: "wait", forMs: GONE_MS + 1 });
    await world.run({ type: "sleep" });
    await world.run({ type: "apply", group: 0, keys: [[2, false]] });
    await world.run({ type: "come" });
    await world.run({ type: "read", count: 99 });
    expect(world.resets).toBe(2);
    const [had, wanted] = await world.finish();
    expect(had).toEqual(wanted);
  });

  it("of which nothing is missing need not be looked up by a replica that wakes", async () => {
    const world = new World();
    await world.run({ type: "come" });
    await world.run({ type: "apply", group: 0, keys: [[1, true]] });
    await world.run({ type: "read", count: 99 });
    const before = world.rounds;
    for (let at = 0; at < 3; at++) {
      await world.run({ type: "sleep" });
      await world.run({ type: "apply", group: 0, keys: [[at, true]] });
      await world.run({ type: "read", count: 99 });
    }
    expect(world.rounds).toBe(before);
    const [had, wanted] = await world.finish();
    expect(had).toEqual(wanted);
  });

  it("that is away while more keys go than are remembered is told everything", async () => {
    const world = new World();
    await world.run({ type: "come" });
    await world.run({
      type: "apply",
      group: 0,
      keys: [
        [1, true],
        [2, true],
      ],
    });
    await world.run({ type: "read", count: 99 });
    await world.run({ type: "leave" });
    await world.run({ type: "apply", group: 0, keys: [[1, false]] });
    for (let at = 0; at < GONE_MAX; at++) {
      await world.run({ type: "apply", group: 2, keys: [[1, false]] });
    }
    await world.run({ type: "come" });
    const [had, wanted] = await world.finish();
    expect(had).toEqual(wanted);
    expect(world.resets).toBe(2);
  }, 60_000);
});
