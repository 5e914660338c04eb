/**
 * A replica in the world: its disk and clock, which last, and its object's lives, which do not.
 */
import { ANSWER_MS, PEER_CALL_MS } from "../../../shared/limits.ts";
import type { Answer, Caller, GroupRequest } from "../../../shared/member/request.ts";
import type { Census } from "../../../shared/replica/census.ts";
import type { ReplicaRef } from "../../../shared/replica/feed.ts";
import type { ReplicaHost } from "../../../shared/replica/host.ts";
import { REPLICA_LIMITS, type ReplicaLimits } from "../../../shared/replica/limits.ts";
import type { GroupPageAnswer, GroupPageRequest } from "../../../shared/replica/request.ts";
import { ReplicaStore } from "../../../shared/replica/store.ts";
import { addMs, type Instant, ms, type Region } from "../../../shared/types.ts";
import type { Clock } from "../../clock.ts";
import { Disk } from "../../disk.ts";
import { describeAnswer, describeRequest } from "../../history.ts";
import type { Reply } from "../../member.ts";
import { LifeOver } from "../../mortal.ts";
import type { NodeSql } from "../../node-sql.ts";
import type { Random } from "../../random.ts";
import type { Machine, Stage } from "../../stage.ts";
import { exchange } from "./exchange.ts";
import { ReplicaLife } from "./life.ts";

/** How soon the platform rings again where a ring came to nothing. */
const RING_AGAIN_MS = ms(2_000);

/** How often a replica crashes that has a part of a group's state, and not yet the last one. */
const PART_CRASH = 0.3;

/** Mostly so small that states come in parts, rounds have pages, and a census lasts for hours. */
export function drawLimits(random: Random): ReplicaLimits {
  if (random.chance(0.25)) return REPLICA_LIMITS;
  return {
    roundGroups: 1 + random.below(3),
    censusStepGroups: 1 + random.below(2),
    censusGroupsMax: 1 + random.below(3),
    stateKeysMax: 1 + random.below(3),
  };
}

export class SimReplica {
  readonly name: string;
  readonly region: Region;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly #ref: ReplicaRef;
  readonly #stage: Stage;
  readonly #peers: (region: Region) => SimReplica;
  readonly #random: Random;
  readonly #alarms: Machine["alarms"];
  readonly #limits: ReplicaLimits;
  readonly #superseded = new Set<ReplicaLife>();
  /** Calls that a life has not answered yet. */
  readonly #calls = new Map<ReplicaLife, Set<() => void>>();
  #life: ReplicaLife | null = null;
  #lives = 0;
  /** The alarm that a ring is planned for. */
  #armed: Instant | null = null;
  /** The life whose alarm has rung, while what that set off is not over. */
  #ringing: ReplicaLife | null = null;
  /** Whether its alarm does not ring for now, and other replicas do not hear it. */
  #mute = false;

  constructor(
    ref: ReplicaRef,
    stage: Stage,
    limits: ReplicaLimits,
    random: Random,
    sql: NodeSql,
    peers: (region: Region) => SimReplica,
  ) {
    this.#ref = ref;
    this.#stage = stage;
    this.#random = random;
    this.#peers = peers;
    this.region = ref.self;
    this.name = `replica@${ref.self}`;
    this.#limits = limits;
    const { clock, disk, alarms } = stage.makeMachine(random);
    this.clock = clock;
    this.#alarms = alarms;
    this.disk = new Disk(sql, stage.timeline, random, disk, () => this.crash());
  }

  /** Has the host do something, in whatever life there is. */
  call<T>(work: (host: ReplicaHost) => Promise<T>, reply: Reply<T>): void {
    const life = this.#receiver();
    const calls = this.#calls.get(life);
    const lost = (): void => this.#fail(() => this.call(work, reply), reply.lost);
    calls?.add(lost);
    life.run(() => {
      work(life.host).then(
        (value) => {
          calls?.delete(lost);
          if (!life.isOver) reply.answered(value);
        },
        (fault) => life.end(fault),
      );
    });
  }

  /** The process dies; what the disk had not confirmed may be lost. */
  crash(): void {
    if (this.#life === null) return;
    this.#note("crashes");
    this.#life.end(new LifeOver("crashed"));
  }

  /** The process dies in the middle of an effect to come. */
  crashAfter(effects: number): void {
    this.#life?.crashAfter(effects);
  }

  /** The object leaves memory in good order. */
  evict(): void {
    if (this.#life === null || this.disk.unconfirmedTurns > 0 || this.#ringing !== null) return;
    if ((this.#calls.get(this.#life)?.size ?? 0) > 0) return;
    this.#note("is evicted");
    this.#life.end(new LifeOver("evicted"));
  }

  /** Another instance takes over, and this one does not know it yet. */
  supersede(): void {
    const life = this.#life;
    if (life === null) return;
    this.#note(`${life.name} is superseded`);
    life.supersede();
    this.#superseded.add(life);
    this.#life = null;
    this.#afterLife(life);
    this.#stage.timeline.after(this.#random.between(0, 3_000), () =>
      life.end(new LifeOver("superseded")),
    );
  }

  setClockBack(milliseconds: number): void {
    this.#note(`sets its clock back by ${milliseconds} ms`);
    this.clock.setBack(milliseconds);
    this.#armed = null;
    this.#arm();
  }

  /** Whether its alarm is kept from ringing. */
  mute(mute: boolean): void {
    this.#mute = mute;
    this.#armed = null;
    this.#arm();
  }

  /** The groups that it knows. */
  get groups(): string[] {
    return this.#store.groups(null, 1_000).groups.map(({ group }) => group);
  }

  /** Whether it will ask all leaders, from the first to the last. */
  get countsAgain(): boolean {
    const kept = this.#store.meta<{ readonly census: Census }>("sweep");
    return (
      kept !== null &&
      kept.census.dueAt !== null &&
      (kept.census.again || kept.census.walk === null)
    );
  }

  /** What its disk holds. */
  get #store(): ReplicaStore {
    return new ReplicaStore(this.#ref.namespace, this.disk.inspect());
  }

  /** Mostly the present life; for a while one that was superseded may still be the one reached. */
  #receiver(): ReplicaLife {
    if (this.#superseded.size > 0 && this.#random.chance(0.5)) {
      const [oldest] = this.#superseded;
      if (oldest !== undefined) return oldest;
    }
    this.#life ??= this.#wake();
    return this.#life;
  }

  #wake(): ReplicaLife {
    const name = `${this.name}#${++this.#lives}`;
    this.#note(`wakes as ${name}`);
    const { timeline } = this.#stage;
    const life: ReplicaLife = new ReplicaLife(this.#ref, name, {
      disk: this.disk,
      limits: this.#limits,
      now: () => this.#now(),
      sleep: (duration) =>
        new Promise((resolve) => timeline.after(duration / this.clock.rate, resolve)),
      ask: (group, to, request, caller) => this.#ask(group, to, request, caller),
      page: (from, request) => this.#page(from, request),
      setAlarm: (at) => {
        this.disk.setAlarm(at);
        this.#arm();
      },
      ended: (reason) => this.#ended(life, reason),
    });
    this.#calls.set(life, new Set());
    return life;
  }

  #ended(life: ReplicaLife, reason: unknown): void {
    this.#note(`${life.name} ends: ${reason}`);
    this.#superseded.delete(life);
    if (this.#life === life) {
      this.#life = null;
      this.#afterLife(life);
    }
    if (!(reason instanceof LifeOver) && (reason as Error | null)?.name !== "DiskFault") {
      this.#stage.broken(this.name, reason);
    }
    const calls = this.#calls.get(life);
    this.#calls.delete(life);
    for (const lost of calls ?? []) lost();
  }

  /** What of a life's writes is not confirmed may go; a ring that came to nothing comes again. */
  #afterLife(life: ReplicaLife): void {
    this.disk.crash();
    if (this.#ringing === life) {
      this.#ringing = null;
      this.disk.ringAgain(addMs(this.#now(), RING_AGAIN_MS));
    }
    this.#armed = null;
    this.#arm();
  }

  /** A call that dies with its life: its caller is told, or hears nothing, or the platform repeats it by itself. */
  #fail(repeat: () => void, lost: () => void): void {
    const fate = this.#random.next();
    if (fate < 0.4) lost();
    else if (fate < 0.6) this.#stage.timeline.after(this.#random.between(0, 100), repeat);
  }

  async #ask(group: string, to: Region, request: GroupRequest, caller: Caller): Promise<Answer> {
    const peer = this.#stage.membersOf(group).find((member) => member.region === to);
    if (peer === undefined) throw new Error(`group ${group} has no member in ${to}`);
    this.#note(`asks ${peer.name}: ${describeRequest(request)}`);
    const deadlineMs = caller.deadlineMs + ANSWER_MS;
    const [answer] = await exchange<Answer[]>(this.#stage, this.region, to, deadlineMs, (reply) =>
      peer.serve([request], caller, reply),
    );
    if (answer === undefined) throw new Error("a request has no answer");
    this.#note(`hears from ${peer.name}: ${describeAnswer(answer)}`);
    const isPart = answer.type === "fed" && (answer.state?.after ?? null) !== null;
    if (isPart && !this.#stage.isHealed && this.#random.chance(PART_CRASH)) {
      this.#stage.timeline.after(this.#random.between(0, 300), () => this.crash());
    }
    return answer;
  }

  #page(from: Region, request: GroupPageRequest): Promise<GroupPageAnswer> {
    this.#note(`pages ${from}${request.news ? ", with news" : ""}`);
    const other = this.#peers(from);
    return exchange(this.#stage, this.region, from, PEER_CALL_MS, (reply) =>
      other.call((host) => host.page(request), reply),
    );
  }

  #arm(): void {
    const { alarm } = this.disk;
    if (alarm === this.#armed || this.#mute) return;
    this.#armed = alarm;
    if (alarm === null) return;
    this.#stage.timeline.at(this.clock.timeOf(alarm) + this.#alarms.lateMs(), () => {
      if (this.#armed === alarm && this.disk.alarm === alarm && !this.#mute) this.#ring();
    });
  }

  #ring(): void {
    // The platform never rings while it still waits for the ring before.
    if (this.#ringing !== null) {
      this.#armed = null;
      this.#stage.timeline.after(50, () => this.#arm());
      return;
    }
    this.#life ??= this.#wake();
    const life = this.#life;
    this.#note("alarm rings");
    this.#ringing = life;
    const repeats = this.#alarms.repeats();
    life.run(() => {
      this.disk.ring();
      life.host.alarm().then(
        () => {
          if (this.#ringing === life) this.#ringing = null;
        },
        (fault) => life.end(fault),
      );
    });
    this.#armed = null;
    this.#arm();
    if (!repeats) return;
    this.#stage.timeline.after(this.#random.between(0, 500), () => {
      life.run(() => {
        life.host.alarm().catch((fault) => life.end(fault));
      });
    });
  }

  #now(): Instant {
    return this.clock.read(this.#stage.timeline.now);
  }

  #note(what: string): void {
    this.#stage.trace.note(this.#stage.timeline.now, this.name, what);
  }
}
