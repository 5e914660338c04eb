/**
 * What happens next: drawn from the seed, with a bias towards what hides.
 *
 * Mistakes in elections and leases show only in long chains: a crash right after a send, an election right after the
 * crash, a late copy after that. So beside single steps there are moves that set such a chain going, and every
 * run draws its own mixture (swarm testing: Groce and others, 2012).
 */
import type { AnyRequest } from "../../shared/member/request.ts";
import { planted } from "../../shared/planted.ts";
import type { Ms, Region, RequestId } from "../../shared/types.ts";
import type { Random } from "../random.ts";
import { type Flight, GroupWorld, type Member, REGIONS } from "./world.ts";

/** How far from true time a clock may run. Written out, so that a mistake in the bound itself shows. */
const DRIFT = 0.1;
const DRIFT_BEYOND = 0.2;
const LEASE_MS = 2_000;
const STEPS = 110;
/** How far one thing may lead to another within a move: an election takes four journeys and three disks. */
const ROUNDS = 8;
/** How many requests back a client may send a copy of one. */
const COPIES = 6;

type Move =
  | "deliver"
  | "pass"
  | "stand"
  | "write"
  | "read"
  | "refusal"
  | "confirm"
  | "crash"
  | "handOver"
  | "giveUp"
  | "ring"
  | "compact"
  | "loseTail"
  | "elect"
  | "rivals"
  | "revive"
  | "race"
  | "superseded";

/** How often each move is made, before a run's own mixture. */
const WEIGHTS: Readonly<Record<Move, number>> = {
  deliver: 30,
  pass: 8,
  stand: 5,
  write: 12,
  read: 9,
  refusal: 3,
  confirm: 10,
  crash: 5,
  handOver: 4,
  giveUp: 6,
  ring: 3,
  compact: 2,
  loseTail: 6,
  elect: 6,
  rivals: 4,
  revive: 2,
  race: 6,
  superseded: 3,
};

const MOVES = Object.keys(WEIGHTS) as Move[];

export class Schedule {
  readonly world: GroupWorld;
  readonly #random: Random;
  readonly #weights: Record<Move, number>;
  /** How likely what was just sent arrives at once, a disk confirms at once, a message comes again. */
  readonly #prompt: number;
  readonly #confirms: number;
  readonly #repeats: number;
  readonly #newest: number;
  readonly #atLeader: number;
  /** A member whose messages are held up for a while. */
  #isolated: Region | null = null;
  #refusals = 0;
  /** Messages that are held up within a move. */
  #holds: ((flight: Flight) => boolean) | null = null;

  constructor(random: Random, members: number, print: ((line: string) => void) | null) {
    this.#random = random;
    this.world = new GroupWorld(this.#rates(members), random.pick([1, 2, 100]), print);
    this.#weights = { ...WEIGHTS };
    for (const move of MOVES) this.#weights[move] *= random.between(0.2, 2);
    this.#prompt = random.between(0.3, 0.95);
    this.#confirms = random.between(0.3, 0.95);
    this.#repeats = random.between(0.05, 0.4);
    this.#newest = random.between(0.3, 0.9);
    this.#atLeader = random.between(0.5, 1);
  }

  run(): void {
    for (let step = 0; step < STEPS; step++) {
      if (this.#random.chance(0.1)) this.#isolated = null;
      this.#move(this.#random.weighted(this.#weights));
    }
  }

  /** Clocks mostly at the ends of what is allowed. */
  #rates(members: number): number[] {
    const random = this.#random;
    const drift = planted("drift-beyond-bound") ? DRIFT_BEYOND : DRIFT;
    const all = { none: 3, ends: 4, any: 2 };
    const kind = random.weighted(all);
    return REGIONS.slice(0, members).map(() => {
      if (kind === "none") return 1;
      return kind === "ends" ? 1 + random.pick([-drift, drift]) : 1 + random.between(-drift, drift);
    });
  }

  #move(move: Move): void {
    const { world } = this;
    const random = this.#random;
    switch (move) {
      case "deliver":
        this.#deliver(this.#anyFlight());
        break;
      case "pass":
        world.pass(random.pick([1, 20, 260, 900, 1_640, 1_820, LEASE_MS, 2_250]));
        break;
      case "stand":
        this.#ask(this.#member(), GET, true);
        break;
      case "write":
        this.#ask(this.#leader(), this.#write());
        break;
      case "read":
        this.#ask(this.#leader(), GET);
        break;
      case "refusal":
        this.#ask(this.#leader(), this.#refusal());
        break;
      case "confirm":
        world.confirm(random.chance(0.6) ? this.#leader() : this.#member());
        break;
      case "crash":
        this.#crash(random.chance(0.6) ? this.#leader() : this.#member());
        break;
      case "handOver":
        this.#handOver();
        break;
      case "giveUp": {
        const flight = this.#anyFlight();
        if (flight !== undefined) world.giveUp(flight);
        break;
      }
      case "ring":
        world.ring(this.#member());
        break;
      case "compact":
        world.compact(this.#member());
        break;
      case "loseTail":
        this.#loseTail();
        break;
      case "elect":
        this.#elect(this.#member());
        break;
      case "rivals":
        this.#rivals();
        break;
      case "revive":
        this.#revive();
        break;
      case "race":
        this.#race(0.4);
        break;
      case "superseded":
        this.#superseded();
        break;
    }
  }

  /** Does something, and lets much of what it sets off at these members happen at once. */
  #promptly(members: readonly Member[], act: () => void, prompt = this.#prompt): void {
    const { world } = this;
    const random = this.#random;
    let before = new Set(world.flights);
    act();
    let touched = new Set(members.map((member) => member.region));
    for (let round = 0; round < ROUNDS && random.chance(prompt); round++) {
      for (const one of world.members) {
        if (!touched.has(one.region)) continue;
        while (random.chance(Math.max(prompt, this.#confirms)) && world.confirm(one));
      }
      const news = world.flights.filter((flight) => !before.has(flight));
      if (news.length === 0) break;
      before = new Set(world.flights);
      touched = new Set<Region>();
      for (const flight of shuffled(news, random)) {
        if (this.#isHeldUp(flight) || !random.chance(prompt)) continue;
        touched.add(flight.to);
        this.#deliver(flight);
      }
    }
  }

  #ask(member: Member, request: AnyRequest, stranded = false): void {
    this.#promptly([member], () => this.world.ask(member, request, stranded));
  }

  /** Those named stand for election, with every chance to win it. */
  #stand(members: readonly Member[]): void {
    const eager = Math.max(this.#prompt, this.#random.pick([0.8, 0.97]));
    this.#promptly(
      members,
      () => {
        for (const member of members) this.world.ask(member, GET, true);
      },
      eager,
    );
  }

  #isHeldUp(flight: Flight): boolean {
    if (this.#holds?.(flight)) return true;
    const held = flight.from === this.#isolated || flight.to === this.#isolated;
    return held && !this.#random.chance(0.03);
  }

  #deliver(flight: Flight | undefined): void {
    const random = this.#random;
    if (flight === undefined) return;
    // What is said seldom is what does most harm when it comes again.
    const seldom = isSeldom(flight) ? 0.5 : 0;
    this.world.deliver(flight, random.chance(Math.max(this.#repeats, seldom)), random.chance(0.3));
  }

  #crash(member: Member): void {
    const kept = this.#random.chance(0.6) ? 0 : this.#random.below(3);
    this.world.crash(member, kept, this.#random.chance(0.25));
  }

  /** A leader gives its block up; it may die before the heir hears of it, and be asked again. */
  #handOver(): void {
    const { world } = this;
    const random = this.#random;
    const leader = this.#leader();
    const to = this.#other(leader);
    if (random.chance(0.5)) this.#ask(leader, GET);
    this.#promptly([leader], () => world.ask(leader, { type: "transfer", to: to.region }, false));
    if (random.chance(0.6)) return;
    if (random.chance(0.8)) while (world.confirm(leader));
    if (random.chance(0.7)) this.#crash(leader);
    this.#ask(leader, GET);
    const permission = world.flights.findLast(
      (flight) => flight.type === "call" && flight.message.type === "hand-over",
    );
    if (permission === undefined) return;
    const heir = world.members.filter(({ region }) => region === permission.to);
    if (random.chance(0.5)) this.#isolated = leader.region;
    this.#promptly(heir, () => this.#deliver(permission), 0.95);
  }

  /** A leader writes, sends to some, and dies before its disk has it; then somebody goes on. */
  #loseTail(): void {
    const { world } = this;
    const random = this.#random;
    const leader = this.#leader();
    if (random.chance(0.6)) while (world.confirm(leader));
    const before = new Set(world.flights);
    for (let count = 1 + random.below(2); count > 0; count--) {
      world.ask(leader, this.#write(), false);
    }
    for (const flight of world.flights.filter((one) => !before.has(one))) {
      if (random.chance(0.6)) this.#deliver(flight);
    }
    this.#crash(leader);
    const next = random.weighted({ read: 3, write: 3, elect: 2, nothing: 2 });
    if (next === "read") this.#ask(leader, GET);
    else if (next === "write") this.#ask(leader, this.#write());
    else if (next === "elect") {
      if (random.chance(0.6)) world.pass(2_250);
      this.#elect(this.#other(leader));
    }
  }

  /** An election that mostly succeeds, where no promise is in its way; often unheard of by who led before. */
  #elect(member: Member): void {
    const { world } = this;
    const random = this.#random;
    const before = this.#leader();
    if (before !== member && random.chance(0.5)) this.#isolated = before.region;
    if (random.chance(0.8)) world.pass(random.pick([1_820, LEASE_MS, 2_250, 2_250]));
    this.#stand([member]);
    if (random.chance(0.2)) this.#crash(random.chance(0.5) ? member : this.#other(member));
    if (random.chance(0.3)) this.#ask(member, random.chance(0.5) ? GET : this.#write());
    if (random.chance(0.3)) this.#ask(before, random.chance(0.5) ? this.#refusal() : GET);
  }

  /** Two stand at once, in the same block. */
  #rivals(): void {
    const { world } = this;
    const random = this.#random;
    const one = this.#member();
    if (random.chance(0.8)) world.pass(2_250);
    const other = this.#other(one);
    const both = [one.region, other.region];
    if (random.chance(0.3)) this.#isolated = random.pick(both);
    // Neither gives way to one it has not heard of.
    if (random.chance(0.6)) {
      this.#holds = (flight) =>
        both.includes(flight.from) && both.includes(flight.to) && kindOf(flight) === "vote";
    }
    this.#stand([one, other]);
    this.#holds = null;
    if (random.chance(0.3)) this.#crash(random.pick([one, other]));
    if (random.chance(0.4)) this.#ask(random.pick([one, other]), GET);
    if (!random.chance(0.5)) return;
    world.pass(2_250);
    this.#race(0.8);
  }

  /** A candidate wakes anew, stands again, and only then hears how the voters answered its earlier life. */
  #revive(): void {
    const { world } = this;
    const random = this.#random;
    const member = this.#member();
    if (random.chance(0.8)) world.pass(2_250);
    this.#holds = (flight) => kindOf(flight) === "voted" && !isPre(flight);
    this.#stand([member]);
    while (random.chance(0.9) && world.confirm(member));
    world.crash(member, random.below(3), false);
    if (random.chance(0.7)) world.pass(2_250);
    const late = world.flights.filter((flight) => this.#holds?.(flight));
    this.#holds = (flight) => kindOf(flight) === "vote" && !isPre(flight);
    this.#stand([member]);
    for (const flight of late) if (random.chance(0.7)) this.#deliver(flight);
    if (random.chance(0.7)) this.#stand([this.#other(member)]);
    this.#holds = null;
    if (random.chance(0.7)) this.#stand([this.#other(member)]);
  }

  /**
   * A leader is heard by some and then by nobody; those who promised it, restarted perhaps, are asked to vote as its
   * lease is about to end.
   * @param restarts how likely they are restarted, and one of them stands
   */
  #race(restarts: number): void {
    const { world } = this;
    const random = this.#random;
    const leader = this.#leader();
    if (random.chance(0.5)) world.pass(random.pick([900, 2_250]));
    const slow = random.chance(0.5) ? random.pick([200, 400]) : 0;
    const before = new Set(world.flights);
    world.ask(leader, random.chance(0.6) ? GET : this.#write(), false);
    const promised: Member[] = [];
    for (const flight of world.flights.filter((one) => !before.has(one))) {
      if (flight.from !== leader.region || !random.chance(0.6)) continue;
      this.#deliver(flight);
      promised.push(...world.members.filter(({ region }) => region === flight.to));
    }
    for (const member of promised) while (random.chance(0.9) && world.confirm(member));
    if (slow > 0) world.pass(slow);
    for (const flight of world.flights.filter((one) => one.to === leader.region)) {
      if (flight.type === "reply" && !before.has(flight)) this.#deliver(flight);
    }
    if (random.chance(0.8)) this.#isolated = leader.region;
    if (random.chance(restarts)) {
      for (const member of promised) if (random.chance(0.8)) world.crash(member, 0, false);
    }
    const rest = [0, 1_400, 1_640, 1_817, 1_818, 1_900, 1_990, LEASE_MS];
    if (!random.chance(restarts)) world.pass(Math.max(0, random.pick(rest) - slow));
    const rival = promised.length > 0 && random.chance(restarts) ? random.pick(promised) : null;
    this.#stand([rival ?? this.#other(leader)]);
    if (random.chance(0.3)) this.#ask(leader, random.chance(0.5) ? this.#refusal() : GET);
  }

  #superseded(): void {
    const { world } = this;
    const those = world.members.filter(({ superseded }) => superseded.length > 0);
    if (those.length === 0) return;
    const member = this.#random.pick(those);
    const request = this.#random.chance(0.6) ? this.#write() : GET;
    this.#promptly([member], () => world.askSuperseded(member, request));
  }

  /** One of the newest, or any, or one of those that are sent seldom. */
  #anyFlight(): Flight | undefined {
    const random = this.#random;
    const flights = this.world.flights.filter((flight) => !this.#isHeldUp(flight));
    if (flights.length === 0) return undefined;
    if (random.chance(this.#newest)) {
      return flights[flights.length - 1 - random.below(Math.min(4, flights.length))];
    }
    const seldom = flights.filter(isSeldom);
    return random.pick(seldom.length > 0 && random.chance(0.4) ? seldom : flights);
  }

  #member(): Member {
    return this.#random.pick(this.world.members);
  }

  /** Mostly one that leads, as far as it knows. */
  #leader(): Member {
    const leaders = this.world.members.filter((member) => this.world.leads(member));
    if (leaders.length === 0 || !this.#random.chance(this.#atLeader)) return this.#member();
    return this.#random.pick(leaders);
  }

  #other(than: Member): Member {
    return this.#random.pick(this.world.members.filter((member) => member !== than));
  }

  /** A write of its own, or a copy of one that was asked for a little earlier. */
  #write(): AnyRequest {
    const { world } = this;
    const random = this.#random;
    const oldest = Math.max(world.ghost.onceFrom, world.nextRequest - COPIES);
    const copy = random.chance(0.3) && world.nextRequest > oldest;
    const number = copy ? oldest + random.below(world.nextRequest - oldest) : world.nextRequest++;
    return {
      type: "write",
      id: String(number) as RequestId,
      copy,
      idempotency: null,
      conditions: [],
      operations: [{ type: "put", key: KEY, value: VALUE, ttlMs: null as Ms | null }],
    };
  }

  /** A write whose condition never holds: it changes nothing, so it is a read. */
  #refusal(): AnyRequest {
    return {
      type: "write",
      id: `refused ${this.#refusals++}` as RequestId,
      copy: false,
      idempotency: null,
      conditions: [{ type: "exists", key: "never", exists: true }],
      operations: [{ type: "put", key: KEY, value: VALUE, ttlMs: null }],
    };
  }
}

const KEY = "k";
const VALUE = { bytes: new Uint8Array(), contentType: "text/plain" };
const GET: AnyRequest = { type: "get", key: KEY, revision: null };

const kindOf = (flight: Flight): string =>
  flight.type === "call" ? flight.message.type : flight.reply.type;

function isPre(flight: Flight): boolean {
  const said = flight.type === "call" ? flight.message : flight.reply;
  return (said.type === "vote" || said.type === "voted") && said.pre;
}

const isSeldom = (flight: Flight): boolean =>
  ["hand-over", "vote", "voted", "staged"].includes(kindOf(flight));

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  const out: T[] = [];
  while (left.length > 0) out.push(...left.splice(random.below(left.length), 1));
  return out;
}
