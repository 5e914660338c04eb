/**
 * Finding a group's leader, as a Worker does it: guessed, corrected by any of its members, and where it does not answer,
 * another member is told so. Its replicas' requests say nothing of where a group is used, and move no leader.
 */
import { PEER_CALL_MS, PEER_PAUSE_MS } from "../limits.ts";
import type { Answer } from "../member/request.ts";
import { planted } from "../planted.ts";
import { addMs, type Instant, ms, type Region } from "../types.ts";
import type { FeedRequest } from "./feed.ts";
import { FEED_CALLS_MAX, FEED_MS, LEADERS_MAX } from "./limits.ts";
import type { ReplicaPorts } from "./ports.ts";

export type Fed = Extract<Answer, { type: "fed" }>;

/** What a leader answered, and when it was asked. */
export interface Heard {
  readonly answer: Fed;
  readonly sentAt: Instant;
}

/** Calls that somebody has had made. */
export interface Bill {
  calls: number;
}

/** For calls that nobody is told of. */
export const noBill = (): Bill => ({ calls: 0 });

export class Leaders {
  readonly #members: readonly Region[];
  readonly #ports: Pick<ReplicaPorts, "ask" | "now" | "sleep">;
  /** Who leads, as far as this life has learned. */
  readonly #known = new Map<string, Region>();

  constructor(members: readonly Region[], ports: Pick<ReplicaPorts, "ask" | "now" | "sleep">) {
    this.#members = members;
    this.#ports = ports;
  }

  /** Asks the group's leader; null where none was found in time. */
  async ask(group: string, request: FeedRequest, bill: Bill): Promise<Heard | null> {
    const deadline = addMs(this.#ports.now(), FEED_MS);
    let unreachable: readonly Region[] = [];
    let to = this.#known.get(group) ?? this.#first();
    for (let call = 0; call < FEED_CALLS_MAX; call++) {
      const sentAt = this.#ports.now();
      if (sentAt >= deadline) break;
      // Longer each time: whoever is asked next may have to wait for a lease to run out.
      const patience = Math.min(PEER_CALL_MS * 2 ** Math.min(call, 2), deadline - sentAt);
      const caller = { alone: true, deadlineMs: ms(patience), unreachable };
      bill.calls += 1;
      const answer = await this.#ports.ask(group, to, request, caller).catch(() => null);
      if (answer?.type === "fed") {
        this.#learn(group, to);
        return { answer, sentAt: planted("current-since-answer") ? this.#ports.now() : sentAt };
      }
      if (answer?.type === "redirected") {
        const { leader } = answer;
        unreachable = unreachable.filter((one) => one !== leader);
        // Two that send to each other have not heard of a change yet.
        if (call >= this.#members.length) await this.#ports.sleep(PEER_PAUSE_MS);
        to = leader;
        continue;
      }
      if (answer === null) {
        this.#known.delete(group);
        const tried = [...new Set([...unreachable, to])];
        const next = this.#members.find((member) => !tried.includes(member));
        unreachable = next === undefined ? [] : tried;
        to = next ?? this.#first();
        if (next !== undefined) continue;
      }
      await this.#ports.sleep(PEER_PAUSE_MS);
    }
    return null;
  }

  #first(): Region {
    const [first] = this.#members;
    if (first === undefined) throw new Error("a group has at least one member");
    return first;
  }

  #learn(group: string, leader: Region): void {
    if (leader === this.#first()) this.#known.delete(group);
    else {
      if (this.#known.size >= LEADERS_MAX) this.#known.clear();
      this.#known.set(group, leader);
    }
  }
}
