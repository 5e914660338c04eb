/**
 * What a Worker does for its clients: requests ride together in one call to the leader, each under its own id; what
 * is not answered in time is sent again as a copy, until the request's deadline.
 *
 * A refusal is passed on only if no other copy of the request can contradict it: the leader recorded it, or there
 * is no other copy (DESIGN.md §3).
 */
import { BATCH_REQUESTS_MAX } from "../shared/limits.ts";
import type { Answer, GroupRequest } from "../shared/member/request.ts";
import { ms, type Region } from "../shared/types.ts";
import { describeAnswer, describeRequest } from "./history.ts";
import type { SimMember } from "./member.ts";
import type { Network } from "./network.ts";
import type { Random } from "./random.ts";
import type { Time, Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";

/** What became of a request: its answer, or null where nobody can say whether it took effect. */
export type Done = (answer: Answer | null) => void;

interface Rider {
  readonly request: GroupRequest;
  readonly deadline: Time;
  readonly done: Done;
  readonly askedAt: Time;
  /** Whether it goes in a call of its own, where it may wait for a transaction. */
  alone: boolean;
  sent: number;
  over: boolean;
}

export interface ClientManner {
  /** How long a Worker waits for an answer before it asks again. */
  readonly patienceMs: number;
  /** The same where it may have to wait for a transaction, at first: it doubles with each time. */
  readonly waitMs?: number;
  /** Requests that come within this time ride together. */
  readonly gatherMs: number;
}

const PAUSE_MS = 20;

/** How often patience with a call that may wait for a transaction doubles. */
const DOUBLINGS_MAX = 3;

/** Requests that are answered at once, or say that they cannot be (`crowded`). All others go alone. */
const MAY_SHARE: ReadonlySet<GroupRequest["type"]> = new Set(["get", "list", "watch", "write"]);

export class Client {
  readonly region: Region;
  readonly #timeline: Timeline;
  readonly #network: Network;
  readonly #random: Random;
  readonly #trace: Trace;
  manner: ClientManner;
  readonly #members: (group: string) => readonly SimMember[];
  /** Who leads each group, as far as this Worker knows. */
  readonly #leaders = new Map<string, Region>();
  readonly #waiting = new Map<string, Rider[]>();

  constructor(
    region: Region,
    timeline: Timeline,
    network: Network,
    random: Random,
    trace: Trace,
    manner: ClientManner,
    members: (group: string) => readonly SimMember[],
  ) {
    this.region = region;
    this.#timeline = timeline;
    this.#network = network;
    this.#random = random;
    this.#trace = trace;
    this.manner = manner;
    this.#members = members;
  }

  /**
   * Asks until there is an answer or `deadlineMs` are over.
   * @returns what to call where nobody waits for it any more
   */
  request(group: string, request: GroupRequest, deadlineMs: number, done: Done): () => void {
    const askedAt = this.#timeline.now;
    const deadline = askedAt + deadlineMs;
    const alone = !MAY_SHARE.has(request.type);
    const rider: Rider = { request, deadline, done, askedAt, alone, sent: 0, over: false };
    const leave = (): void => this.#finish(rider, null);
    this.#timeline.at(deadline, leave);
    if (alone) this.#call(group, [rider], []);
    else this.#board(group, rider);
    return leave;
  }

  /** Has a request ride in the next call. */
  #board(group: string, rider: Rider): void {
    if (rider.over) return;
    const riders = this.#waiting.get(group);
    if (riders !== undefined) {
      riders.push(rider);
      return;
    }
    this.#waiting.set(group, [rider]);
    this.#timeline.after(this.#random.between(0, this.manner.gatherMs), () => this.#depart(group));
  }

  #depart(group: string): void {
    const riders = (this.#waiting.get(group) ?? []).filter((rider) => !rider.over);
    this.#waiting.delete(group);
    for (let from = 0; from < riders.length; from += BATCH_REQUESTS_MAX) {
      this.#call(group, riders.slice(from, from + BATCH_REQUESTS_MAX), []);
    }
  }

  #call(group: string, riders: readonly Rider[], unreachable: readonly Region[]): void {
    const member = this.#memberToAsk(group, unreachable);
    const now = this.#timeline.now;
    const requests = riders.map((rider) => asSent(rider, now));
    for (const rider of riders) rider.sent += 1;
    const alone = riders.every((rider) => rider.alone);
    for (const request of requests) this.#note(`asks ${member.name}: ${describeRequest(request)}`);
    const deadlineMs = ms(Math.max(1, Math.min(...riders.map((rider) => rider.deadline - now))));

    let heard = false;
    const silence = (): void => {
      if (!heard) this.#again(group, riders, [member.region]);
      heard = true;
    };
    const back = (next: () => void): void => {
      this.#network.send(member.region, this.region, false, next);
    };
    this.#timeline.after(this.#patienceOf(riders), silence);
    const allMayRepeat = requests.every((one) => !("copy" in one) || one.copy);
    this.#network.send(this.region, member.region, allMayRepeat, () =>
      member.serve(
        requests,
        { alone, deadlineMs, unreachable },
        {
          answered: (answers) =>
            back(() => {
              const late = heard;
              heard = true;
              this.#hear(group, riders, requests, answers, late);
            }),
          lost: () => back(silence),
        },
      ),
    );
  }

  #patienceOf(riders: readonly Rider[]): number {
    const { patienceMs, waitMs } = this.manner;
    const [only] = riders;
    if (waitMs === undefined || only === undefined || !only.alone) return patienceMs;
    return waitMs * 2 ** Math.min(only.sent - 1, DOUBLINGS_MAX);
  }

  #hear(
    group: string,
    riders: readonly Rider[],
    requests: readonly GroupRequest[],
    answers: readonly Answer[],
    late: boolean,
  ): void {
    const again: Rider[] = [];
    for (const [at, rider] of riders.entries()) {
      const answer = answers[at];
      const request = requests[at];
      if (answer === undefined || request === undefined) throw new Error("a request has no answer");
      if (answer.type === "redirected") this.#leaders.set(group, answer.leader);
      if (isFinal(rider, request, answer)) this.#finish(rider, answer);
      else if (isUnsaid(request, answer)) this.#finish(rider, null);
      else if (answer.type === "crowded" && !rider.alone && !late) {
        this.#goAlone(group, rider, answer.copy);
      } else if (answer.type === "queued" && !late) this.#goAlone(group, rider, answer.copy);
      else again.push(rider);
    }
    // Who has asked again already does not do so twice.
    if (again.length > 0 && !late)
      this.#timeline.after(PAUSE_MS, () => this.#again(group, again, []));
  }

  /** Sharing a call, or waiting for a lock, had no effect, so what goes now is no copy because of it. */
  #goAlone(group: string, rider: Rider, copy: boolean): void {
    rider.alone = true;
    if (!copy) rider.sent -= 1;
    this.#again(group, [rider], []);
  }

  #again(group: string, riders: readonly Rider[], unreachable: readonly Region[]): void {
    const left = riders.filter((rider) => !rider.over);
    if (left.length > 0) this.#call(group, left, unreachable);
  }

  #memberToAsk(group: string, unreachable: readonly Region[]): SimMember {
    const members = this.#members(group);
    const leader = this.#leaders.get(group) ?? members[0]?.region;
    if (members.length > 1 && leader !== undefined && unreachable.includes(leader)) {
      return this.#random.pick(members.filter((member) => member.region !== leader));
    }
    const known = members.find((member) => member.region === leader);
    if (known === undefined) throw new Error(`group ${group} has no member in ${leader}`);
    return known;
  }

  #finish(rider: Rider, answer: Answer | null): void {
    if (rider.over) return;
    rider.over = true;
    this.#note(`${describeRequest(rider.request)} → ${describeAnswer(answer)}`);
    rider.done(answer);
  }

  #note(what: string): void {
    this.#trace.note(this.#timeline.now, this.region, what);
  }
}

/** The request as it is sent now: a copy where it was sent before, a transaction with what is left of its time. */
function asSent({ request, sent, askedAt }: Rider, now: Time): GroupRequest {
  if (request.type === "write") return sent > 0 ? { ...request, copy: true } : request;
  if (request.type === "lock") {
    return {
      ...request,
      copy: sent > 0,
      waitMs: ms(Math.max(0, request.waitMs - (now - askedAt))),
    };
  }
  if (request.type !== "transact") return request;
  const deadlineMs = ms(Math.max(1, request.deadlineMs - (now - askedAt)));
  return { ...request, copy: sent > 0, deadlineMs };
}

/** A delete that found nothing changes nothing, and is recorded no more than a refusal is. */
function changesSomething({ results }: Extract<Answer, { type: "written" }>): boolean {
  return results.some((result) => result.type === "put" || result.deleted);
}

/** Whether no other copy of the request can come to another answer. */
function isRemembered(rider: Rider, request: GroupRequest): boolean {
  if (request.type !== "write" && request.type !== "lock") return true;
  return request.copy || request.idempotency !== null || rider.sent === 1;
}

/** Whether the client may be told this answer. */
function isFinal(rider: Rider, request: GroupRequest, answer: Answer): boolean {
  switch (answer.type) {
    case "record":
    case "records":
    case "read":
    case "validated":
    case "transacted":
    case "looked-up":
    case "watching":
      return true;
    case "written":
      return changesSomething(answer) || isRemembered(rider, request);
    case "failed":
      return isRemembered(rider, request);
    case "redirected":
    case "crowded":
    case "queued":
      return false;
    case "voted":
    case "died":
    case "vote-refused":
    case "resolved":
    case "outcome":
    case "fed":
      throw new Error(`a ${answer.type} is no answer to a client`);
    case "refused":
      if (answer.code === "no-quorum") return request.type === "transact" && rider.sent === 1;
      return answer.code !== "deadline-exceeded";
  }
}

/** Whether the leader itself says that nobody can say: a Worker passes that on, for the outcome can be asked for. */
function isUnsaid(request: GroupRequest, answer: Answer): boolean {
  if (request.type !== "transact" || answer.type !== "refused") return false;
  return answer.code === "deadline-exceeded";
}
