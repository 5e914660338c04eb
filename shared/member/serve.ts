/**
 * Serving clients as the leader: evaluate, hold what must wait, tell it when it may be told.
 */

import { unreachable } from "../assert.ts";
import { planted } from "../planted.ts";
import { mayServeReads } from "../raft/lease.ts";
import type { FeedRequest } from "../replica/feed.ts";
import type { ReadRequest, ValidateRequest } from "../transaction/request.ts";
import { addMs, type Instant, type LogIndex, msBetween, ORIGIN } from "../types.ts";
import { block } from "./blocked.ts";
import { answerFeed } from "./feed.ts";
import { answerLock } from "./lock.ts";
import { answerTransfer } from "./operate.ts";
import { noteOrigin } from "./origin.ts";
import type { Output } from "./output.ts";
import { answerPrepare, answerResolve, answerSettle } from "./participate.ts";
import { enqueue, isQueued } from "./queue.ts";
import { answerGet, answerList, answerRead, answerValidate, type Evaluated } from "./read.ts";
import { answerInquire, answerLookUp } from "./recover.ts";
import type { AnyRequest, Caller, DescribeRequest, GetRequest, ListRequest } from "./request.ts";
import { awaitLeader } from "./stand.ts";
import type { Asker, HeldAnswer, MemberState, Slot } from "./state.ts";
import { answerTransact } from "./transact.ts";
import { answerWatch, type WatchRequest } from "./watch.ts";
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
  const asker: Asker = { slot, deadline, since: now, alone: caller.alone === true };
  const { leadership } = state.raft;
  // Whoever comes again to wait says nothing new of where the group is used.
  if (!isQueued(state, request)) noteOrigin(state, caller.nearest);
  if (leadership === null || leadership.transfer !== null) {
    const decideBy = request.type === "transact" ? addMs(now, request.deadlineMs) : null;
    const { unreachable } = caller;
    awaitLeader(state, { ...asker, request, decideBy, unreachable }, now, output);
  } else {
    serve(state, asker, request, now, output);
  }
}

/** Answers, or holds, or parks, one request at the leader. */
export function serve(
  state: MemberState,
  asker: Asker,
  request: AnyRequest,
  now: Instant,
  output: Output,
): void {
  takeUp(state, asker, request, evaluate(state, request, asker, now, output), now, output);
}

/** Does what evaluating a request came to. */
export function takeUp(
  state: MemberState,
  asker: Asker,
  request: AnyRequest,
  result: Evaluated,
  now: Instant,
  output: Output,
): void {
  const { slot, deadline } = asker;
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
      state.parked.push({ ...asker, request, until: result.until });
      break;
    case "blocked":
      if (request.type === "describe" || request.type === "transfer") {
        throw new Error("an operator waits for no transaction");
      }
      block(state, asker, request, result, now, output);
      break;
    case "queued":
      if (request.type !== "lock") throw new Error("only whoever wants a lock waits for one");
      enqueue(state, asker, request, now, output);
      break;
    case "joined":
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

function evaluate(
  state: MemberState,
  request: AnyRequest,
  asker: Asker,
  now: Instant,
  output: Output,
): Evaluated {
  switch (request.type) {
    case "lock":
      return answerLock(state, request, asker, now, output);
    case "write":
      return answerWrite(state, request, asker, now, output);
    case "transact":
      return answerTransact(state, request, asker, now, output);
    case "prepare":
      return answerPrepare(state, request, now, output);
    case "settle":
      return answerSettle(state, request, now);
    case "resolve":
      return answerResolve(state, request, now, output);
    case "inquire":
      return answerInquire(state, request, asker, now, output);
    case "look-up":
      return answerLookUp(state, request, asker, now, output);
    case "transfer":
      return answerTransfer(state, request, now);
    default:
      return evaluateRead(state, request, now);
  }
}

function evaluateRead(
  state: MemberState,
  request:
    | GetRequest
    | ListRequest
    | ReadRequest
    | ValidateRequest
    | FeedRequest
    | WatchRequest
    | DescribeRequest,
  now: Instant,
): Evaluated {
  const unleased = request.type === "watch" && planted("watch-begins-unleased");
  if (!mayServeReads(state.raft, now) && !unleased) return { type: "parked", until: ORIGIN };
  state.leaseUsed = true;
  switch (request.type) {
    case "get":
      return answerGet(state, request, now);
    case "list":
      return answerList(state, request, now);
    case "read":
      return answerRead(state, request, now);
    case "validate":
      return answerValidate(state, request);
    case "feed":
      return answerFeed(state, request);
    case "watch":
      return answerWatch(state, request);
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

/** The answer with what it waited for, where it tells how long things took. */
function traced(held: HeldAnswer, now: Instant): HeldAnswer {
  const { answer, tracedSince } = held;
  if (tracedSince === undefined || answer.type !== "transacted") return held;
  const atMs = msBetween(tracedSince, now);
  const trace = answer.trace.concat({
    atMs,
    event: "outcome durable",
    group: answer.trace[0]?.group ?? "",
  });
  return { ...held, answer: { ...answer, trace } };
}

/** Tells the answers that no longer wait, and evaluates again the reads that were parked. */
export function release(state: MemberState, now: Instant, output: Output): void {
  const { raft } = state;
  if (raft.leadership === null) return;
  if (state.held.length > 0) {
    const held = state.held;
    state.held = [];
    for (const one of held) {
      if (mayTell(state, one, now)) output.answers.push(traced(one, now));
      else state.held.push(one);
    }
  }
  if (state.parked.length === 0 || !mayServeReads(raft, now)) return;
  const parked = state.parked;
  state.parked = [];
  for (const read of parked) {
    if (read.until > raft.commitIndex) state.parked.push(read);
    else serve(state, read, read.request, now, output);
  }
}

/**
 * Whether somebody waits for entries to be committed that this leader has on its disk. A leader that has just woken
 * hears only by asking which of them a quorum holds; where appends are under way, their answers come first.
 */
export function wantsCommit(state: MemberState, now: Instant): boolean {
  const { raft, held, coordinations } = state;
  const { commitIndex, durableIndex } = raft;
  if (raft.leadership === null || commitIndex >= durableIndex) return false;
  const waits = (index: LogIndex): boolean => index > commitIndex && index <= durableIndex;
  if (held.some(({ restsOn }) => waits(restsOn))) return true;
  for (const c of coordinations.values()) {
    // Past its deadline, and with nobody there who waits, it is left to the alarm: a round a quarter second for ever is not.
    if (c.waiters.length === 0 && now >= c.deadline) continue;
    if (waits(c.outcome === null ? c.recordIndex : c.outcome.index)) return true;
  }
  return false;
}

/** Whether somebody waits for a lease this leader does not hold. */
export function wantsLease(state: MemberState, now: Instant): boolean {
  if (state.raft.leadership === null || mayServeReads(state.raft, now)) return false;
  if (state.fanOut.ring?.due === true || state.parked.length > 0) return true;
  return state.held.some((held) => held.underLease);
}
