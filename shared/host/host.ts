/**
 * The loop that runs a member: events in, their outputs carried out, over ports.
 *
 * One turn takes all requests of a call, evaluates them one after the other, then sends and writes. Turns never
 * await, so no other event comes in between, and what a turn writes is atomic.
 */
import { DRIFT_BOUND, LEASE_MS } from "../limits.ts";
import type { MemberEvent } from "../member/event.ts";
import { isRinging } from "../member/fan-out.ts";
import type { ErrandCall, Output, Relay } from "../member/output.ts";
import type {
  Answer,
  AnyAnswer,
  AnyRequest,
  Caller,
  GroupRef,
  GroupRequest,
  OperatorAnswer,
  OperatorRequest,
} from "../member/request.ts";
import { type MemberState, type Slot, startMember } from "../member/state.ts";
import { step } from "../member/step.ts";
import { isTimed, nextTimer } from "../member/turn.ts";
import type { WatcherId } from "../member/watch.ts";
import { planted } from "../planted.ts";
import { bornState } from "../raft/hard-state.ts";
import type { PeerMessage, PeerReply } from "../raft/messages.ts";
import type { Outgoing } from "../raft/outbox.ts";
import type { FanOut } from "../replica/feed.ts";
import { Store } from "../store/store.ts";
import type { LogIndex, Region } from "../types.ts";
import { WATCH_CHECK_PATIENCE_MS } from "../watch/limits.ts";
import type { WorkerMessage } from "../watch/message.ts";
import { through } from "../watch/position.ts";
import type { Watcher } from "../watch/watcher.ts";
import type { Ports } from "./ports.ts";

/** One call of a client: as many answers as requests, told together. */
interface Call {
  readonly first: Slot;
  readonly answers: AnyAnswer[];
  missing: number;
  tell: ((answers: AnyAnswer[]) => void) | null;
}

export class Host {
  readonly #ports: Ports;
  readonly #store: Store;
  readonly #member: MemberState;
  readonly #clients = new Map<Slot, Call>();
  readonly #peers = new Map<Slot, (reply: PeerReply) => void>();
  #nextSlot: Slot = 0;
  #unconfirmed = false;
  /** Whether a timer is set. */
  #timed = false;
  /** Whoever waits for the end of the alarm's ring. */
  #rings: (() => void)[] = [];
  /** What tells of this turn's writes, and so waits for the disk. */
  #onceDurable: (() => void)[] = [];

  constructor(group: GroupRef, ports: Ports) {
    this.#ports = ports;
    const [first] = group.members;
    if (first === undefined) throw new Error("a group has at least one member");
    this.#store = new Store(ports.sql, bornState(group.self, first));
    this.#member = startMember(
      {
        self: group.self,
        members: group.members,
        incarnation: ports.incarnation,
        leaseMs: LEASE_MS,
        driftBound: DRIFT_BOUND,
      },
      group.group,
      group.historyMs,
      this.#store,
      ports.now(),
      ports.replicas === undefined ? [] : group.replicas,
    );
    for (const { id, watcher } of ports.watchers?.attached() ?? []) {
      const forgets = planted("watch-forgets-position");
      const position = forgets ? through(this.#store.lastIndex) : watcher.position;
      this.#take({
        type: "watch-open",
        now: ports.now(),
        id,
        watcher: { ...watcher, position },
      });
    }
  }

  /** A look at the member as it is, for those who check it; nothing that is deployed takes one. */
  inspect(): MemberState {
    return this.#member;
  }

  /** Answers clients' requests that came in one call, each in its place; at once where none of them waits. */
  serve(requests: readonly GroupRequest[], caller: Caller): Answer[] | Promise<Answer[]> {
    return this.#answer(requests, caller) as Answer[] | Promise<Answer[]>;
  }

  /** Answers an operator. */
  async operate(request: OperatorRequest, caller: Caller): Promise<OperatorAnswer> {
    const [answer] = await this.#answer([request], caller);
    return answer as OperatorAnswer;
  }

  #answer(requests: readonly AnyRequest[], caller: Caller): AnyAnswer[] | Promise<AnyAnswer[]> {
    const now = this.#ports.now();
    const call: Call = {
      first: this.#nextSlot,
      answers: new Array(requests.length),
      missing: requests.length,
      tell: null,
    };
    this.#nextSlot += requests.length;
    for (const [at, request] of requests.entries()) {
      const slot = call.first + at;
      this.#clients.set(slot, call);
      this.#take({ type: "request", now, slot, request, caller });
    }
    detach(this.#endTurn());
    if (call.missing === 0) return call.answers;
    return new Promise((resolve) => {
      call.tell = resolve;
    });
  }

  /** Answers another member's call, once what the answer tells of is durable. */
  receive(message: PeerMessage): Promise<PeerReply> {
    return new Promise((resolve) => {
      const slot = this.#nextSlot++;
      this.#peers.set(slot, resolve);
      detach(this.#turn({ type: "message", now: this.#ports.now(), slot, message }));
    });
  }

  /** The durable alarm rang. Resolves once what it did is durable, replicas it asks having answered or not in time. */
  async alarm(): Promise<void> {
    const over = new Promise<void>((resolve) => {
      this.#rings.push(resolve);
    });
    await this.#turn({ type: "alarm", now: this.#ports.now() });
    if (!planted("ring-ends-unanswered")) await over;
  }

  /** A socket was opened for a watch that {@link serve} has answered. */
  openWatch(id: WatcherId, watcher: Watcher): void {
    detach(this.#turn({ type: "watch-open", now: this.#ports.now(), id, watcher }));
  }

  /** A watcher's Worker has said something. */
  hearWatcher(id: WatcherId, message: WorkerMessage): void {
    if (message.type === "check") detach(this.#check(id));
    else detach(this.#turn({ type: "watch-taken", now: this.#ports.now(), id, amount: message }));
  }

  /** A watcher's socket is closed. */
  closeWatch(id: WatcherId): void {
    detach(this.#turn({ type: "watch-closed", now: this.#ports.now(), id }));
  }

  /** The group's replicas are others than those it began with. */
  follow(replicas: readonly Region[]): void {
    detach(this.#turn({ type: "followed", now: this.#ports.now(), replicas }));
  }

  /** The timer that was asked for last has run out. */
  timer(): void {
    detach(this.#turn({ type: "timer", now: this.#ports.now() }));
  }

  #turn(event: MemberEvent): Promise<void> | undefined {
    this.#take(event);
    return this.#endTurn();
  }

  #endTurn(): Promise<void> | undefined {
    const now = this.#ports.now();
    this.#take({ type: "turn-end", now });
    const alone = this.#member.raft.config.members.length === 1;
    // A lone member waits for its disk alone, unless it has to do with transactions, or locks are waited for.
    const timed = !alone || this.#timed || isTimed(this.#member);
    if (timed) {
      const at = nextTimer(this.#member, now);
      this.#timed = at !== null;
      this.#ports.setTimer(at);
    }
    if (this.#rings.length > 0 && !isRinging(this.#member)) {
      this.#onceDurable.push(...this.#rings);
      this.#rings = [];
    }
    if (!this.#unconfirmed && this.#onceDurable.length === 0) return undefined;
    return this.#confirm();
  }

  async #confirm(): Promise<void> {
    this.#unconfirmed = false;
    const told = this.#onceDurable;
    this.#onceDurable = [];
    const { lastIndex: through, lastTerm: term } = this.#store;
    try {
      await this.#ports.confirm();
    } catch (fault) {
      // What the disk did not confirm may or may not be there; only a new life can tell.
      this.#ports.abort(fault);
    }
    for (const tell of told) tell();
    await this.#turn({ type: "confirmed", now: this.#ports.now(), through, term });
  }

  #take(event: MemberEvent): void {
    let output: Output;
    try {
      output = step(this.#member, event);
      for (const errand of output.errands) detach(this.#errand(errand));
      for (const outgoing of output.sends) detach(this.#call(outgoing));
      for (const write of output.writes) {
        this.#unconfirmed = true;
        this.#store.write(write);
      }
    } catch (violation) {
      this.#ports.abort(violation);
    }
    for (const outgoing of output.sendsOnceDurable) {
      this.#onceDurable.push(() => detach(this.#call(outgoing)));
    }
    for (const { slot, reply } of output.replies) {
      const resolve = this.#peers.get(slot);
      this.#peers.delete(slot);
      if (resolve === undefined) continue;
      if (planted("replies-before-durable")) resolve(reply);
      else this.#onceDurable.push(() => resolve(reply));
    }
    if (output.fanOut !== undefined) detach(this.#fanOut(output.fanOut));
    for (const { region, through } of output.notices) detach(this.#notice(region, through));
    for (const relay of output.relays) detach(this.#relay(relay));
    for (const told of output.watchers) this.#ports.watchers?.tell(told);
    if (output.alarm !== undefined) this.#ports.setAlarm(output.alarm);
    for (const { slot, answer } of output.answers) this.#tell(slot, answer);
  }

  #tell(slot: Slot, answer: AnyAnswer): void {
    const call = this.#clients.get(slot);
    if (call === undefined) return;
    this.#clients.delete(slot);
    call.answers[slot - call.first] = answer;
    call.missing -= 1;
    if (call.missing === 0) call.tell?.(call.answers);
  }

  /** Whether this member still leads is known as a strong read is answered: under the lease. */
  async #check(id: WatcherId): Promise<void> {
    const request: GroupRequest = { type: "watch", start: { type: "now" } };
    const caller: Caller = { deadlineMs: WATCH_CHECK_PATIENCE_MS, unreachable: [] };
    const [answer] = await this.#answer([request], caller);
    const leads = answer?.type === "watching";
    await this.#turn({ type: "watch-checked", now: this.#ports.now(), id, leads });
  }

  async #call({ to, message }: Outgoing): Promise<void> {
    const reply = await this.#ports.call(to, message).catch(() => null);
    const now = this.#ports.now();
    // Why a call failed does not matter: it may have had its effect or not.
    if (reply === null) await this.#turn({ type: "unreachable", now, from: to, message });
    else await this.#turn({ type: "reply", now, reply });
  }

  async #errand({ number, group, to, request, caller }: ErrandCall): Promise<void> {
    const answer = await this.#ports.ask(group, to, request, caller).catch(() => null);
    await this.#turn({ type: "errand", now: this.#ports.now(), number, answer });
  }

  async #fanOut(message: FanOut): Promise<void> {
    // What the queue did not take the alarm makes good, so it does not matter why.
    await this.#ports.replicas?.send(message).catch(() => {});
    await this.#turn({ type: "fanned", now: this.#ports.now() });
  }

  async #notice(region: Region, through: LogIndex): Promise<void> {
    const asked = this.#ports.replicas?.notice(region, through);
    const index = (await asked?.catch(() => null)) ?? null;
    await this.#turn({ type: "noticed", now: this.#ports.now(), region, index });
  }

  async #relay({ to, caller, requests }: Relay): Promise<void> {
    const slots = requests.map((one) => one.slot);
    const passed = requests.map((one) => one.request) as GroupRequest[];
    const answers = await this.#ports.relay(to, passed, caller).catch(() => null);
    const now = this.#ports.now();
    if (answers === null) {
      await this.#turn({ type: "relay-failed", now, to, slots });
      return;
    }
    const told = answers.flatMap((answer, at) => {
      const slot = slots[at];
      return slot === undefined ? [] : [{ slot, answer }];
    });
    await this.#turn({ type: "relayed", now, answers: told });
  }
}

/** Leaves a turn to itself. It fails only by an abort, which has ended this life: nobody is left to tell. */
function detach(turn: Promise<void> | undefined): void {
  turn?.catch(() => {});
}
