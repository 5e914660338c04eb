/**
 * One life of a member in memory: the deployed protocol, turn by turn, as the host runs it.
 *
 * What shared/host/host.ts does over promises is done here at once, in the same order: calls, then writes; what tells of
 * a write once the disk has confirmed it. When that is, the schedule decides.
 */
import { DRIFT_BOUND, LEASE_MS } from "../../shared/limits.ts";
import type { MemberEvent } from "../../shared/member/event.ts";
import type { AnyAnswer } from "../../shared/member/request.ts";
import { type MemberState, type Slot, startMember } from "../../shared/member/state.ts";
import { step } from "../../shared/member/step.ts";
import { nextTimer } from "../../shared/member/turn.ts";
import { planted } from "../../shared/planted.ts";
import type { PeerMessage, PeerReply } from "../../shared/raft/messages.ts";
import type { Leadership } from "../../shared/raft/state.ts";
import type { Term } from "../../shared/raft/term.ts";
import {
  type Incarnation,
  type Instant,
  type LogIndex,
  ms,
  type Region,
} from "../../shared/types.ts";
import type { Image, ImageStore } from "./store.ts";
import { StorageRefused } from "./store.ts";

/** What a life needs of its member and the world. */
export interface Around {
  readonly region: Region;
  readonly regions: readonly Region[];
  now(): Instant;
  call(to: Region, message: PeerMessage): void;
  answer(slot: Slot, answer: AnyAnswer): void;
  /** The life has changed its memory and, unless the disk refused it, its disk. */
  stepped(life: Life, before: Image): void;
  /** Entries are about to leave or be written, behind the log's end. */
  appending(life: Life, entries: Parameters<ImageStore["write"]>[0] & { type: "append" }): void;
}

/** A turn on its way to the disk, and what waits for it. */
interface Confirmation {
  readonly image: Image;
  readonly through: LogIndex;
  readonly term: Term;
  readonly told: readonly (() => void)[];
}

export class Life {
  readonly incarnation: Incarnation;
  readonly store: ImageStore;
  readonly member: MemberState;
  /** Turns that are not confirmed yet, oldest first. */
  pending: Confirmation[] = [];
  timerAt: Instant | null = null;
  over = false;
  /** The leadership the world has been told of. */
  noted: Leadership | null = null;
  /** How far the world has been told that this life counts its log as committed. */
  notedCommit = 0;
  readonly #around: Around;
  readonly #replies = new Map<Slot, (reply: PeerReply) => void>();
  #unconfirmed = false;
  #onceDurable: (() => void)[] = [];

  constructor(incarnation: Incarnation, store: ImageStore, around: Around) {
    this.incarnation = incarnation;
    this.store = store;
    this.#around = around;
    this.member = startMember(
      {
        self: around.region,
        members: around.regions,
        incarnation,
        leaseMs: LEASE_MS,
        driftBound: DRIFT_BOUND,
      },
      "g",
      ms(0),
      store,
      around.now(),
    );
  }

  /** An event and the end of its turn; whatever it relays is known at once to have failed. */
  turn(event: MemberEvent): void {
    if (this.over) return;
    try {
      this.#take(event);
      this.#endTurn();
    } catch (fault) {
      this.over = true;
      if (!(fault instanceof StorageRefused)) throw fault;
    }
  }

  receive(slot: Slot, message: PeerMessage, reply: (reply: PeerReply) => void): void {
    this.#replies.set(slot, reply);
    this.turn({ type: "message", now: this.#around.now(), slot, message });
  }

  /** The disk has confirmed the oldest turn. */
  confirm(): void {
    const confirmation = this.pending.shift();
    if (confirmation === undefined || this.over) return;
    const { told, through, term } = confirmation;
    for (const tell of told) tell();
    this.turn({ type: "confirmed", now: this.#around.now(), through, term });
  }

  /** Changes the disk as compaction does, whose windows are far longer than a run. */
  compact(through: LogIndex): void {
    this.store.write({ type: "compact", through });
    this.#unconfirmed = true;
    this.#endTurn();
  }

  #endTurn(): void {
    const now = this.#around.now();
    this.#take({ type: "turn-end", now });
    this.timerAt = nextTimer(this.member, now);
    if (!this.#unconfirmed && this.#onceDurable.length === 0) return;
    const { image, lastIndex: through, lastTerm: term } = this.store;
    this.pending.push({ image, through, term, told: this.#onceDurable });
    this.#unconfirmed = false;
    this.#onceDurable = [];
  }

  #take(event: MemberEvent): void {
    const { store } = this;
    const output = step(this.member, event);
    const before = store.image;
    for (const write of output.writes) {
      if (write.type === "append") this.#around.appending(this, write);
    }
    for (const { to, message } of output.sends) this.#around.call(to, message);
    for (const write of output.writes) {
      this.#unconfirmed = true;
      store.write(write);
    }
    for (const { to, message } of output.sendsOnceDurable) {
      this.#onceDurable.push(() => this.#around.call(to, message));
    }
    for (const { slot, reply } of output.replies) {
      const answer = this.#replies.get(slot);
      this.#replies.delete(slot);
      if (answer === undefined) continue;
      if (planted("replies-before-durable")) answer(reply);
      else this.#onceDurable.push(() => answer(reply));
    }
    this.#around.stepped(this, before);
    for (const { slot, answer } of output.answers) this.#around.answer(slot, answer);
    for (const { to, requests } of output.relays) {
      const slots = requests.map((one) => one.slot);
      this.#take({ type: "relay-failed", now: this.#around.now(), to, slots });
    }
  }
}
