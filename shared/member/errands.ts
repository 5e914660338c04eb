/**
 * Errands: a leader's requests to other groups' leaders, each tried until it is answered or its deadline has come.
 *
 * Whoever leads the other group is guessed and corrected by any of its members, as a Worker does it. Every request sent
 * this way may arrive twice or late. An errand lives in memory only: what must come about although this life ends is
 * brought about by its transaction's recovery.
 */
import { PEER_CALL_MS, PEER_PAUSE_MS } from "../limits.ts";
import { addMs, type Instant, ms, type Region } from "../types.ts";
import type { Output } from "./output.ts";
import type { Answer, GroupRequest } from "./request.ts";
import type { MemberState } from "./state.ts";

export interface Errand {
  readonly number: number;
  readonly group: string;
  readonly request: GroupRequest;
  readonly deadline: Instant;
  to: Region;
  unreachable: readonly Region[];
  tries: number;
  /** When it is tried again; null while a call is under way. */
  againAt: Instant | null;
  /** Whether its last call that is over found nobody who leads. */
  failed: boolean;
}

export interface Errands {
  readonly open: Map<number, Errand>;
  /** Who leads other groups, as far as this life has learned. */
  readonly leaders: Map<string, Region>;
  next: number;
}

/** An errand that is over, and what came of it: null where nobody answered in time. */
export interface Done {
  readonly errand: Errand;
  readonly answer: Exclude<Answer, { type: "refused" | "redirected" | "crowded" }> | null;
}

const LEADERS_MAX = 10_000;

/** Calls that may follow one another without a pause: to the leader that was named, and on to one more. */
const TRIES_AT_ONCE = 3;

/** How often the time that a call is given doubles. */
const DOUBLINGS_MAX = 3;

export const newErrands = (): Errands => ({ open: new Map(), leaders: new Map(), next: 0 });

export function sendErrand(
  state: MemberState,
  group: string,
  request: GroupRequest,
  deadline: Instant,
  now: Instant,
  output: Output,
): void {
  const { errands, raft } = state;
  const to = errands.leaders.get(group) ?? raft.config.members[0];
  if (to === undefined) throw new Error("a group has at least one member");
  const errand: Errand = {
    number: errands.next++,
    group,
    request,
    deadline,
    to,
    unreachable: [],
    tries: 0,
    againAt: null,
    failed: false,
  };
  errands.open.set(errand.number, errand);
  call(state, errand, now, output);
}

function call({ raft }: MemberState, errand: Errand, now: Instant, output: Output): void {
  const { number, group, to, unreachable, request } = errand;
  const left = errand.deadline - now;
  const patience = PEER_CALL_MS * 2 ** Math.min(errand.tries, DOUBLINGS_MAX);
  errand.tries += 1;
  errand.againAt = null;
  output.errands.push({
    number,
    group,
    to,
    caller: {
      alone: true,
      deadlineMs: ms(Math.max(1, Math.min(patience, left))),
      unreachable,
      nearest: raft.config.self,
    },
    // A prepare says how long its transaction has left as it leaves.
    request:
      request.type === "prepare" ? { ...request, deadlineMs: ms(Math.max(1, left)) } : request,
  });
}

/** What a call brought: the errand's answer, or null where it is tried again. */
export function onErrandAnswer(
  state: MemberState,
  number: number,
  answer: Answer | null,
  now: Instant,
  output: Output,
): Done | null {
  const { errands, raft } = state;
  const errand = errands.open.get(number);
  if (errand === undefined) return null;
  if (answer === null) {
    const { members } = raft.config;
    const unreachable = [...new Set([...errand.unreachable, errand.to])];
    const next = members.find((member) => !unreachable.includes(member));
    errands.leaders.delete(errand.group);
    errand.failed = true;
    errand.unreachable = next === undefined ? [] : unreachable;
    errand.to = next ?? members[0] ?? errand.to;
    tryAgain(state, errand, next !== undefined, now, output);
  } else if (answer.type === "redirected") {
    learn(errands, errand.group, answer.leader);
    errand.unreachable = errand.unreachable.filter((one) => one !== answer.leader);
    errand.to = answer.leader;
    tryAgain(state, errand, true, now, output);
  } else if (answer.type === "refused" || answer.type === "crowded") {
    // It waited there for as long as the call was given, and goes on waiting.
    const waits = answer.type === "refused" && answer.code === "transaction-conflict";
    errand.failed = !waits;
    if (waits && now < errand.deadline) call(state, errand, now, output);
    else tryAgain(state, errand, false, now, output);
  } else {
    learn(errands, errand.group, errand.to);
    errands.open.delete(number);
    return { errand, answer };
  }
  return null;
}

function tryAgain(
  state: MemberState,
  errand: Errand,
  atOnce: boolean,
  now: Instant,
  output: Output,
): void {
  if (atOnce && errand.tries < TRIES_AT_ONCE && now < errand.deadline) {
    call(state, errand, now, output);
  } else errand.againAt = addMs(now, PEER_PAUSE_MS);
}

function learn({ leaders }: Errands, group: string, leader: Region): void {
  if (leaders.size >= LEADERS_MAX) leaders.clear();
  leaders.set(group, leader);
}

/** Tries again what is due, as a turn ends. Gives the errands whose time is over. */
export function moveErrands(state: MemberState, now: Instant, output: Output): Done[] {
  const over: Done[] = [];
  for (const errand of state.errands.open.values()) {
    if (errand.deadline <= now) {
      state.errands.open.delete(errand.number);
      over.push({ errand, answer: null });
    } else if (errand.againAt !== null && errand.againAt <= now) {
      call(state, errand, now, output);
    }
  }
  return over;
}

/** When an errand must be looked at although nothing was heard. */
export function* errandTimes({ errands }: MemberState): Iterable<Instant> {
  for (const { againAt, deadline } of errands.open.values()) yield againAt ?? deadline;
}
