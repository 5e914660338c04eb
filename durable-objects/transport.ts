/**
 * Calls to a group's other members, each with a deadline of ours: a partitioned object gives no error, its call hangs.
 */

import { ANSWER_MS, PEER_CALL_MS, timeToAnswer } from "../shared/limits.ts";
import type { Answer, Caller, GroupRef, GroupRequest } from "../shared/member/request.ts";
import type { PeerMessage, PeerReply } from "../shared/raft/messages.ts";
import { type Ms, ms, type Region } from "../shared/types.ts";
import { across } from "./outage.ts";
import { type Members, memberIn } from "./reach.ts";
import { within } from "./within.ts";

export class Transport {
  readonly #members: Members;
  readonly #group: GroupRef;

  constructor(members: Members, group: GroupRef) {
    this.#members = members;
    this.#group = group;
  }

  call(to: Region, message: PeerMessage): Promise<PeerReply> {
    const group = { ...this.#group, self: to };
    const call = () => memberIn(this.#members, group).receive(group, message);
    return within(PEER_CALL_MS, Promise.resolve(across(this.#group.self, call)));
  }

  relay(to: Region, requests: readonly GroupRequest[], caller: Caller): Promise<Answer[]> {
    const group = { ...this.#group, self: to };
    const patience = ms(Math.min(caller.deadlineMs, PEER_CALL_MS));
    const told = { ...caller, deadlineMs: timeToAnswer(patience) };
    const call = () => memberIn(this.#members, group).serve(group, requests, told);
    return within(patience, Promise.resolve(across(this.#group.self, call)));
  }

  /** Asks a member of another group of the namespace, which has its members in the same regions. */
  async ask(name: string, to: Region, request: GroupRequest, caller: Caller): Promise<Answer> {
    const group = { ...this.#group, group: name, self: to };
    const call = () => memberIn(this.#members, group).serve(group, [request], caller);
    const carried = Promise.resolve(across(this.#group.self, call));
    const [answer] = await within(answerWithin(caller.deadlineMs), carried);
    if (answer === undefined) throw new Error("a request has no answer");
    return answer;
  }
}

const answerWithin = (deadlineMs: Ms): Ms => ms(deadlineMs + ANSWER_MS);
