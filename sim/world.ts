/**
 * A simulated world: regions, a network, groups with their members, clients with their wishes.
 *
 * The code in it is the deployed code, on other ports. A run has a safety phase with faults of every kind;
 * then the world heals, and every request must be answered (DESIGN.md §10).
 */
import { DRIFT_BOUND } from "../shared/limits.ts";
import type { Answer, GroupRef } from "../shared/member/request.ts";
import { ms, type Region, region } from "../shared/types.ts";
import { Archive, type GroupLog } from "./archive.ts";
import { Instants } from "./check/instant.ts";
import { Client } from "./client.ts";
import { Clock } from "./clock.ts";
import type { Databases } from "./databases.ts";
import type { DiskManner } from "./disk.ts";
import { befall, drawFaults, type FaultPlan, HEALTHY_NETWORK, type MemberFault } from "./faults.ts";
import type { Operation } from "./history.ts";
import { type MemberWorld, SimMember, type Witness } from "./member.ts";
import { Network } from "./network.ts";
import { Random } from "./random.ts";
import { Timeline } from "./timeline.ts";
import { Trace } from "./trace.ts";
import { type Asked, Workload } from "./workload.ts";

export interface WorldOptions {
  /** Members of each group: one, three or five. */
  readonly members: number;
  readonly print: ((line: string) => void) | null;
}

/** Something that must not be, by the property it breaks. */
export interface Finding {
  readonly property: string;
  readonly detail: string;
}

/** Everything the checkers are given. */
export interface Outcome {
  readonly hash: string;
  readonly operations: readonly Operation[];
  readonly logs: readonly GroupLog[];
  /** What the world saw go wrong while it ran. */
  readonly findings: readonly Finding[];
  readonly facts: Facts;
}

/** What the checkers must know of the world's clocks and windows. */
export interface Facts {
  /** How far apart two machines' clocks may show at once, in milliseconds. */
  readonly clockSpreadMs: number;
  readonly driftBound: number;
  readonly historyMs: number;
  /** The latest instant that any clock has shown. */
  readonly endsAt: number;
}

interface Group {
  readonly ref: GroupRef;
  readonly members: readonly SimMember[];
  readonly archive: Archive;
  readonly instants: Instants;
}

const REGIONS: readonly Region[] = ["wnam", "weur", "apac", "enam", "eeur"].map(region);
/**
 * From this seed on, regions are as unevenly far from one another as on the globe, and half of the cuts are one way
 * only. Seeds below it keep the world in which each planted mistake was found.
 */
export const UNEVEN_FROM = 1_000_000;
/** How long clients wait. With several members a leader is missed for a lease before another is elected. */
const DEADLINE_MS = { alone: [60, 400, 2_000, 10_000], several: [1_000, 10_000, 10_000] };
const HEALED_DEADLINE_MS = 10_000;
/** Longer than a request's id is remembered, and than an idempotency key is. */
const LEAPS_MS = { none: 0, copies: 75_000, keys: 26 * 3_600_000 };

export class World {
  readonly #timeline = new Timeline();
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #plan: FaultPlan;
  readonly #network: Network;
  /** Whether regions are unevenly far apart, and may be cut off one way only. */
  readonly #uneven: boolean;
  readonly #groups = new Map<string, Group>();
  readonly #clients: readonly Client[];
  readonly #workload: Workload;
  readonly #operations: Operation[] = [];
  readonly #findings: Finding[] = [];
  readonly #witnesses = new WeakMap<Answer, Witness>();
  readonly #historyMs: number;
  readonly #deadlines: readonly number[];
  readonly #members: number;
  /** All places there are: those of members, and those of clients. */
  readonly #regions: readonly Region[];
  #healed = false;
  #busy = 0;
  #rounds = 0;
  /** How much of the time clocks did not drift. */
  #inStepMs = 0;

  constructor(seed: number, databases: Databases, options: WorldOptions) {
    this.#random = new Random(seed);
    this.#trace = new Trace(options.print);
    this.#plan = drawFaults(this.#random.fork());
    this.#uneven = seed >= UNEVEN_FROM;
    this.#network = new Network(
      this.#timeline,
      this.#random.fork(),
      this.#plan.network,
      this.#uneven,
    );
    this.#historyMs = this.#random.pick([5_000, 60_000, 90_000]);
    const names = ["a", "b"].slice(0, 1 + this.#random.below(2));
    const members = REGIONS.slice(0, options.members);
    this.#members = options.members;
    this.#deadlines = options.members === 1 ? DEADLINE_MS.alone : DEADLINE_MS.several;
    this.#regions = REGIONS.slice(0, Math.max(2, options.members));
    for (const name of names) this.#groups.set(name, this.#makeGroup(name, members, databases));
    this.#timeline.afterEach = () => this.#checkInstant();
    this.#workload = new Workload(this.#random.fork(), names);
    this.#clients = REGIONS.slice(0, 2).map((place) => this.#makeClient(place));
  }

  /** Runs the whole story: rounds of work with faults, the healing, and the end of all that is under way. */
  async run(): Promise<Outcome> {
    const leap = this.#random.weighted({ none: 12, copies: 4, keys: 1 });
    if (leap !== "none" && this.#members > 1) this.#leaveBehind(LEAPS_MS[leap]);
    await this.#round(leap === "none" ? 50 : 35);
    if (leap !== "none") {
      if (leap === "keys") {
        await this.#waitInStep(LEAPS_MS.keys);
        this.#workload.epoch += 1;
      } else {
        await this.#wait(LEAPS_MS[leap]);
      }
      await this.#round(25);
    }
    this.#heal();
    await this.#readAll();
    await this.#round(20);
    await this.#timeline.run(() => false);
    if (this.#timeline.isEndless) this.#find("progress", "the world does not come to an end");
    else this.#checkSilence();
    return this.#outcome();
  }

  #makeGroup(name: string, regions: readonly Region[], databases: Databases): Group {
    const refOf = (self: Region): GroupRef => ({
      namespace: "sim",
      group: name,
      members: regions,
      self,
      historyMs: ms(this.#historyMs),
    });
    const archive = new Archive();
    const members = regions.map((self) => {
      const random = this.#random.fork();
      const { drift, offsetMsMax } = this.#plan.clocks;
      const rate = 1 + drift * random.between(-1, 1);
      const clock = new Clock(random.between(-offsetMsMax, offsetMsMax), rate);
      return new SimMember(
        refOf(self),
        this.#memberWorld(random),
        random,
        databases.take(),
        clock,
        this.#diskManner(random, archive),
      );
    });
    const [first = REGIONS[0] as Region] = regions;
    return { ref: refOf(first), members, archive, instants: new Instants() };
  }

  #memberWorld(random: Random): MemberWorld {
    const { lateMsMax, repetition } = this.#plan.alarms;
    return {
      timeline: this.#timeline,
      network: this.#network,
      trace: this.#trace,
      witnesses: this.#witnesses,
      peer: (group, of) => {
        const peer = this.#membersOf(group.group).find((member) => member.region === of);
        if (peer === undefined) throw new Error(`group ${group.group} has no member in ${of}`);
        return peer;
      },
      broken: (member, reason) =>
        this.#find(propertyOf(reason), `${member}: ${describeFault(reason)}`),
      alarms: {
        lateMs: () => random.between(0, this.#healed ? 5 : lateMsMax),
        repeats: () => !this.#healed && random.chance(repetition),
      },
    };
  }

  #diskManner(random: Random, archive: Archive): DiskManner {
    const { usualMs, slow, slowMsMax, failure, crash } = this.#plan.disk;
    return {
      latency: () => {
        const usual = usualMs * random.between(0.5, 1.5);
        return !this.#healed && random.chance(slow) ? usual + random.between(0, slowMsMax) : usual;
      },
      fails: () => !this.#healed && random.chance(failure),
      crashes: () => !this.#healed && random.chance(crash),
      compacts: (sql, through) => archive.keep(sql, through),
    };
  }

  #makeClient(place: Region): Client {
    return new Client(
      place,
      this.#timeline,
      this.#network,
      this.#random.fork(),
      this.#trace,
      {
        patienceMs: this.#random.pick([100, 400, 1_500]),
        gatherMs: this.#random.pick([0, 1, 5]),
      },
      (group) => this.#membersOf(group),
    );
  }

  #membersOf(group: string): readonly SimMember[] {
    return this.#groups.get(group)?.members ?? [];
  }

  #allMembers(): SimMember[] {
    return [...this.#groups.values()].flatMap((group) => group.members);
  }

  /** Several clients at once, each asking one thing after the other, until `count` were asked. */
  async #round(count: number): Promise<void> {
    const atOnce = 2 + this.#random.below(5);
    let left = count;
    const thinkMs = this.#random.pick([1, 20, 200, 1_000]);
    const random = this.#random.fork();
    const next = (name: string, client: Client): void => {
      if (left-- <= 0) {
        this.#busy -= 1;
        return;
      }
      this.#ask(name, client, this.#workload.next(), () =>
        this.#timeline.after(random.between(0, thinkMs), () => next(name, client)),
      );
    };
    for (let number = 1; number <= atOnce; number++) {
      const client = this.#clients[number % this.#clients.length] ?? random.pick(this.#clients);
      this.#busy += 1;
      this.#timeline.after(random.between(0, thinkMs), () => next(`client${number}`, client));
    }
    if (!this.#healed) this.#scheduleFaults();
    await this.#timeline.run(() => this.#busy === 0);
    this.#rounds += 1;
  }

  /** Reads alone must be answered too, by members that have just woken. */
  async #readAll(): Promise<void> {
    for (const [name, group] of this.#groups) {
      for (const member of group.members) member.crash();
      for (const key of this.#workload.keysOf(name)) {
        const request = { type: "get", key, revision: null } as const;
        this.#busy += 1;
        this.#ask(
          "auditor",
          this.#random.pick(this.#clients),
          { group: name, request, effect: key },
          () => {
            this.#busy -= 1;
          },
        );
      }
    }
    await this.#timeline.run(() => this.#busy === 0);
  }

  #ask(name: string, client: Client, asked: Asked, then: () => void): void {
    const { group, request, effect } = asked;
    const operation: Operation = {
      number: this.#operations.length,
      client: name,
      group,
      request,
      effect,
      invokedAt: this.#timeline.now,
      returnedAt: Number.POSITIVE_INFINITY,
      answer: null,
      witness: null,
    };
    this.#operations.push(operation);
    const deadlineMs = this.#healed ? HEALED_DEADLINE_MS : this.#random.pick(this.#deadlines);
    client.request(group, request, deadlineMs, (answer) => {
      if (answer !== null) {
        operation.answer = answer;
        operation.returnedAt = this.#timeline.now;
        operation.witness = this.#witnesses.get(answer) ?? null;
        this.#learn(operation);
      } else if (this.#healed) {
        this.#find("progress", `nobody answered in a healed world: operation ${operation.number}`);
      }
      then();
    });
  }

  /** Clients go on with the revisions they have seen. */
  #learn({ request, answer }: Operation): void {
    if (answer?.type === "record" && answer.record !== null) {
      this.#workload.learn(answer.record.key, answer.record.revision);
    }
    if (answer?.type === "records") {
      for (const record of answer.records) this.#workload.learn(record.key, record.revision);
    }
    if (answer?.type === "written" && request.type === "write") {
      for (const { type, key } of request.operations) {
        if (type === "put") this.#workload.learn(key, answer.receipt.index);
      }
    }
  }

  /** Faults befall members while a round lasts. */
  #scheduleFaults(): void {
    const random = this.#random.fork();
    for (const fault of Object.keys(this.#plan.rates) as MemberFault[]) {
      const rate = this.#plan.rates[fault];
      if (rate === 0) continue;
      for (const { members } of this.#groups.values()) {
        // Exponential gaps: a Poisson process.
        const gapMs = (): number => (-Math.log(1 - random.next()) / rate) * 1_000;
        this.#duringRound(gapMs, () => this.#befall(fault, random.pick(members), random));
      }
    }
  }

  /** Does something again and again, until the round that is under way is over. */
  #duringRound(gapMs: () => number, act: () => void): void {
    const round = this.#rounds;
    const again = (): void => {
      if (this.#rounds !== round) return;
      act();
      this.#timeline.after(gapMs(), again);
    };
    this.#timeline.after(gapMs(), again);
  }

  #befall(fault: MemberFault, member: SimMember, random: Random): void {
    befall(fault, member, this.#regions, random, (a, b, forMs) => {
      const oneWay = this.#uneven && random.chance(0.5);
      this.#trace.note(
        this.#timeline.now,
        "network",
        `cuts ${a} from ${b}${oneWay ? ", one way," : ""} for ${forMs.toFixed(0)} ms`,
      );
      if (oneWay) this.#network.partitionOneWay(a, b, forMs);
      else this.#network.partition(a, b, forMs);
    });
  }

  async #wait(milliseconds: number): Promise<void> {
    const until = this.#timeline.now + milliseconds;
    let over = false;
    this.#timeline.at(until, () => {
      over = true;
    });
    await this.#timeline.run(() => over);
  }

  /**
   * Cuts a member off, lets it come back when the log it misses is about to be compacted, and then cuts another off, so
   * that the one that was left behind may have to lead.
   */
  #leaveBehind(leapMs: number): void {
    const random = this.#random.fork();
    const members = random.pick([...this.#groups.values()]).members;
    const left = random.pick(members);
    const other = random.pick(members.filter((member) => member !== left));
    const rounds = this.#rounds;
    this.#timeline.after(random.between(0, 1_000), () => {
      if (this.#rounds !== rounds) return;
      const rejoin = this.#cutOff(left);
      const wait = (): void => {
        if (this.#rounds === rounds) this.#timeline.after(100, wait);
        else this.#timeline.after(leapMs + random.between(0, 2_000), back);
      };
      const back = (): void => {
        rejoin();
        this.#timeline.after(random.between(0, 1_500), () => {
          if (!this.#healed)
            this.#timeline.after(random.between(2_000, 8_000), this.#cutOff(other));
        });
      };
      wait();
    });
  }

  /** Cuts a member off from all other regions until the function that comes back is called. */
  #cutOff(member: SimMember): () => void {
    this.#trace.note(this.#timeline.now, member.name, "is cut off");
    const others = this.#regions.filter((other) => other !== member.region);
    const rejoins = others.map((other) => this.#network.cut(member.region, other));
    return () => {
      for (const rejoin of rejoins) rejoin();
    };
  }

  /** Waits for hours, in which clocks do not drift: a tenth of that would be more than clocks are ever apart. */
  async #waitInStep(milliseconds: number): Promise<void> {
    const clocks = this.#allMembers().map(({ clock }) => ({ clock, rate: clock.rate }));
    for (const { clock } of clocks) clock.setRate(1, this.#timeline.now);
    await this.#wait(milliseconds);
    for (const { clock, rate } of clocks) clock.setRate(rate, this.#timeline.now);
    this.#inStepMs += milliseconds;
  }

  #heal(): void {
    this.#trace.note(this.#timeline.now, "world", "heals");
    this.#healed = true;
    this.#network.manner = HEALTHY_NETWORK;
    this.#network.healAll();
  }

  #checkInstant(): void {
    for (const { ref, members, instants } of this.#groups.values()) {
      const present = members.flatMap((member) => member.inspect() ?? []);
      try {
        instants.check(present);
      } catch (fault) {
        // Once is enough: what follows from it is no news.
        this.#timeline.afterEach = () => {};
        this.#find(propertyOf(fault), `group ${ref.group}: ${describeFault(fault)}`);
      }
    }
  }

  /** L3: with nothing asked and nothing to expire, nobody sets an alarm. */
  #checkSilence(): void {
    for (const member of this.#allMembers()) {
      if (member.disk.alarm !== null) this.#find("L3", `${member.name} has an alarm, but is idle`);
    }
  }

  #find(property: string, detail: string): void {
    this.#trace.note(this.#timeline.now, "world", `finds ${property}: ${detail}`);
    this.#findings.push({ property, detail });
  }

  #outcome(): Outcome {
    const { drift, offsetMsMax } = this.#plan.clocks;
    const drifting = this.#timeline.now - this.#inStepMs;
    const logs = [...this.#groups.values()].flatMap(({ ref, members, archive }) => {
      try {
        const disks = members.map((member) => member.disk.inspect());
        return [archive.close(ref.group, disks)];
      } catch (fault) {
        this.#find("log", `group ${ref.group} cannot be read: ${fault}`);
        return [];
      }
    });
    return {
      hash: this.#trace.hash,
      operations: this.#operations,
      logs,
      findings: this.#findings,
      facts: {
        // Of a lone member there is one clock.
        clockSpreadMs: this.#members === 1 ? 0 : 2 * (offsetMsMax + drift * drifting),
        driftBound: DRIFT_BOUND,
        historyMs: this.#historyMs,
        endsAt: Math.max(
          ...this.#allMembers().map(({ clock }) => clock.highest(this.#timeline.now)),
        ),
      },
    };
  }
}

function propertyOf(reason: unknown): string {
  return reason instanceof Error && "invariant" in reason ? String(reason.invariant) : "abort";
}

function describeFault(reason: unknown): string {
  return reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
}
