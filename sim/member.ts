/**
 * A member of a group in the world: its disk and clock, which last, and its object's lives, which do not.
 */
import { Violation } from "../shared/assert.ts";
import type { Ports } from "../shared/host/ports.ts";
import { ANSWER_MS, PEER_CALL_MS, timeToAnswer } from "../shared/limits.ts";
import type { Answer, Caller, GroupRef, GroupRequest } from "../shared/member/request.ts";
import type { WatcherId, WatcherOutput } from "../shared/member/watch.ts";
import type { PeerMessage, PeerReply } from "../shared/raft/messages.ts";
import type { FanOut } from "../shared/replica/feed.ts";
import {
  addMs,
  type Incarnation,
  type Instant,
  type LogIndex,
  ms,
  type Region,
} from "../shared/types.ts";
import { WATCH_WINDOW_CHANGES } from "../shared/watch/limits.ts";
import type { Watcher } from "../shared/watch/watcher.ts";
import type { Present } from "./check/instant.ts";
import type { Clock } from "./clock.ts";
import { Disk, type DiskManner } from "./disk.ts";
import { describeAnswer, describeRequest } from "./history.ts";
import { Life, LifeOver } from "./life.ts";
import type { Network } from "./network.ts";
import type { NodeSql } from "./node-sql.ts";
import type { Random } from "./random.ts";
import type { Socket, WorkerSays } from "./socket.ts";
import { Sockets } from "./sockets.ts";
import type { Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";

/** What the world gives each of its members. */
export interface MemberWorld {
  readonly timeline: Timeline;
  readonly network: Network;
  readonly trace: Trace;
  /** A member of this or another group. */
  peer(group: string, region: Region): SimMember;
  /** A leader has sent an errand to another group. */
  afterErrand(member: SimMember, group: string, request: GroupRequest): void;
  /** How groups' replicas are fed; asked for only where groups have replicas. */
  feed(): ReplicaFeed;
  /** The code under test aborted for a reason that is no fault of the world's making. */
  broken(member: string, reason: unknown): void;
  /** Who gave each answer. An answer that is passed on keeps its first witness. */
  readonly witnesses: WeakMap<Answer, Witness>;
  /** How often a ring of the alarm is late, and how often it is repeated. */
  readonly alarms: { lateMs(): number; repeats(): boolean };
}

/** What leads from a leader to its group's replicas. */
export interface ReplicaFeed {
  /** Puts a message into the queue; see `Ports.replicas`. */
  send(from: SimMember, message: FanOut): Promise<void>;
  notice(from: SimMember, to: Region, through: LogIndex): Promise<LogIndex>;
}

/** Who gave an answer, and what its clock showed; for the checkers. */
export interface Witness {
  readonly incarnation: Incarnation;
  /** The leader's clock as the call came; null where it was set back before the answer. */
  readonly arrivedAt: Instant | null;
  /** The latest instant its clock has ever shown. */
  readonly latest: Instant;
}

/** A call as its caller sees it: answered, or known to be lost, or neither. */
export interface Reply<T> {
  answered(value: T): void;
  lost(): void;
}

/** Far more than a deadline, a pause or a campaign asks for. */
const RINGS_MAX = 2_000;

/** Longer than any lease, and than any clock is set back: by then no lease counts from before. */
const UNSTEADY_MS = 8_000;

/** How soon the platform rings again where a ring came to nothing. */
const RING_AGAIN_MS = ms(2_000);

export class SimMember {
  readonly name: string;
  readonly region: Region;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly #group: GroupRef;
  readonly #world: MemberWorld;
  readonly #random: Random;
  readonly #superseded = new Set<Life>();
  /** Calls that a life has not answered yet. */
  readonly #calls = new Map<Life, Set<() => void>>();
  #life: Life | null = null;
  #lives = 0;
  /** Those of the present life; they outlive it where it only sleeps. */
  #sockets: Sockets;
  /** Those of lives that were superseded. */
  readonly #left = new Map<Life, Sockets>();
  #watches = 0;
  #timer = 0;
  #setBackAt = Number.NEGATIVE_INFINITY;
  /** How often the timer rang since anything else happened. */
  #rings = 0;
  /** The alarm that a ring is planned for. */
  #armed: Instant | null = null;
  /** The life whose alarm has rung, while what that set off is not over. */
  #ringing: Life | null = null;
  /** Until then nothing reaches it, nothing leaves it, and its alarm does not ring. */
  #stoppedUntil = 0;
  #estrangedUntil = 0;
  readonly #heldUntil = new Map<string, number>();

  constructor(
    group: GroupRef,
    world: MemberWorld,
    random: Random,
    sql: NodeSql,
    clock: Clock,
    disk: DiskManner,
  ) {
    this.#group = group;
    this.#world = world;
    this.#random = random;
    this.region = group.self;
    this.name = `${group.group}@${group.self}`;
    this.clock = clock;
    this.disk = new Disk(sql, world.timeline, random, disk, () => this.crash());
    this.#sockets = this.#newSockets();
  }

  /** The present life as it is, for the checkers; null where there is none. */
  inspect(): Present | null {
    if (this.#life === null) return null;
    const steady = this.#world.timeline.now >= this.#setBackAt + UNSTEADY_MS;
    return { member: this.#life.host.inspect(), now: this.#now(), steady };
  }

  /** Clients' requests, in one call. */
  serve(requests: readonly GroupRequest[], caller: Caller, reply: Reply<Answer[]>): void {
    const arrivedAt = this.#now();
    const { setBacks } = this.clock;
    this.#call(async (life) => life.host.serve(requests, caller), {
      answered: ([answers, { incarnation }]) => {
        const witness: Witness = {
          incarnation,
          arrivedAt: this.clock.setBacks === setBacks ? arrivedAt : null,
          latest: this.clock.highest(this.#world.timeline.now),
        };
        const { witnesses } = this.#world;
        for (const answer of answers) {
          if (!witnesses.has(answer)) witnesses.set(answer, witness);
        }
        reply.answered(answers);
      },
      lost: reply.lost,
    });
  }

  /** A call from another member. */
  receive(message: PeerMessage, reply: Reply<PeerReply>): void {
    this.#call((life) => life.host.receive(message), {
      answered: ([answer]) => reply.answered(answer),
      lost: reply.lost,
    });
  }

  /** A Worker opens a socket, for a watch that this member has answered. */
  watch(watcher: Watcher, socket: Socket): void {
    const life = this.#isStopped ? null : this.#receiver();
    const sockets = life === null ? null : this.#socketsOf(life);
    if (life === null || sockets === null) return;
    const id = `${this.name}/${++this.#watches}`;
    sockets.add(id, watcher, socket);
    socket.onWorkerSays = (what) => this.#hearWatcher(life, sockets, id, socket, what);
    life.run(() => life.host.openWatch(id, watcher));
  }

  #hearWatcher(
    life: Life,
    sockets: Sockets,
    id: WatcherId,
    socket: Socket,
    what: WorkerSays,
  ): void {
    if (this.#isStopped) {
      socket.cut();
      return;
    }
    if (!sockets.has(id)) return;
    if (what.type === "ping") {
      // The platform's answer: nobody wakes for it.
      socket.toWorker({ type: "pong" });
      return;
    }
    if (what.type === "over") sockets.remove(id);
    const present = sockets === this.#sockets ? this.#alive() : life;
    if (what.type === "over") present?.run(() => present.host.closeWatch(id));
    else present?.run(() => present.host.hearWatcher(id, what.message));
  }

  #newSockets(): Sockets {
    return new Sockets((id, changes) => {
      const what = `${id} is sent more than it has room for`;
      this.#world.broken(this.name, new Violation("W2", what, changes, WATCH_WINDOW_CHANGES));
    });
  }

  #socketsOf(life: Life): Sockets | null {
    return life === this.#life ? this.#sockets : (this.#left.get(life) ?? null);
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

  /** Its process hangs: whoever calls it hears nothing, and it hears nobody. */
  stop(forMs: number): void {
    this.#note(`stops for ${forMs.toFixed(0)} ms`);
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#world.timeline.now + forMs);
  }

  /** The other members of its group and it do not hear of one another, while everybody else reaches it. */
  estrange(forMs: number): void {
    this.#note(`is estranged for ${forMs.toFixed(0)} ms`);
    this.#estrangedUntil = Math.max(this.#estrangedUntil, this.#world.timeline.now + forMs);
  }

  /** What it asks of another group is on its way for so long. */
  holdErrands(group: string, forMs: number): void {
    this.#note(`has its errands to ${group} held for ${forMs.toFixed(0)} ms`);
    this.#heldUntil.set(group, this.#world.timeline.now + forMs);
  }

  /** It does not hang any more. */
  goOn(): void {
    this.#estrangedUntil = 0;
    this.#heldUntil.clear();
    if (!this.#isStopped) return;
    this.#stoppedUntil = 0;
    this.#armed = null;
    this.#arm();
  }

  get group(): string {
    return this.#group.group;
  }

  get isEstranged(): boolean {
    return this.#estrangedUntil > this.#world.timeline.now;
  }

  /** Whether nothing reaches it, and nothing leaves it. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  get #isStopped(): boolean {
    return this.#stoppedUntil > this.#world.timeline.now;
  }

  /** The object leaves memory in good order. */
  evict(): void {
    if (this.#life === null || this.disk.unconfirmedTurns > 0 || this.#ringing !== null) return;
    if ((this.#calls.get(this.#life)?.size ?? 0) > 0) return;
    this.#note("is evicted");
    const sockets = this.#sockets;
    this.#sockets = this.#newSockets();
    this.#life.end(new LifeOver("evicted"));
    // What sleeps keeps them.
    this.#sockets = sockets;
  }

  /** Another instance takes over, and this one does not know it yet. */
  supersede(): void {
    const life = this.#life;
    if (life === null) return;
    this.#note(`${life.incarnation} is superseded`);
    life.supersede();
    this.#superseded.add(life);
    this.#left.set(life, this.#sockets);
    this.#sockets = this.#newSockets();
    this.#life = null;
    this.#afterLife(life);
    this.#world.timeline.after(this.#random.between(0, 3_000), () =>
      life.end(new LifeOver("superseded")),
    );
  }

  setClockBack(milliseconds: number): void {
    this.#note(`sets its clock back by ${milliseconds} ms`);
    this.clock.setBack(milliseconds);
    this.#setBackAt = this.#world.timeline.now;
    this.#armed = null;
    this.#arm();
  }

  #call<T>(start: (life: Life) => T | Promise<T>, reply: Reply<[T, Life]>): void {
    this.#rings = 0;
    if (this.#isStopped) return;
    const life = this.#receiver();
    if (life === null) {
      reply.lost();
      return;
    }
    const calls = this.#calls.get(life);
    const lost = (): void => this.#fail(() => this.#call(start, reply), reply.lost);
    calls?.add(lost);
    life.run(() => {
      Promise.resolve(start(life)).then(
        (value) => {
          calls?.delete(lost);
          if (!life.isOver && !this.#isStopped) reply.answered([value, life]);
        },
        (fault) => life.end(fault),
      );
    });
  }

  /** Mostly the present life; for a while one that was superseded may still be the one reached. */
  #receiver(): Life | null {
    if (this.#superseded.size > 0 && this.#random.chance(0.5)) {
      const [oldest] = this.#superseded;
      if (oldest !== undefined) return oldest;
    }
    return this.#alive();
  }

  #alive(): Life | null {
    if (this.#life !== null) return this.#life;
    const incarnation = `${this.name}#${++this.#lives}` as Incarnation;
    this.#note(`wakes as ${incarnation}`);
    try {
      const life: Life = new Life(this.#group, incarnation, {
        disk: this.disk,
        now: () => this.#now(),
        call: (to, message) => this.#peerCall(to, message),
        relay: (to, requests, caller) => this.#relay(to, requests, caller),
        ask: (group, to, request, caller) => this.#ask(group, to, request, caller),
        ...(this.#group.replicas !== undefined && {
          replicas: {
            send: (message) => this.#world.feed().send(this, message),
            notice: (to, through) => this.#world.feed().notice(this, to, through),
          },
        }),
        watchers: {
          attached: () => this.#sockets.attached(),
          tell: (output) => this.#tellWatcher(life, output),
        },
        setAlarm: (at) => {
          this.disk.setAlarm(at);
          this.#arm();
        },
        setTimer: (at) => this.#setTimer(life, at),
        ended: (reason) => this.#ended(life, reason),
      });
      this.#life = life;
      this.#calls.set(life, new Set());
    } catch (fault) {
      this.#world.broken(this.name, fault);
    }
    return this.#life;
  }

  #tellWatcher(life: Life, output: WatcherOutput): void {
    // As it wakes it is not known here yet; then they are those that it wakes with.
    const sockets = this.#left.get(life) ?? this.#sockets;
    if (!this.#isStopped) sockets.tell(output);
    else sockets.cut(output.id);
  }

  #ended(life: Life, reason: unknown): void {
    this.#note(`${life.incarnation} ends: ${reason}`);
    this.#superseded.delete(life);
    const sockets = this.#socketsOf(life);
    this.#left.delete(life);
    sockets?.lose(() => this.#random.chance(0.5));
    if (this.#life === life) {
      this.#life = null;
      this.#timer += 1;
      this.#afterLife(life);
    }
    if (!(reason instanceof LifeOver) && (reason as Error | null)?.name !== "DiskFault") {
      this.#world.broken(this.name, reason);
    }
    const calls = this.#calls.get(life);
    this.#calls.delete(life);
    for (const lost of calls ?? []) lost();
  }

  /** What of a life's writes is not confirmed may go; a ring that came to nothing comes again. */
  #afterLife(life: Life): void {
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
    else if (fate < 0.6) this.#world.timeline.after(this.#random.between(0, 100), repeat);
  }

  #peerCall(to: Region, message: PeerMessage): Promise<PeerReply> {
    const peer = this.#world.peer(this.#group.group, to);
    return this.#exchange(peer, PEER_CALL_MS, (reply) => {
      if (!this.isEstranged && !peer.isEstranged) peer.receive(message, reply);
    });
  }

  #relay(to: Region, requests: readonly GroupRequest[], caller: Caller): Promise<Answer[]> {
    const peer = this.#world.peer(this.#group.group, to);
    const told = { ...caller, deadlineMs: timeToAnswer(caller.deadlineMs) };
    return this.#exchange(peer, caller.deadlineMs, (reply) => {
      if (!this.isEstranged && !peer.isEstranged) peer.serve(requests, told, reply);
    });
  }

  async #ask(group: string, to: Region, request: GroupRequest, caller: Caller): Promise<Answer> {
    const peer = this.#world.peer(group, to);
    this.#note(`asks ${peer.name}: ${describeRequest(request)}`);
    const answered = this.#exchange<Answer[]>(peer, caller.deadlineMs + ANSWER_MS, (reply) => {
      const deliver = (): void => peer.serve([request], caller, reply);
      const heldMs = (this.#heldUntil.get(group) ?? 0) - this.#world.timeline.now;
      if (heldMs > 0) this.#world.timeline.after(heldMs, deliver);
      else deliver();
    });
    this.#world.afterErrand(this, group, request);
    const [answer] = await answered;
    if (answer === undefined) throw new Error("a request has no answer");
    this.#note(`hears from ${peer.name}: ${describeAnswer(answer)}`);
    return answer;
  }

  /** One call to another member over the network, with a deadline. */
  #exchange<T>(
    peer: SimMember,
    deadlineMs: number,
    deliver: (reply: Reply<T>) => void,
  ): Promise<T> {
    const { timeline, network } = this.#world;
    return new Promise((resolve, reject) => {
      timeline.after(deadlineMs, () => reject(new Error("no answer in time")));
      const back = (settle: () => void): void =>
        network.send(peer.region, this.region, false, () => {
          if (!this.#isStopped) settle();
        });
      if (this.#isStopped) return;
      network.send(this.region, peer.region, true, () =>
        deliver({
          answered: (value) => back(() => resolve(value)),
          lost: () => back(() => reject(new Error("connection lost"))),
        }),
      );
    });
  }

  #setTimer(life: Life, at: Parameters<Ports["setTimer"]>[0]): void {
    if (life.isSuperseded) return;
    this.#timer += 1;
    if (at === null) return;
    const timer = this.#timer;
    const { timeline } = this.#world;
    const due = Math.max(timeline.now, this.clock.timeOf(at));
    timeline.at(due + this.#random.between(0, 2), () => {
      if (this.#timer !== timer) return;
      this.#noteRing(life);
      life.run(() => life.host.timer());
    });
  }

  /** A timer that rings on and on, while nothing else happens, would keep a processor busy for nothing. */
  #noteRing(life: Life): void {
    this.#rings += 1;
    if (this.#rings !== RINGS_MAX) return;
    this.#world.broken(this.name, new Error(`${life.incarnation} rings its timer without end`));
  }

  #arm(): void {
    const { alarm } = this.disk;
    if (alarm === this.#armed) return;
    this.#armed = alarm;
    if (alarm === null) return;
    const { timeline, alarms } = this.#world;
    const due = Math.max(this.clock.timeOf(alarm) + alarms.lateMs(), this.#stoppedUntil);
    timeline.at(due, () => {
      if (this.#isStopped) {
        // It hangs: the alarm rings when it goes on.
        if (this.#armed === alarm) this.#armed = null;
        this.#arm();
      } else if (this.#armed === alarm && this.disk.alarm === alarm) this.#ring();
    });
  }

  #ring(): void {
    // The platform never rings while it still waits for the ring before.
    if (this.#ringing !== null) {
      this.#armed = null;
      this.#world.timeline.after(50, () => this.#arm());
      return;
    }
    const life = this.#alive();
    if (life === null) return;
    this.#note("alarm rings");
    this.#ringing = life;
    life.run(() => {
      // The platform forgets an alarm when its handler has succeeded; where that does not live to its end, it rings again.
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
    if (this.#world.alarms.repeats()) {
      this.#world.timeline.after(this.#random.between(0, 500), () => {
        this.#alive()?.run(() => this.#life?.host.alarm().catch((fault) => this.#life?.end(fault)));
      });
    }
  }

  #now(): Instant {
    return this.clock.read(this.#world.timeline.now);
  }

  #note(what: string): void {
    this.#world.trace.note(this.#world.timeline.now, this.name, what);
  }
}
