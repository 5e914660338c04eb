/**
 * Replicas of one namespace in virtual time: real hosts on disks that lose what they have not confirmed, groups whose
 * leaders are models, and a network that is as bad as told.
 */
import type { FanOut, FeedRequest, ReplicaRef } from "../../../shared/replica/feed.ts";
import { ReplicaHost } from "../../../shared/replica/host.ts";
import type { Fed } from "../../../shared/replica/leaders.ts";
import { REPLICA_LIMITS } from "../../../shared/replica/limits.ts";
import type { ReplicaPorts } from "../../../shared/replica/ports.ts";
import { type Instant, ms, type Region, region } from "../../../shared/types.ts";
import { Disk, type DiskManner } from "../../../sim/disk.ts";
import { NodeSql } from "../../../sim/node-sql.ts";
import { Random } from "../../../sim/random.ts";
import { Timeline } from "../../../sim/timeline.ts";
import { GroupModel } from "./group-model.ts";

export const [WNAM, ENAM, WEUR] = ["wnam", "enam", "weur"].map(region) as [Region, Region, Region];
export const REGIONS: readonly Region[] = [WNAM, ENAM, WEUR];

const START = 1_700_000_000_000;

export interface Manner {
  /** How long one way of a call takes, in milliseconds. */
  delay(): number;
  /** Whether a call, or its answer, is lost. */
  loses(): boolean;
  readonly disk: DiskManner;
}

const CALM: Manner = {
  delay: () => 10,
  loses: () => false,
  disk: { latency: () => 1, fails: () => false, crashes: () => false, compacts: () => {} },
};

/** One life of a replica's object. */
interface Life {
  readonly host: ReplicaHost;
  over: boolean;
}

/** A replica's object, across its lives. */
export class ReplicaObject {
  readonly region: Region;
  readonly #world: World;
  readonly #disk: Disk;
  readonly #sql = new NodeSql();
  /** How fast its clock runs. */
  readonly rate: number;
  #life: Life | null = null;
  /** Whether the alarm has rung, and what it set off is not over. */
  #ringing = false;
  /** Cut off from everything. */
  down = false;
  /** What ended a life, other than a crash. */
  readonly violations: unknown[] = [];

  constructor(world: World, at: Region, rate: number) {
    this.#world = world;
    this.region = at;
    this.rate = rate;
    const { timeline, random, manner } = world;
    const crash = () => this.crash();
    this.#disk = new Disk(this.#sql, timeline, random, manner.disk, crash);
  }

  get host(): ReplicaHost {
    this.#life ??= this.#wake();
    return this.#life.host;
  }

  get alarm(): Instant | null {
    return this.#disk.alarm;
  }

  get rows(): number {
    return this.#disk.rowsWritten;
  }

  now(): Instant {
    return Math.round(START + this.#world.timeline.now * this.rate) as Instant;
  }

  /** Ends the life: nobody hears from it again, and what was not confirmed may be lost. */
  crash(): void {
    if (this.#life !== null) this.#life.over = true;
    this.#life = null;
    this.#disk.crash();
    // The platform rings again where its call came to nothing.
    if (this.#ringing) this.#armAgain();
    this.#plan();
  }

  #armAgain(): void {
    this.#ringing = false;
    this.#disk.ringAgain((this.now() + 2_000) as Instant);
  }

  #wake(): Life {
    const life: Life = {
      host: new ReplicaHost(
        this.#ref(),
        this.#ports(() => life),
        this.#world.limits,
      ),
      over: false,
    };
    return life;
  }

  #ref(): ReplicaRef {
    return {
      namespace: "ns",
      members: REGIONS,
      replicas: this.#world.regions,
      historyMs: ms(60_000),
      self: this.region,
    };
  }

  #ports(life: () => Life): ReplicaPorts {
    const world = this.#world;
    /** Nobody hears what comes for a life that is over. */
    const heard = <T>(call: Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        call.then(
          (answer) => life().over || resolve(answer),
          (fault) => life().over || reject(fault),
        );
      });
    const living = () => {
      if (life().over) throw new Error("a life that is over still acts");
    };
    return {
      sql: {
        all: (query, ...bindings) => {
          living();
          return this.#disk.all(query, bindings);
        },
        run: (statement, ...bindings) => {
          living();
          return this.#disk.run(statement, bindings);
        },
      },
      confirm: () => heard(this.#disk.confirm()),
      now: () => this.now(),
      sleep: (duration) =>
        heard(new Promise((resolve) => world.timeline.after(duration / this.rate, resolve))),
      ask: (group, to, request, caller) => {
        if (request.type !== "feed") throw new Error("a replica asks for feeds alone");
        const answer = () => world.leaderAnswers(group, to, request);
        return heard(world.call(this, null, caller.deadlineMs, answer));
      },
      page: (from, request) => {
        const other = world.replica(from);
        return heard(world.call(this, other, 1_000, () => other.host.page(request)));
      },
      setAlarm: (at) => {
        living();
        this.#disk.setAlarm(at);
        this.#plan();
      },
      abort: (reason) => {
        this.violations.push(reason);
        this.crash();
        throw reason;
      },
    };
  }

  /** Rings the alarm, as the platform does, which then has none any more. */
  async ring(): Promise<void> {
    this.#disk.ring();
    this.#disk.seal();
    this.#ringing = true;
    await this.host.alarm();
    this.#ringing = false;
  }

  /** The platform gives an alarm up. */
  loseAlarm(): void {
    this.#disk.setAlarm(null);
    this.#disk.seal();
  }

  /** Rings when the alarm is due, if it is still the same one. */
  #plan(): void {
    const at = this.#disk.alarm;
    if (at === null) return;
    const { timeline, random } = this.#world;
    const due = Math.max(timeline.now, (at - START) / this.rate);
    timeline.at(due + random.between(0, 20), () => {
      if (this.#disk.alarm !== at) return;
      // The platform never rings while it still waits for the ring before.
      if (this.#ringing) {
        timeline.after(50, () => this.#plan());
        return;
      }
      this.ring().catch(() => {});
    });
  }
}

export class World {
  readonly timeline = new Timeline();
  readonly random: Random;
  manner: Manner;
  readonly groups = new Map<string, GroupModel>();
  readonly #replicas: ReadonlyMap<Region, ReplicaObject>;
  limits = REPLICA_LIMITS;
  /** Regions that have a replica. */
  regions: readonly Region[] = REGIONS;
  /** Who leads every group. */
  leader = WNAM;
  /** Whether no member answers. */
  leaderless = false;
  /** What a leader answers. */
  answers = (group: string, request: FeedRequest): Fed => this.group(group).feed(request);
  /** Requests of feeds, as they reached the leader. */
  readonly fed: { readonly group: string; readonly request: FeedRequest }[] = [];
  /** Calls wait here instead of going on, where it is not null. */
  held: (() => void)[] | null = null;

  constructor(seed = 1, manner: Manner = CALM, rates: readonly number[] = [1, 1, 1]) {
    this.random = new Random(seed);
    this.manner = manner;
    this.#replicas = new Map(
      REGIONS.map((at, i) => [at, new ReplicaObject(this, at, rates[i] ?? 1)]),
    );
  }

  group(name: string): GroupModel {
    const known = this.groups.get(name);
    if (known !== undefined) return known;
    const made = new GroupModel(name);
    this.groups.set(name, made);
    return made;
  }

  replica(at: Region): ReplicaObject {
    const found = this.#replicas.get(at);
    if (found === undefined) throw new Error(`no replica in ${at}`);
    return found;
  }

  get replicas(): ReplicaObject[] {
    return [...this.#replicas.values()];
  }

  leaderAnswers(group: string, to: Region, request: FeedRequest) {
    if (this.leaderless) return new Promise<never>(() => {});
    if (to !== this.leader) return { type: "redirected" as const, leader: this.leader };
    this.fed.push({ group, request });
    return this.answers(group, request);
  }

  /** Carries a call there and its answer back, or neither. */
  call<T>(
    from: ReplicaObject,
    to: ReplicaObject | null,
    deadlineMs: number,
    answer: () => T | Promise<T>,
  ): Promise<T> {
    const isCut = () => from.down || (to?.down ?? false);
    return new Promise((resolve, reject) => {
      this.timeline.after(deadlineMs, () => reject(new Error("no answer in time")));
      const back = (brought: T) => {
        if (isCut() || this.manner.loses()) return;
        this.timeline.after(this.manner.delay(), () => resolve(brought));
      };
      const there = () => {
        if (isCut()) return;
        Promise.resolve(answer()).then(back, () => {});
      };
      if (this.manner.loses()) return;
      this.timeline.after(this.manner.delay(), () => {
        if (this.held === null) there();
        else this.held.push(there);
      });
    });
  }

  /** Lets the calls that are held go on. */
  release(): void {
    const held = this.held ?? [];
    this.held = null;
    for (const call of held) call();
  }

  /** Gives what `call` brings, letting time pass until then and no longer. */
  async finish<T>(call: Promise<T>): Promise<T> {
    let over = false;
    const settled = call.finally(() => {
      over = true;
    });
    settled.catch(() => {});
    for (let turn = 0; turn < 32 && !over; turn++) await undefined;
    await this.timeline.run(() => over);
    if (!over) throw new Error("a call is never answered");
    return settled;
  }

  /** Lets so much time pass. */
  async pass(duration: number): Promise<void> {
    let over = false;
    this.timeline.after(duration, () => {
      over = true;
    });
    await this.timeline.run(() => over);
  }

  /** Lets time pass until nothing is left to happen. */
  async rest(): Promise<void> {
    await this.timeline.run(() => false);
    if (this.timeline.isEndless) throw new Error("it never rests");
  }

  /** The replica of `at` hears these messages; gives the index that each group then has. */
  apply(at: Region, ...batch: FanOut[]): Promise<Record<string, number>> {
    const applied = this.replica(at).host.apply(batch);
    return this.finish(
      applied.then((groups) =>
        Object.fromEntries(groups.map(({ group, index }) => [group, index])),
      ),
    );
  }
}
