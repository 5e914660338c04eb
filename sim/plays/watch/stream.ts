/**
 * A watch as its client sees it, and what a Worker does for it (worker/watch/stream.ts): it finds the leader, opens a socket,
 * passes on what comes as fast as the client reads, acknowledges half a window at a time, asks for signs of life, and goes on
 * elsewhere behind the last position. Where it is cut off, its client comes back with that position.
 */
import type { Answer } from "../../../shared/member/request.ts";
import type { WatchStart } from "../../../shared/member/watch.ts";
import type { Revision } from "../../../shared/types.ts";
import {
  WATCH_CHECK_MS,
  WATCH_PAUSE_MS_FIRST,
  WATCH_PAUSE_MS_MAX,
  WATCH_RETRY_MS,
  WATCH_SILENCE_MS,
  WATCH_TICK_MS,
  WATCH_WINDOW_BYTES,
  WATCH_WINDOW_CHANGES,
} from "../../../shared/watch/limits.ts";
import { type Amount, bytesOf, type WatchChange } from "../../../shared/watch/message.ts";
import { formatPosition, parsePosition } from "../../../shared/watch/position.ts";
import type { Selector } from "../../../shared/watch/selector.ts";
import { newWatcher } from "../../../shared/watch/watcher.ts";
import type { Client } from "../../client.ts";
import type { SimMember, Witness } from "../../member.ts";
import type { Network } from "../../network.ts";
import { type ObjectSays, Socket } from "../../socket.ts";
import type { Time, Timeline } from "../../timeline.ts";

/** Something that a client was told. */
export interface Told {
  readonly position: string;
  readonly key: string;
  readonly revision: Revision;
  /** Null where the key is gone. */
  readonly value: string | null;
  readonly at: Time;
}

/** What one watch came to, from one position on without a gap. */
export interface Episode {
  readonly askedAt: Time;
  /** What it asked for; null where that was what is new. */
  readonly asked: WatchStart;
  /** Behind which position it began. */
  readonly from: string;
  readonly told: Told[];
  /** Up to where it was told everything. */
  position: string;
}

/** What a watch that asked for too much of the past was refused. */
export interface Refused {
  readonly askedAt: Time;
  readonly asked: WatchStart;
  readonly answer: Answer;
  readonly witness: Witness | null;
}

export interface StreamWorld {
  readonly timeline: Timeline;
  readonly network: Network;
  note(what: string): void;
  find(property: string, detail: string): void;
  witnessOf(answer: Answer): Witness | null;
  /** The member that gave an answer. */
  memberOf(answer: Answer): SimMember | null;
}

/** How a client reads. */
export interface Manner {
  /** How long it takes for a change. */
  readonly changeMs: number;
  /** How often it stops for a while with what it has in hand, and for how long. */
  readonly stalls: () => number;
}

const CONNECT_MS = 10_000;

const decoder = new TextDecoder();
const NOTHING: Amount = { changes: 0, bytes: 0 };

export class Stream {
  readonly group: string;
  readonly selector: Selector;
  readonly episodes: Episode[] = [];
  readonly refused: Refused[] = [];
  readonly #world: StreamWorld;
  readonly #worker: Client;
  #start: WatchStart;
  manner: Manner;
  #socket: Socket | null = null;
  /** What was heard and not passed on yet, in order. */
  #inbox: ObjectSays[] = [];
  #reading = false;
  #taken = NOTHING;
  #acknowledged = NOTHING;
  #pingedAt: Time | null = null;
  #checkedAt: Time | null = null;
  #ticks = 0;
  #pauseMs: number = WATCH_PAUSE_MS_FIRST;
  #ended = false;
  /** Whether its client is there to come back to. */
  #away = false;
  /** What it goes on with; null where it begins anew. */
  #episode: Episode | null = null;

  constructor(
    world: StreamWorld,
    worker: Client,
    group: string,
    selector: Selector,
    start: WatchStart,
    manner: Manner,
  ) {
    this.#world = world;
    this.#worker = worker;
    this.group = group;
    this.selector = selector;
    this.#start = start;
    this.manner = manner;
    this.#connect();
    this.#tick();
  }

  /** Up to where it was told everything; null where it has not begun. */
  get position(): string | null {
    return this.#episode?.position ?? null;
  }

  /** Its client goes away, and remembers how far it is. */
  leave(): void {
    this.#away = true;
    this.#drop();
  }

  comeBack(): void {
    if (!this.#away) return;
    this.#away = false;
    this.#connect();
  }

  /** Its client leaves for good. */
  end(): void {
    this.#ended = true;
    this.#drop();
  }

  #connect(): void {
    if (this.#ended || this.#away || this.#socket !== null) return;
    const { timeline } = this.#world;
    const askedAt = timeline.now;
    const start = this.#startNow();
    this.#worker.request(this.group, { type: "watch", start }, CONNECT_MS, (answer) => {
      if (this.#ended || this.#away || this.#socket !== null) return;
      if (answer?.type === "refused" && answer.code === "revision-compacted") {
        this.#compacted(askedAt, start, answer);
        return;
      }
      const member = answer === null ? null : this.#world.memberOf(answer);
      if (answer?.type !== "watching" || member === null) {
        this.#again();
        return;
      }
      const position = formatPosition(answer.position);
      if (this.#episode === null) {
        this.#episode = { askedAt, asked: start, from: position, told: [], position };
        this.episodes.push(this.#episode);
      } else if (this.position !== position) {
        this.#world.find("W1", `a watch at ${this.position} was to go on at ${position}`);
      }
      this.#open(member, position);
    });
  }

  #startNow(): WatchStart {
    const behind = this.position === null ? null : parsePosition(this.position);
    return behind === null ? this.#start : { type: "behind", position: behind };
  }

  #open(member: SimMember, position: string): void {
    const { network } = this.#world;
    const behind = parsePosition(position);
    if (behind === null) throw new Error(`a leader gave the position ${position}`);
    const socket = new Socket(network, this.#worker.region, member.region);
    socket.onObjectSays = (what) => {
      if (this.#socket === socket) this.#hear(what);
    };
    this.#socket = socket;
    this.#inbox = [];
    this.#taken = NOTHING;
    this.#acknowledged = NOTHING;
    this.#pingedAt = null;
    this.#checkedAt = null;
    const watcher = newWatcher(this.selector, true, behind);
    network.send(this.#worker.region, member.region, false, () => {
      if (this.#socket === socket) member.watch(watcher, socket);
    });
  }

  #hear(what: ObjectSays): void {
    this.#pauseMs = WATCH_PAUSE_MS_FIRST;
    this.#pingedAt = null;
    if (what.type === "message" && what.message.type === "position") this.#checkedAt = null;
    if (what.type === "pong") return;
    this.#inbox.push(what);
    this.#read();
  }

  /** Passes on the next that was heard, and waits until the client has taken it. */
  #read(): void {
    const socket = this.#socket;
    const next = this.#inbox[0];
    if (this.#reading || socket === null || next === undefined) return;
    this.#inbox.shift();
    const changes =
      next.type === "message" && next.message.type === "changes" ? next.message.changes : [];
    this.#reading = true;
    const forMs = changes.length * this.manner.changeMs + this.manner.stalls();
    const pass = (): void => {
      this.#reading = false;
      // What was being read as the socket went is not told: it comes again.
      if (this.#socket === socket && !this.#ended) this.#pass(next, changes);
      this.#read();
    };
    if (forMs > 0) this.#world.timeline.after(forMs, pass);
    else pass();
  }

  #pass(what: ObjectSays, changes: readonly WatchChange[]): void {
    if (what.type === "over") {
      this.#over(what);
      return;
    }
    const episode = this.#episode;
    if (what.type !== "message" || episode === null) return;
    const at = this.#world.timeline.now;
    for (const { position, key, revision, value } of changes) {
      const text = value === null ? null : decoder.decode(value.bytes);
      episode.told.push({ position, key, revision, value: text, at });
      episode.position = position;
    }
    if (what.message.type === "position") episode.position = what.message.position;
    this.#count(changes);
  }

  #count(changes: readonly WatchChange[]): void {
    let { bytes } = this.#taken;
    for (const change of changes) bytes += bytesOf(change);
    this.#taken = { changes: this.#taken.changes + changes.length, bytes };
    const since = this.#acknowledged;
    const enough =
      this.#taken.changes - since.changes >= WATCH_WINDOW_CHANGES / 2 ||
      bytes - since.bytes >= WATCH_WINDOW_BYTES / 2;
    if (!enough) return;
    this.#acknowledged = this.#taken;
    this.#socket?.toObject({ type: "message", message: { type: "taken", ...this.#taken } });
  }

  #over({ end }: Extract<ObjectSays, { type: "over" }>): void {
    this.#world.note(`a watch of ${this.group} at ${this.position} is over: ${end?.type}`);
    this.#drop();
    // Its client comes back where it was cut off.
    if (end?.type === "slow" || end?.type === "compacted") {
      this.#world.timeline.after(WATCH_RETRY_MS, () => this.#connect());
    } else this.#connect();
  }

  /** What it asked for is kept no longer: it begins anew with what is new. */
  #compacted(askedAt: Time, asked: WatchStart, answer: Answer): void {
    this.refused.push({ askedAt, asked, answer, witness: this.#world.witnessOf(answer) });
    this.#world.note(`a watch of ${this.group} at ${this.position} finds it compacted`);
    this.#start = { type: "now" };
    this.#episode = null;
    this.#again();
  }

  #again(): void {
    this.#world.timeline.after(this.#pauseMs, () => this.#connect());
    this.#pauseMs = Math.min(2 * this.#pauseMs, WATCH_PAUSE_MS_MAX);
  }

  #drop(): void {
    this.#socket?.toObject({ type: "over" });
    this.#socket?.cut();
    this.#socket = null;
    this.#inbox = [];
  }

  #tick(): void {
    this.#world.timeline.after(WATCH_TICK_MS, () => {
      if (this.#ended) return;
      this.#ticks += 1;
      this.#probe();
      this.#tick();
    });
  }

  #probe(): void {
    const { now } = this.#world.timeline;
    if (this.#socket === null || this.#away) return;
    const since = Math.min(this.#pingedAt ?? Infinity, this.#checkedAt ?? Infinity);
    if (now - since >= WATCH_SILENCE_MS) {
      this.#world.note(`a watch of ${this.group} at ${this.position} hears nothing`);
      this.#drop();
      this.#connect();
      return;
    }
    const checks = this.#ticks % (WATCH_CHECK_MS / WATCH_TICK_MS) === 0;
    if (checks && this.#checkedAt === null) {
      this.#checkedAt = now;
      this.#socket.toObject({ type: "message", message: { type: "check" } });
    } else if (this.#pingedAt === null) {
      this.#pingedAt = now;
      this.#socket.toObject({ type: "ping" });
    }
  }
}
