/**
 * The network between the objects of a test: real calls, each of which can be held as it arrives or as it is answered, or
 * be lost. It watches what participants say of an attempt, for that never changes (T2).
 */
import type { Answer, GroupRequest } from "../../../shared/member/request.ts";
import { look } from "./look.ts";

export interface Message {
  /** The objects' names. */
  readonly from: string;
  readonly to: string;
  /** What it asks; `receive` between members of one group. */
  readonly type: string;
  readonly requests: readonly GroupRequest[];
}

export type Match = (message: Message) => boolean;

/** Where on its way a message is stopped. */
export type Place =
  /** Sent, and not arrived. */
  | "sent"
  /** It has had its effect, and its answer is on its way. */
  | "answered"
  /** As it leaves: the object that sends it is aborted in that very turn. */
  | "sent by the last turn";

export interface Sender {
  readonly name: string;
  abort(): void;
}

/** Why a test aborts objects: in words that the vitest plugin does not print. */
export const ABORTED = "Instance disposed by a test";

/** A call that has not been answered for so many looks waits for something: an outcome, a lock, an election. */
const WAITING_LOOKS = 25;

interface Carried {
  readonly message: Message;
  looks: number;
}

/**
 * A message that is stopped on its way. Both who stopped it and who waits for it look again and again: a promise that
 * another object settles would go on as part of that object.
 */
export class Held {
  readonly place: Place;
  message: Message | null = null;
  #goesOn = false;

  constructor(place: Place) {
    this.place = place;
  }

  /** Ends when it goes on, or nobody waits for it any more. */
  async stop(message: Message, isLost: () => boolean): Promise<void> {
    this.message = message;
    while (!this.#goesOn && !isLost()) await look();
  }

  /** Resolves once there is one. */
  async stopped(): Promise<Message> {
    for (;;) {
      if (this.message !== null) return this.message;
      await look();
    }
  }

  /** Lets it go on, where whoever sent it still lives. */
  goOn(): void {
    this.#goesOn = true;
  }
}

class Network {
  /** What is stopped or lost is not among it. */
  readonly #underWay = new Set<Carried>();
  #holding: { match: Match; held: Held }[] = [];
  readonly #losing = new Set<Match>();
  /** When an object sent something last. */
  movedAt = 0;
  readonly #said = new Map<string, string>();
  /** What was said of an attempt, and then something else. */
  takenBack: string[] = [];

  /** Whether a message or its answer is on its way. Looks at all of them. */
  isMoving(): boolean {
    let moving = false;
    for (const carried of this.#underWay) {
      carried.looks += 1;
      if (carried.looks <= WAITING_LOOKS) moving = true;
    }
    return moving;
  }

  /** Stops the next message that matches. */
  hold(place: Place, match: Match): Held {
    const held = new Held(place);
    this.#holding.push({ match, held });
    return held;
  }

  /** Forgets what a test has asked of it. */
  reset(): void {
    this.#underWay.clear();
    this.#holding = [];
    this.#losing.clear();
    this.takenBack = [];
  }

  /** Loses what matches, answers that are on their way too, until it is told to stop. */
  lose(match: Match): () => void {
    this.#losing.add(match);
    return () => this.#losing.delete(match);
  }

  /** An object is gone, and with it whatever it waited for. */
  forget(object: string): void {
    for (const carried of this.#underWay) {
      if (carried.message.from === object) this.#underWay.delete(carried);
    }
  }

  async carry<T>(message: Message, sender: Sender, call: () => Promise<T>): Promise<T> {
    this.movedAt = Date.now();
    const isLost = () => [...this.#losing].some((match) => match(message));
    if (isLost()) return lost();
    const carried: Carried = { message, looks: 0 };
    const held = this.#heldBy(message);
    if (held?.place === "sent by the last turn") {
      held.message = message;
      sender.abort();
      return lost();
    }
    if (held?.place === "sent") await held.stop(message, isLost);
    if (isLost()) return lost();
    this.#underWay.add(carried);
    try {
      const answer = await call();
      this.note(message, answer);
      if (held?.place === "answered") {
        this.#underWay.delete(carried);
        await held.stop(message, isLost);
      }
      return isLost() ? lost() : answer;
    } finally {
      this.#underWay.delete(carried);
    }
  }

  /** What a participant answered, which it must never take back. */
  note({ to, requests }: Pick<Message, "to" | "requests">, answers: unknown): void {
    if (!Array.isArray(answers)) return;
    for (const [at, request] of requests.entries()) {
      const answer = answers[at] as Answer;
      if (!("attempt" in request)) continue;
      if (answer.type !== "voted" && answer.type !== "vote-refused") continue;
      const about = `${groupAt(to)} on attempt ${request.attempt} of ${request.id}`;
      const says = answer.type === "voted" ? `voted at ${answer.vote.index}` : answer.type;
      const before = this.#said.get(about);
      if (before !== undefined && before !== says) {
        this.takenBack.push(`${about}: ${before}, then ${says}`);
      }
      this.#said.set(about, says);
    }
  }

  #heldBy(message: Message): Held | null {
    const found = this.#holding.find(({ match }) => match(message));
    if (found === undefined) return null;
    this.#holding = this.#holding.filter((one) => one !== found);
    return found.held;
  }
}

/** The group an object belongs to, whichever member it is: a vote is the group's. */
const groupAt = (object: string): string => object.replace(/^([^/]*)\/[^/]*/, "$1");

const lost = <T>(): Promise<T> => new Promise(() => {});

export const network = new Network();
