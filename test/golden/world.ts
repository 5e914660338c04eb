/**
 * The world of a transcript: a group's members, a network that delivers when told to, one clock.
 *
 * A command is `[member:] verb …`; without a member it is for the first. Requests that stand together in one block come
 * in one turn. Nothing is delivered or confirmed but by a command:
 *
 *     group weur wnam enam    members, all awake, none used     history=60000 sets the history window
 *     put, get, list, …       requests (notation.ts)           deadline=500, cut=weur as its Worker saw it
 *     confirm                 the disk confirms what was written
 *     deliver [a>b]           hands over what is under way (between these two)
 *     fail [a>b]              calls that are under way fail; their callers hear so
 *     lose [a>b]              the same, and nobody hears of it
 *     unrelayed               requests that were passed on came to nothing
 *     settle                  confirms and delivers until nothing is left to do
 *     wait 500 / clock -500   time passes / the clock is set back
 *     alarm, timer            they ring
 *     restart                 the member loses what its disk has not confirmed; replies to its old life still come
 *     show, log               what it has come to
 */
import type { MemberEvent } from "../../shared/member/event.ts";
import type { Output } from "../../shared/member/output.ts";
import type { PeerMessage, PeerReply } from "../../shared/raft/messages.ts";
import { type Instant, ms, type Region, region } from "../../shared/types.ts";
import { formatAnswer, formatMessage, formatReply, formatWrite } from "./format.ts";
import { GoldenMember } from "./member.ts";
import { isRequest, parseRequest, wordsOf } from "./notation.ts";

const START = 1_000_000;
/** Rounds of `settle` after which something clearly never ends. */
const SETTLE_MAX = 100;

/** A call or its reply, under way. */
interface Flight {
  readonly from: Region;
  readonly to: Region;
  readonly asked: PeerMessage;
  readonly reply: PeerReply | null;
}

export class World {
  #now = START as Instant;
  #members = new Map<Region, GoldenMember>();
  #flights: Flight[] = [];
  #calls = new Map<number, Flight>();
  #relays: { from: Region; to: Region; slots: number[] }[] = [];
  #slots = 0;
  #requests = 0;
  #lines: string[] = [];
  /** The member whose turn is not over yet: requests that stand together share one. */
  #open: GoldenMember | null = null;

  /** Runs a block of commands and returns what came of them. */
  run(input: readonly string[]): string[] {
    this.#lines = [];
    for (const line of input) this.#command(line);
    this.#endTurn();
    return this.#lines;
  }

  #command(line: string): void {
    const named = /^([a-z]+): (.*)$/.exec(line);
    const text = named?.[2] ?? line;
    const { words, options } = wordsOf(text);
    const [verb = "", argument] = words;
    if (verb === "group") {
      this.#found(words.slice(1), Number(options.get("history") ?? 600_000));
      return;
    }
    const member = this.#member(named?.[1]);
    if (isRequest(verb)) {
      this.#request(member, text);
      return;
    }
    this.#endTurn();
    switch (verb) {
      case "confirm":
        this.#confirm(member);
        break;
      case "deliver":
        this.#deliver(argument);
        break;
      case "fail":
        this.#fail(argument);
        break;
      case "unrelayed":
        this.#failRelays();
        break;
      case "lose":
        this.#take(argument);
        break;
      case "settle":
        this.#settle();
        break;
      case "wait":
      case "clock":
        this.#now = (this.#now + Number(argument)) as Instant;
        break;
      case "alarm":
      case "timer":
        this.#turn(member, { type: verb, now: this.#now });
        break;
      case "restart":
        member.restart(this.#now);
        break;
      case "show":
        this.#lines.push(`${member.self} ${member.describe()}`);
        break;
      case "log":
        this.#lines.push(...member.log().map((entry) => `${member.self} ${entry}`));
        break;
      default:
        throw new Error(`no command: ${line}`);
    }
  }

  #found(names: readonly string[], historyMs: number): void {
    const members = names.map(region);
    this.#members.clear();
    this.#flights = [];
    this.#relays = [];
    for (const self of members) {
      this.#members.set(self, new GoldenMember(self, members, historyMs, this.#now));
    }
  }

  #member(name: string | undefined): GoldenMember {
    const member =
      name === undefined ? [...this.#members.values()][0] : this.#members.get(region(name));
    if (member === undefined) throw new Error(`no member ${name}`);
    return member;
  }

  #request(member: GoldenMember, text: string): void {
    if (this.#open !== member) this.#endTurn();
    this.#open = member;
    const { options } = wordsOf(text);
    const slot = ++this.#requests;
    const cut = options.get("cut");
    this.#lines.push(`#${slot} ${text}`);
    this.#carryOut(
      member,
      member.take({
        type: "request",
        now: this.#now,
        slot,
        request: parseRequest(text, `r${slot}`),
        caller: {
          deadlineMs: ms(Number(options.get("deadline") ?? 10_000)),
          unreachable: cut === undefined ? [] : cut.split(",").map(region),
        },
      }),
    );
  }

  #turn(member: GoldenMember, event: MemberEvent): void {
    this.#carryOut(member, member.take(event));
    this.#open = member;
    this.#endTurn();
  }

  #endTurn(): void {
    const member = this.#open;
    this.#open = null;
    if (member !== null) {
      this.#carryOut(member, member.take({ type: "turn-end", now: this.#now }));
    }
  }

  #carryOut(member: GoldenMember, output: Output): void {
    const { self } = member;
    const send = (to: Region, asked: PeerMessage) => {
      this.#lines.push(`${self} > ${to}: ${formatMessage(asked)}`);
      this.#flights.push({ from: self, to, asked, reply: null });
    };
    for (const { to, message } of output.sends) send(to, message);
    for (const write of output.writes) {
      this.#lines.push(...formatWrite(write).map((line) => `${self} ${line}`));
    }
    for (const { to, message } of output.sendsOnceDurable) {
      member.onceDurable(() => send(to, message));
    }
    for (const { slot, reply } of output.replies) {
      const call = this.#calls.get(slot);
      if (call === undefined) throw new Error(`nobody called ${slot}`);
      member.onceDurable(() => {
        this.#lines.push(`${self} > ${call.from}: ${formatReply(reply)}`);
        this.#flights.push({ from: self, to: call.from, asked: call.asked, reply });
      });
    }
    for (const { to, requests } of output.relays) {
      this.#relays.push({ from: self, to, slots: requests.map((one) => one.slot) });
      this.#lines.push(
        `${self} passes ${requests.map((one) => `#${one.slot}`).join(", ")} to ${to}`,
      );
    }
    for (const { slot, answer } of output.answers) {
      this.#lines.push(`${self} answers #${slot}: ${formatAnswer(answer)}`);
    }
    if (output.alarm !== undefined) this.#lines.push(`${self} sets its alarm to ${output.alarm}`);
  }

  #confirm(member: GoldenMember): void {
    this.#turn(member, member.confirm(this.#now));
  }

  /** Takes what is under way off the network; with `a>b`, only that way. */
  #take(way: string | undefined): Flight[] {
    const taken = this.#flights.filter(
      (one) => way === undefined || `${one.from}>${one.to}` === way,
    );
    this.#flights = this.#flights.filter((one) => !taken.includes(one));
    return taken;
  }

  #deliver(way: string | undefined): void {
    for (const flight of this.#take(way)) {
      const member = this.#member(flight.to);
      if (flight.reply !== null) {
        this.#turn(member, { type: "reply", now: this.#now, reply: flight.reply });
      } else {
        const slot = --this.#slots;
        this.#calls.set(slot, flight);
        this.#turn(member, { type: "message", now: this.#now, slot, message: flight.asked });
      }
    }
  }

  #fail(way: string | undefined): void {
    for (const { from, to, asked, reply } of this.#take(way)) {
      const [caller, called] = reply === null ? [from, to] : [to, from];
      this.#turn(this.#member(caller), {
        type: "unreachable",
        now: this.#now,
        from: called,
        message: asked,
      });
    }
  }

  #settle(): void {
    for (let round = 0; round < SETTLE_MAX; round++) {
      const waiting = [...this.#members.values()].filter((member) => member.unconfirmed);
      if (waiting.length === 0 && this.#flights.length === 0) return;
      for (const member of waiting) this.#confirm(member);
      this.#deliver(undefined);
    }
    throw new Error("the group does not settle");
  }

  /** Who passed requests on hears that it came to nothing. */
  #failRelays(): void {
    const relays = this.#relays;
    this.#relays = [];
    for (const { from, to, slots } of relays) {
      this.#turn(this.#member(from), { type: "relay-failed", now: this.#now, to, slots });
    }
  }
}
