/**
 * Serving clients as the leader: evaluate, hold what must wait, tell it when it may be told.
 */

import { unreachable } from "../assert.ts";
import { planted } from "../planted.ts";
import { mayServeReads } from "../raft/lease.ts";
import { addMs, type Instant, ORIGIN } from "../types.ts";
import { answerTransfer } from "./operate.ts";
import { noteOrigin } from "./origin.ts";
import type { Output } from "./output.ts";
import { answerGet, answerList, type Evaluated } from "./read.ts";
import type { AnyRequest, Caller } from "./request.ts";
import { awaitLeader } from "./stand.ts";
import type { HeldAnswer, MemberState, Slot } from "./state.ts";
import { answerWrite } from "./write.ts";

export function onRequest(
  state: MemberState,
  slot: Slot,
  request: AnyRequest,
  caller: Caller,
  now: Instant,
  output: Output,
): void {
  const deadline = addMs(now, caller.deadlineMs);
  const { leadership } = state.raft;
  noteOrigin(state, caller.nearest);
  if (leadership === null || leadership.transfer !== null) {
    awaitLeader(state, { slot, request, deadline, unreachable: caller.unreachable }, now, output);
  } else {
    serve(state, slot, request, deadline, now, output);
  }
}

/** Answers, or holds, or parks, one request at the leader. */
export function serve(
  state: MemberState,
  slot: Slot,
  request: AnyRequest,
  deadline: Instant,
  now: Instant,
  output: Output,
): void {
  const result = evaluate(state, request, now);
  switch (result.type) {
    case "now":
      output.answers.push({ slot, answer: result.answer });
      break;
    case "held": {
      const held = { slot, deadline, ...result };
      if (mayTell(state, held, now)) output.answers.push(held);
      else state.held.push(held);
      break;
    }
    case "parked":
      state.parked.push({ slot, request, deadline, until: result.until });
      break;
    case "transferring":
      state.transferring.push({ slot, deadline });
      break;
    case "describing":
      state.describing.push({ slot, deadline, since: now });
      if (state.raft.leadership !== null) state.raft.leadership.renewAgainAt = now;
      break;
  }
}

function evaluate(state: MemberState, request: AnyRequest, now: Instant): Evaluated {
  if (request.type === "write") return answerWrite(state, request, now);
  if (request.type === "transfer") return answerTransfer(state, request, now);
  if (!mayServeReads(state.raft, now)) return { type: "parked", until: ORIGIN };
  state.leaseUsed = true;
  switch (request.type) {
    case "get":
      return answerGet(state, request, now);
    case "list":
      return answerList(state, request, now);
    case "describe":
      return { type: "describing" };
    default:
      return unreachable(request);
  }
}

function mayTell({ raft, store }: MemberState, held: HeldAnswer, now: Instant): boolean {
  if (held.restsOn > raft.commitIndex) return planted("acknowledge-before-durable");
  if (planted("refusal-without-lease")) return true;
  // Reading the log is what a superseded instance cannot do: its storage refuses (L2).
  return !held.underLease || (mayServeReads(raft, now) && store.readTerm(held.restsOn) !== null);
}

/** Tells the answers that no longer wait, and evaluates again the reads that were parked. */
export function release(state: MemberState, now: Instant, output: Output): void {
  const { raft } = state;
  if (raft.leadership === null) return;
  if (state.held.length > 0) {
    const held = state.held;
    state.held = [];
    for (const one of held) {
      if (mayTell(state, one, now)) output.answers.push(one);
      else state.held.push(one);
    }
  }
  if (state.parked.length === 0 || !mayServeReads(raft, now)) return;
  const parked = state.parked;
  state.parked = [];
  for (const read of parked) {
    if (read.until > raft.commitIndex) state.parked.push(read);
    else serve(state, read.slot, read.request, read.deadline, now, output);
  }
}

/** Whether somebody waits for a lease this leader does not hold. */
export function wantsLease(state: MemberState, now: Instant): boolean {
  if (state.raft.leadership === null || mayServeReads(state.raft, now)) return false;
  return state.parked.length > 0 || state.held.some((held) => held.underLease);
}
