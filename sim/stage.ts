/**
 * The stage that plays are given on: regions, a network, groups with their members, clients, and what befalls them.
 *
 * The code on it is the deployed code, on other ports. A play has a safety phase with faults of every kind; then the
 * stage heals, and every request must be answered (DESIGN.md §10). What clients want is the play's own.
 */
import { DRIFT_BOUND } from "../shared/limits.ts";
import type { Answer, GroupRef } from "../shared/member/request.ts";
import { ms, type Region, region } from "../shared/types.ts";
import { Archive, type GroupLog, leadersEnd } from "./archive.ts";
import { Instants } from "./check/instant.ts";
import { Client, type ClientManner } from "./client.ts";
import { Clock } from "./clock.ts";
import type { Databases } from "./databases.ts";
import type { DiskManner } from "./disk.ts";
import { befall, drawFaults, type FaultPlan, HEALTHY_NETWORK, type MemberFault } from "./faults.ts";
import { type MemberWorld, type ReplicaFeed, SimMember, type Witness } from "./member.ts";
import { Network, type NetworkManner } from "./network.ts";
import type { Facts, Finding } from "./outcome.ts";
import { Random } from "./random.ts";
import { Timeline } from "./timeline.ts";
import { Trace } from "./trace.ts";

export interface StageOptions {
  /** Members of each group: one, three or five. */
  readonly members: number;
  readonly print: ((line: string) => void) | null;
  /** The groups' names, drawn when the network stands. */
  readonly groups: (random: Random) => readonly string[];
  /** Where the namespace has replicas; left out where it has none. */
  readonly replicas?: readonly Region[];
  /** Whether clocks are never set back: where leaders are cut off on purpose, for against that no lease holds. */
  readonly steady?: boolean;
}

/** What an object has that is no member. */
export interface Machine {
  readonly clock: Clock;
  readonly disk: DiskManner;
  readonly alarms: MemberWorld["alarms"];
}

export interface StagedGroup {
  readonly ref: GroupRef;
  readonly members: readonly SimMember[];
  readonly archive: Archive;
  readonly instants: Instants;
}

export const REGIONS: readonly Region[] = ["wnam", "weur", "apac", "enam", "eeur"].map(region);
/**
 * From this seed on, regions are as unevenly far from one another as on the globe, and half of the cuts are one way
 * only. Seeds below it keep the world in which each planted mistake was found.
 */
export const UNEVEN_FROM = 1_000_000;

export class Stage {
  readonly timeline = new Timeline();
  /** The one source of chance; whoever draws a number of times that depends on what happens forks it first. */
  readonly random: Random;
  readonly network: Network;
  readonly trace: Trace;
  readonly plan: FaultPlan;
  readonly groups = new Map<string, StagedGroup>();
  readonly findings: Finding[] = [];
  readonly witnesses = new WeakMap<Answer, Witness>();
  /** Called when a leader has sent an errand to another group: what may befall it right then. */
  afterErrand: MemberWorld["afterErrand"] = () => {};
  /** How replicas are fed, in a play that has some. */
  feed: ReplicaFeed | null = null;
  /** Whether regions are unevenly far apart, and may be cut off one way only. */
  readonly #uneven: boolean;
  readonly #historyMs: number;
  readonly #members: number;
  readonly #replicas: readonly Region[] | null;
  /** All places there are: those of members, and those of clients. */
  readonly #regions: readonly Region[];
  /** Whether nothing goes wrong: before a play begins in earnest, where it wants that, and once the stage is healed. */
  #calm = false;
  /** Whether the plan of faults is left aside. */
  #bare = false;
  #healed = false;
  #busy = 0;
  #rounds = 0;
  /** How much of the time clocks did not drift. */
  #inStepMs = 0;

  constructor(seed: number, databases: Databases, options: StageOptions) {
    this.random = new Random(seed);
    this.trace = new Trace(options.print);
    const plan = drawFaults(this.random.fork());
    const steady = { ...plan, rates: { ...plan.rates, setClockBack: 0 } };
    this.plan = options.steady === true ? steady : plan;
    this.#uneven = seed >= UNEVEN_FROM;
    this.network = new Network(this.timeline, this.random.fork(), this.plan.network, this.#uneven);
    this.#historyMs = this.random.pick([5_000, 60_000, 90_000]);
    const members = REGIONS.slice(0, options.members);
    this.#members = options.members;
    this.#replicas = options.replicas ?? null;
    this.#regions = REGIONS.slice(0, Math.max(2, options.members));
    for (const name of options.groups(this.random)) {
      this.groups.set(name, this.#makeGroup(name, members, databases));
    }
    this.timeline.afterEach = () => this.#checkInstant();
  }

  get isHealed(): boolean {
    return this.#healed;
  }

  get isCalm(): boolean {
    return this.#calm;
  }

  get #isFaultless(): boolean {
    return this.#calm || this.#bare;
  }

  /** Two clients, each in a region of its own. */
  makeClients(patiences: readonly number[]): readonly Client[] {
    return REGIONS.slice(0, 2).map((place) => {
      const random = this.random.fork();
      const manner: ClientManner = {
        patienceMs: this.random.pick(patiences),
        gatherMs: this.random.pick([0, 1, 5]),
      };
      return new Client(place, this.timeline, this.network, random, this.trace, manner, (group) =>
        this.membersOf(group),
      );
    });
  }

  membersOf(group: string): readonly SimMember[] {
    return this.groups.get(group)?.members ?? [];
  }

  allMembers(): SimMember[] {
    return [...this.groups.values()].flatMap((group) => group.members);
  }

  /**
   * Several clients at once, each doing one thing after the other, until `count` were done.
   * @param act does one, and calls back when it is over
   */
  async round(
    clients: readonly Client[],
    count: number,
    act: (name: string, client: Client, then: () => void) => void,
    atOnceMin = 2,
  ): Promise<void> {
    const atOnce = atOnceMin + this.random.below(5);
    let left = count;
    const thinkMs = this.random.pick([1, 20, 200, 1_000]);
    const random = this.random.fork();
    const next = (name: string, client: Client): void => {
      if (left-- <= 0) {
        this.#busy -= 1;
        return;
      }
      act(name, client, () =>
        this.timeline.after(random.between(0, thinkMs), () => next(name, client)),
      );
    };
    for (let number = 1; number <= atOnce; number++) {
      const client = clients[number % clients.length] ?? random.pick(clients);
      this.#busy += 1;
      this.timeline.after(random.between(0, thinkMs), () => next(`client${number}`, client));
    }
    if (!this.#isFaultless) this.#scheduleFaults();
    await this.#rest();
    this.#rounds += 1;
  }

  /** Begins everything in `acts` at once, and waits until all of it is over. */
  async together(acts: Iterable<(then: () => void) => void>): Promise<void> {
    for (const act of acts) {
      this.#busy += 1;
      act(() => {
        this.#busy -= 1;
      });
    }
    await this.#rest();
  }

  #rest(): Promise<void> {
    return this.timeline.run(() => this.#busy === 0);
  }

  async wait(milliseconds: number): Promise<void> {
    const until = this.timeline.now + milliseconds;
    let over = false;
    this.timeline.at(until, () => {
      over = true;
    });
    await this.timeline.run(() => over);
  }

  /** Waits for hours, in which clocks do not drift: a tenth of that would be more than clocks are ever apart. */
  async waitInStep(milliseconds: number): Promise<void> {
    const clocks = this.allMembers().map(({ clock }) => ({ clock, rate: clock.rate }));
    for (const { clock } of clocks) clock.setRate(1, this.timeline.now);
    await this.wait(milliseconds);
    for (const { clock, rate } of clocks) clock.setRate(rate, this.timeline.now);
    this.#inStepMs += milliseconds;
  }

  /** Lets everything that is under way come to its end. */
  async settle(): Promise<void> {
    await this.timeline.run(() => false);
    if (this.timeline.isEndless) this.find("progress", "the world does not come to an end");
  }

  /** Nothing goes wrong until {@link storm}. */
  calm(): void {
    this.#calm = true;
    this.#bare = false;
    this.network.manner = HEALTHY_NETWORK;
    this.network.healAll();
  }

  /**
   * @param echoes what comes again late, besides what the plan of faults says.
   * @param alone how the network behaves where the plan is left aside: what befalls is the play's own doing.
   */
  storm(echoes: NetworkManner["echoes"], alone: NetworkManner | null = null): void {
    this.#calm = false;
    this.#bare = alone !== null;
    const manner = alone ?? this.plan.network;
    this.network.manner = echoes === undefined ? manner : { ...manner, echoes };
  }

  heal(): void {
    this.trace.note(this.timeline.now, "world", "heals");
    this.#healed = true;
    this.calm();
    for (const member of this.allMembers()) member.goOn();
  }

  /**
   * Cuts a member off, lets it come back when the log it misses is about to be compacted, and then cuts another off, so
   * that the one that was left behind may have to lead.
   */
  leaveBehind(leapMs: number): void {
    const random = this.random.fork();
    const members = random.pick([...this.groups.values()]).members;
    const left = random.pick(members);
    const other = random.pick(members.filter((member) => member !== left));
    const rounds = this.#rounds;
    this.timeline.after(random.between(0, 1_000), () => {
      if (this.#rounds !== rounds) return;
      const rejoin = this.#cutOff(left);
      const wait = (): void => {
        if (this.#rounds === rounds) this.timeline.after(100, wait);
        else this.timeline.after(leapMs + random.between(0, 2_000), back);
      };
      const back = (): void => {
        rejoin();
        this.timeline.after(random.between(0, 1_500), () => {
          if (!this.#healed) this.timeline.after(random.between(2_000, 8_000), this.#cutOff(other));
        });
      };
      wait();
    });
  }

  /** L3: with nothing asked and nothing to expire, nobody sets an alarm. */
  checkSilence(): void {
    for (const member of this.allMembers()) {
      if (member.disk.alarm !== null) this.find("L3", `${member.name} has an alarm, but is idle`);
    }
  }

  /** The code under test aborted for a reason that is no fault of the world's making. */
  broken(who: string, reason: unknown): void {
    this.find(propertyOf(reason), `${who}: ${describeFault(reason)}`);
  }

  find(property: string, detail: string): void {
    this.trace.note(this.timeline.now, "world", `finds ${property}: ${detail}`);
    this.findings.push({ property, detail });
  }

  /** All groups' logs as they are in the end. */
  closeLogs(): GroupLog[] {
    return [...this.groups.values()].flatMap(({ ref, members, archive }) => {
      try {
        const disks = members.map((member) => member.disk.inspect());
        return [archive.close(ref.group, disks)];
      } catch (fault) {
        this.find("log", `group ${ref.group} cannot be read: ${fault}`);
        return [];
      }
    });
  }

  /** How far each group's leader is, and the oldest vote that it has not seen resolved. */
  leadersEnds(): { group: string; index: number; oldestOpen: number | null }[] {
    return [...this.groups].map(([group, { ref, members }]) => {
      const disks = new Map(members.map(({ region, disk }) => [region, disk.inspect()]));
      return { group, ...leadersEnd(disks, ref.self) };
    });
  }

  facts(): Facts {
    const { drift, offsetMsMax } = this.plan.clocks;
    const drifting = this.timeline.now - this.#inStepMs;
    return {
      // Of a lone member there is one clock.
      clockSpreadMs: this.#members === 1 ? 0 : 2 * (offsetMsMax + drift * drifting),
      driftBound: DRIFT_BOUND,
      historyMs: this.#historyMs,
      endsAt: Math.max(...this.allMembers().map(({ clock }) => clock.highest(this.timeline.now))),
    };
  }

  #makeGroup(name: string, regions: readonly Region[], databases: Databases): StagedGroup {
    const refOf = (self: Region): GroupRef => ({
      namespace: "sim",
      group: name,
      members: regions,
      self,
      historyMs: ms(this.#historyMs),
      ...(this.#replicas !== null && { replicas: this.#replicas }),
    });
    const archive = new Archive();
    const members = regions.map((self) => {
      const random = this.random.fork();
      const clock = this.#makeClock(random);
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

  /** What an object beside the members runs on, with the same faults. */
  makeMachine(random: Random): Machine {
    // A third is as slow as any: whoever takes its clock for true shows there.
    const slow = random.chance(1 / 3);
    const clock = slow ? new Clock(0, 1 - this.plan.clocks.drift) : this.#makeClock(random);
    return { clock, disk: this.#diskManner(random, null), alarms: this.#alarms(random) };
  }

  #makeClock(random: Random): Clock {
    const { drift, offsetMsMax } = this.plan.clocks;
    const rate = 1 + drift * random.between(-1, 1);
    return new Clock(random.between(-offsetMsMax, offsetMsMax), rate);
  }

  #alarms(random: Random): MemberWorld["alarms"] {
    const { lateMsMax, repetition } = this.plan.alarms;
    return {
      lateMs: () => random.between(0, this.#isFaultless ? 5 : lateMsMax),
      repeats: () => !this.#isFaultless && random.chance(repetition),
    };
  }

  #memberWorld(random: Random): MemberWorld {
    return {
      timeline: this.timeline,
      network: this.network,
      trace: this.trace,
      witnesses: this.witnesses,
      peer: (group, of) => {
        const peer = this.membersOf(group).find((member) => member.region === of);
        if (peer === undefined) throw new Error(`group ${group} has no member in ${of}`);
        return peer;
      },
      broken: (member, reason) => this.broken(member, reason),
      afterErrand: (member, group, request) => this.afterErrand(member, group, request),
      alarms: this.#alarms(random),
      feed: () => {
        if (this.feed === null) throw new Error("nobody has said how replicas are fed");
        return this.feed;
      },
    };
  }

  #diskManner(random: Random, archive: Archive | null): DiskManner {
    const { usualMs, slow, slowMsMax, failure, crash } = this.plan.disk;
    return {
      latency: () => {
        const usual = usualMs * random.between(0.5, 1.5);
        return !this.#isFaultless && random.chance(slow)
          ? usual + random.between(0, slowMsMax)
          : usual;
      },
      fails: () => !this.#isFaultless && random.chance(failure),
      crashes: () => !this.#isFaultless && random.chance(crash),
      compacts: (sql, through) => archive?.keep(sql, through),
    };
  }

  /** Faults befall members while a round lasts. */
  #scheduleFaults(): void {
    const random = this.random.fork();
    for (const fault of Object.keys(this.plan.rates) as MemberFault[]) {
      const rate = this.plan.rates[fault];
      if (rate === 0) continue;
      for (const { members } of this.groups.values()) {
        // Exponential gaps: a Poisson process.
        const gapMs = (): number => (-Math.log(1 - random.next()) / rate) * 1_000;
        this.#duringRound(gapMs, () => this.befall(fault, random.pick(members), random));
      }
    }
  }

  /** Does something again and again, until the round that is under way is over. */
  #duringRound(gapMs: () => number, act: () => void): void {
    const round = this.#rounds;
    const again = (): void => {
      if (this.#rounds !== round) return;
      act();
      this.timeline.after(gapMs(), again);
    };
    this.timeline.after(gapMs(), again);
  }

  befall(fault: MemberFault, member: SimMember, random: Random): void {
    befall(fault, member, this.#regions, random, (a, b, forMs) => {
      const oneWay = this.#uneven && random.chance(0.5);
      this.trace.note(
        this.timeline.now,
        "network",
        `cuts ${a} from ${b}${oneWay ? ", one way," : ""} for ${forMs.toFixed(0)} ms`,
      );
      if (oneWay) this.network.partitionOneWay(a, b, forMs);
      else this.network.partition(a, b, forMs);
    });
  }

  /** Cuts a member off from all other regions until the function that comes back is called. */
  #cutOff(member: SimMember): () => void {
    this.trace.note(this.timeline.now, member.name, "is cut off");
    const others = this.#regions.filter((other) => other !== member.region);
    const rejoins = others.map((other) => this.network.cut(member.region, other));
    return () => {
      for (const rejoin of rejoins) rejoin();
    };
  }

  #checkInstant(): void {
    for (const { ref, members, instants } of this.groups.values()) {
      const present = members.flatMap((member) => member.inspect() ?? []);
      try {
        instants.check(present);
      } catch (fault) {
        // Once is enough: what follows from it is no news.
        this.timeline.afterEach = () => {};
        this.find(propertyOf(fault), `group ${ref.group}: ${describeFault(fault)}`);
      }
    }
  }
}

function propertyOf(reason: unknown): string {
  return reason instanceof Error && "invariant" in reason ? String(reason.invariant) : "abort";
}

function describeFault(reason: unknown): string {
  return reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
}
