/**
 * One group of members, message by message: what is in flight, what each disk has confirmed, what time it is.
 *
 * Everything that can happen is a method, and nothing happens by itself; schedule.ts decides. A message may come late,
 * twice, never, and to another life than the one it was meant for, which is more than the platform's calls allow. Members
 * keep the deployed code; only their disks are images in memory.
 */
import type { AnyAnswer, AnyRequest } from "../../shared/member/request.ts";
import type { Slot } from "../../shared/member/state.ts";
import { bornState } from "../../shared/raft/hard-state.ts";
import type { PeerMessage, PeerReply } from "../../shared/raft/messages.ts";
import { formatTerm, type Term } from "../../shared/raft/term.ts";
import {
  type Incarnation,
  type Instant,
  type LogIndex,
  ms,
  type Region,
  region,
} from "../../shared/types.ts";
import { Ghost, type Seen } from "./ghost.ts";
import { type Around, Life } from "./life.ts";
import { emptyImage, type Image, ImageStore, recordIn } from "./store.ts";

export const REGIONS: readonly Region[] = ["wnam", "weur", "apac", "enam", "eeur"].map(region);

/** A call or a reply on its way, or one that has arrived already and may come again. */
export type Flight = { readonly from: Region; readonly to: Region } & (
  | { readonly type: "call"; readonly message: PeerMessage }
  | { readonly type: "reply"; readonly reply: PeerReply }
);

export interface Member {
  readonly region: Region;
  /** Milliseconds its clock gains in one of true time. */
  readonly rate: number;
  /** What its disk has confirmed. */
  durable: Image;
  life: Life | null;
  /** Superseded lives, which still send from memory. */
  superseded: Life[];
  lives: number;
}

interface Asked {
  readonly request: AnyRequest;
  /** How many entries had been told when it was asked. */
  readonly told: number;
}

/** Messages remembered; the oldest are lost beyond that. */
const FLIGHTS_MAX = 80;
/** How long clients wait. Longer than a lease, for most requests wait for an election. */
const DEADLINE_MS = ms(4_000);
/** Every member's clock at the beginning: far from 0, which means never. */
const EPOCH = 1_000_000;

export class GroupWorld {
  /** True time, in milliseconds. */
  time = 0;
  readonly ghost: Ghost;
  readonly members: readonly Member[];
  flights: Flight[] = [];
  nextRequest = 0;
  /** What happened, for a reader; null where nobody asks. */
  readonly #print: ((line: string) => void) | null;
  readonly #batch: number;
  readonly #asked = new Map<Slot, Asked>();
  #nextSlot: Slot = 0;

  /** @param batch how many entries one append carries at most */
  constructor(rates: readonly number[], batch: number, print: ((line: string) => void) | null) {
    this.#batch = batch;
    this.#print = print;
    this.ghost = new Ghost(rates.length);
    const [first = REGIONS[0] as Region] = REGIONS;
    this.members = rates.map((rate, at) => {
      const self = REGIONS[at] ?? first;
      const durable = emptyImage(bornState(self, first));
      return { region: self, rate, durable, life: null, superseded: [], lives: 0 };
    });
  }

  /** Clocks show whole milliseconds. */
  now(member: Member): Instant {
    return Math.floor(EPOCH + this.time * member.rate) as Instant;
  }

  leads(member: Member): boolean {
    return member.life !== null && member.life.member.raft.leadership !== null;
  }

  pass(milliseconds: number): void {
    this.time += milliseconds;
    this.#note("time", `passes: ${milliseconds} ms`);
    this.#check();
  }

  /** A client asks a member; `stranded` where it could reach none of the others. */
  ask(member: Member, request: AnyRequest, stranded: boolean): void {
    const slot = this.#nextSlot++;
    this.#asked.set(slot, { request, told: this.ghost.log.length });
    this.#note(member.region, `is asked: ${request.type}${stranded ? ", alone" : ""}`);
    const caller = { deadlineMs: DEADLINE_MS, unreachable: stranded ? REGIONS : [] };
    const life = this.#alive(member);
    life.turn({ type: "request", now: this.now(member), slot, request, caller });
    this.#settle(member);
  }

  /** A message arrives, and stays in flight where it shall come `again`. */
  deliver(flight: Flight, again: boolean, atSuperseded: boolean): void {
    if (!again) this.flights = this.flights.filter((one) => one !== flight);
    const member = this.#memberIn(flight.to);
    const life = (atSuperseded ? member.superseded.at(-1) : null) ?? this.#alive(member);
    this.#note(flight.to, `hears from ${flight.from}: ${describe(flight)}`);
    if (flight.type === "reply") {
      life.turn({ type: "reply", now: this.now(member), reply: flight.reply });
    } else {
      const { message, from, to } = flight;
      life.receive(this.#nextSlot++, message, (reply) => {
        this.ghost.replied(message, reply, member.durable);
        this.#fly({ type: "reply", from: to, to: from, reply });
      });
    }
    this.#settle(member);
  }

  /** A caller gives a call up, whether it arrives or not. */
  giveUp(flight: Flight): void {
    if (flight.type !== "call") return;
    const member = this.#memberIn(flight.from);
    const { to: from, message } = flight;
    this.#note(flight.from, `gives up: ${describe(flight)}`);
    this.#alive(member).turn({ type: "unreachable", now: this.now(member), from, message });
    this.#settle(member);
  }

  /** The disk confirms the oldest turn under way. */
  confirm(member: Member): boolean {
    const [oldest] = member.life?.pending ?? [];
    if (oldest === undefined) return false;
    this.#note(member.region, "has its disk confirm a turn");
    this.#confirmOldest(member);
    this.#settle(member);
    return true;
  }

  ring(member: Member): boolean {
    const { life } = member;
    const now = this.now(member);
    if (life === null || life.timerAt === null || life.timerAt > now) return false;
    this.#note(member.region, "has its timer ring");
    life.turn({ type: "timer", now });
    this.#settle(member);
    return true;
  }

  /** The life ends; of the turns not confirmed the first `kept` survive. Superseded, it goes on from memory. */
  crash(member: Member, kept: number, superseded: boolean): void {
    const { life } = member;
    if (life === null) return;
    this.#note(member.region, superseded ? "is superseded" : `crashes, keeping ${kept} turns`);
    if (!superseded) {
      life.over = true;
      const survivor = life.pending.slice(0, kept).at(-1);
      if (survivor !== undefined) member.durable = survivor.image;
    }
    // A superseded instance hears of its last turns that they are durable.
    else for (let turn = 0; turn < kept; turn++) this.#confirmOldest(member);
    life.pending = [];
    life.store.refused = true;
    member.life = null;
    if (superseded && !life.over) member.superseded.push(life);
    this.#forgetLost(member);
  }

  /** A superseded life asks itself for something, as clients that still reach it would. */
  askSuperseded(member: Member, request: AnyRequest): void {
    const life = member.superseded.at(-1);
    if (life === undefined) return;
    const slot = this.#nextSlot++;
    this.#asked.set(slot, { request, told: this.ghost.log.length });
    this.#note(member.region, `is asked, superseded: ${request.type}`);
    const caller = { deadlineMs: DEADLINE_MS, unreachable: [] };
    life.turn({ type: "request", now: this.now(member), slot, request, caller });
    this.#settle(member);
  }

  compact(member: Member): boolean {
    const { life } = member;
    if (life === null || life.over) return false;
    const { commitIndex } = life.member.raft;
    if (commitIndex <= life.store.baseIndex) return false;
    this.#note(member.region, `compacts up to ${commitIndex}`);
    this.ghost.onceFrom = this.nextRequest;
    life.compact(commitIndex);
    this.#settle(member);
    return true;
  }

  #alive(member: Member): Life {
    if (member.life !== null && !member.life.over) return member.life;
    const history = (index: LogIndex, term: Term) => this.ghost.history(index, term);
    const store = new ImageStore(member.durable, history, this.#batch);
    const incarnation = `${member.region}#${++member.lives}` as Incarnation;
    this.#note(member.region, `wakes as ${incarnation}`);
    const life = new Life(incarnation, store, this.#around(member));
    member.life = life;
    this.#stepped(member, life, store.image);
    return life;
  }

  #around(member: Member): Around {
    return {
      region: member.region,
      regions: this.members.map((one) => one.region),
      now: () => this.now(member),
      call: (to, message) => {
        this.ghost.sent(message, member.durable);
        if (message.type === "append") {
          for (const entry of message.entries) this.#sent.add(entry);
        }
        this.#fly({ type: "call", from: member.region, to, message });
      },
      answer: (slot, answer) => this.#answered(slot, answer),
      appending: (life, { entries }) => {
        const [first] = entries;
        if (first === undefined) return;
        this.ghost.appended(life.store.image.log.slice(0, first.index - 1), entries);
        for (const entry of entries) this.#written.push({ member, entry });
      },
      stepped: (life, before) => this.#stepped(member, life, before),
    };
  }

  /** Entries that have left the member that wrote them. */
  readonly #sent = new WeakSet<object>();
  #written: { readonly member: Member; readonly entry: Parameters<Ghost["forget"]>[0][number] }[] =
    [];

  /** What was neither sent nor kept never was: the next life may use its place. */
  #forgetLost(member: Member): void {
    const kept = new Set(member.durable.log);
    const mine = this.#written.filter((one) => one.member === member);
    this.ghost.forget(
      mine.map((one) => one.entry).filter((entry) => !kept.has(entry) && !this.#sent.has(entry)),
    );
    this.#written = this.#written.filter((one) => one.member !== member);
  }

  #fly(flight: Flight): void {
    this.flights.push(flight);
    if (this.flights.length > FLIGHTS_MAX) this.flights.shift();
  }

  #confirmOldest(member: Member): void {
    const { life } = member;
    const [oldest] = life?.pending ?? [];
    if (life === null || oldest === undefined) return;
    member.durable = oldest.image;
    life.confirm();
  }

  /** What waits for nothing that is still to be written need not wait. */
  #settle(member: Member): void {
    for (let turn = 0; turn < 4; turn++) {
      const [oldest] = member.life?.pending ?? [];
      if (oldest === undefined || oldest.image !== member.durable) break;
      this.#confirmOldest(member);
    }
    for (const life of member.superseded) life.pending = [];
    member.superseded = member.superseded.filter((life) => !life.over);
    this.#check();
  }

  #stepped(member: Member, life: Life, before: Image): void {
    const seen = this.#seen(member, life);
    if (before.log !== seen.image.log) this.ghost.changed(before.log, seen);
    const { leadership, commitIndex } = seen.raft;
    if (leadership !== life.noted) {
      life.noted = leadership;
      this.ghost.leads(seen);
    }
    if (commitIndex > life.notedCommit) {
      life.notedCommit = commitIndex;
      this.ghost.told(commitIndex, seen, this.#allSeen());
    }
  }

  #answered(slot: Slot, answer: AnyAnswer): void {
    const asked = this.#asked.get(slot);
    this.#asked.delete(slot);
    if (asked === undefined) return;
    const { request, told } = asked;
    if (answer.type === "record") {
      const { record, receipt } = answer;
      this.ghost.read(receipt.index, this.ghost.log.length);
      const key = request.type === "get" ? request.key : "";
      const expected = recordIn(this.ghost.log, key, receipt.index)?.revision ?? null;
      this.ghost.shows(record?.revision ?? null, expected);
    } else if (answer.type === "written" && request.type === "write") {
      this.ghost.acknowledged(request.id, answer.receipt.index);
    } else if (answer.type === "failed") {
      this.ghost.read(answer.receipt.index, told);
    }
  }

  #check(): void {
    const alive = this.members.flatMap((member) => {
      if (member.life === null || member.life.over) return [];
      return [{ ...this.#seen(member, member.life), now: this.now(member) }];
    });
    this.ghost.instant(alive);
  }

  #seen(member: Member, life: Life): Seen {
    return {
      region: member.region,
      raft: life.member.raft,
      image: life.store.image,
      durable: member.durable,
    };
  }

  #allSeen(): Pick<Seen, "durable">[] {
    return this.members.map(({ durable }) => ({ durable }));
  }

  #memberIn(of: Region): Member {
    const member = this.members.find((one) => one.region === of);
    if (member === undefined) throw new Error(`no member in ${of}`);
    return member;
  }

  #note(who: string, what: string): void {
    if (this.#print === null) return;
    this.#print(`${this.time.toFixed(0).padStart(7)}  ${who} ${what}`);
    for (const member of this.members) this.#print(`           ${show(member)}`);
  }
}

function show({ region: of, durable, life }: Member): string {
  const image = life?.store.image ?? durable;
  const { block, promisedTo, won, gaveUp } = image.hard;
  const terms = image.log.map((entry, at) => {
    const confirmed = durable.log[at] === entry ? "" : "?";
    return `${formatTerm(entry.term)}${confirmed}`;
  });
  const raft = life?.member.raft;
  const role = raft?.leadership
    ? "leads"
    : raft?.campaign
      ? "campaigns"
      : life
        ? "follows"
        : "sleeps";
  return `${of} ${role} block ${block} of ${promisedTo}, won ${won}, gave up ${gaveUp}, commit ${raft?.commitIndex ?? "-"}, base ${image.base.index}: ${terms.join(" ")}`;
}

export function describe(flight: Flight): string {
  return JSON.stringify(flight.type === "call" ? flight.message : flight.reply, (key, value) =>
    key === "entries" ? value.map((one: { term: never }) => formatTerm(one.term)) : value,
  );
}
