/**
 * The end of a turn: what was evaluated in it goes to the followers, then to the disk.
 */

import { assert } from "../assert.ts";
import { DESCRIBE_MS } from "../limits.ts";
import { planted } from "../planted.ts";
import { appendNoop, needsNoop } from "../raft/leader.ts";
import { leaseRunsOut } from "../raft/lease.ts";
import { renew, replicate } from "../raft/replication.ts";
import type { Entry } from "../store/entry.ts";
import { addMs, type Instant } from "../types.ts";
import { blockedTimes, moveBlocked } from "./blocked.ts";
import { compaction } from "./compaction.ts";
import { moveCoordinations } from "./coordinate.ts";
import { coordinationTimes } from "./coordination.ts";
import { onErrandDone } from "./errand-done.ts";
import { errandTimes, moveErrands } from "./errands.ts";
import { nextAlarm } from "./expiry.ts";
import { assertAsked, moveFanOut, ringTimes } from "./fan-out.ts";
import { forgetOutcomes } from "./forget.ts";
import { moveDescribing, moveHandOver, wantsRound } from "./operate.ts";
import { moveToOrigin } from "./origin.ts";
import type { Output } from "./output.ts";
import { moveQueues, queueTimes } from "./queue.ts";
import type { AnyAnswer } from "./request.ts";
import { wantsCommit, wantsLease } from "./serve.ts";
import { isWrite, moveWaiting } from "./stand.ts";
import type { Asker, MemberState, WaitingRequest } from "./state.ts";
import { moveWatchers, watchTimes } from "./watch.ts";

export function endTurn(state: MemberState, now: Instant, output: Output): void {
  // A hand-over would scatter those who wait for a lock, and count its time anew.
  if (state.queues.size === 0) moveToOrigin(state, now);
  moveHandOver(state, now, output);
  moveDescribing(state, now, output);
  moveWaiting(state, now, output);
  for (const done of moveErrands(state, now, output)) onErrandDone(state, done, now, output);
  moveTransactions(state, now, output);
  moveQueues(state, now, output);
  if (state.tail.pending.length > 0) forgetOutcomes(state, now, output);
  moveFanOut(state, now, output);
  moveWatchers(state, now, output);
  replicate(state.raft, state.tail, now, output);
  askForLease(state, now, output);
  const entries = state.tail.take();
  if (entries.length === 0) return;
  const alarm = nextAlarm(state, entries, now);
  if (alarm !== null) {
    state.alarmAt = alarm;
    output.alarm = alarm;
  }
  assertRecoverable(state, entries);
  assertAsked(state, now);
  output.writes.push({ type: "append", entries });
  output.writes.push(...compaction(state, now));
}

/** Each may free what the other waits for; whoever waits goes on in this turn, ahead of what comes with the next. */
function moveTransactions(state: MemberState, now: Instant, output: Output): void {
  if (!isTransacting(state)) return;
  for (;;) {
    const { version } = state.tail.openVotes;
    moveCoordinations(state, now, output);
    moveBlocked(state, now, output);
    if (state.tail.openVotes.version === version) return;
  }
}

/** No vote is cast without an alarm that asks for its outcome, whoever else may ask. */
function assertRecoverable({ alarmAt }: MemberState, entries: readonly Entry[]): void {
  for (const { transaction = [] } of entries) {
    for (const effect of transaction) {
      if (effect.type !== "vote" || planted("nobody-recovers")) continue;
      const { recoverAt } = effect;
      const due = alarmAt !== null && alarmAt <= recoverAt;
      assert(due, "T5", "a vote is cast that no alarm asks about", alarmAt, recoverAt);
    }
  }
}

/**
 * Somebody waits for a lease: a round is sent, unless entries carry one anyway, now or once they are durable. A leader whose log does
 * not end in its own block cannot tell what is committed before it has appended to it.
 */
function askForLease(state: MemberState, now: Instant, output: Output): void {
  const { raft, tail } = state;
  const { leadership } = raft;
  if (leadership === null) return;
  const { leaseUsed } = state;
  state.leaseUsed = false;
  // A lease that reads go on using is renewed behind an answer, before one of them has to wait.
  const runsOut = leaseUsed && leaseRunsOut(raft, now);
  const wanted = wantsLease(state, now) || wantsCommit(state, now) || wantsRound(state);
  if (!runsOut && !wanted) return;
  if (needsNoop(leadership)) appendNoop(leadership, tail, now);
  else if (tail.pending.length === 0 && now >= leadership.renewAgainAt) {
    renew(raft, tail, now, output);
  }
}

const waitingAtAll = (state: MemberState): { readonly deadline: Instant }[] => [
  ...state.waiting,
  ...state.parked,
  ...state.held,
  ...state.transferring,
  ...state.describing,
  ...state.blocked.map(({ asker }) => asker),
];

/** Whether transactions are under way here. */
const isTransacting = (state: MemberState): boolean =>
  state.errands.open.size > 0 || state.coordinations.size > 0 || state.blocked.length > 0;

/** Whether a timer is needed though no other member is waited for: for transactions, for
 * those who wait for a lock, and for watchers that are far behind. */
export const isTimed = (state: MemberState): boolean =>
  isTransacting(state) || state.queues.size > 0 || state.watch.due.size > 0;

/** When something must happen although nobody calls; null where nobody waits, so that an idle member sets no timer. */
export function nextTimer(state: MemberState, now: Instant): Instant | null {
  const { raft } = state;
  const waiting = waitingAtAll(state);
  const times: number[] = [
    ...errandTimes(state),
    ...coordinationTimes(state),
    ...blockedTimes(state),
    ...queueTimes(state),
    ...ringTimes(state),
    ...watchTimes(state, now),
  ];
  if (waiting.length === 0 && times.length === 0) return null;
  if (raft.campaign !== null) times.push(raft.campaign.againAt, state.relayAgainAt);
  if (raft.leadership !== null) {
    if (raft.leadership.transfer !== null) times.push(raft.leadership.transfer.until);
    if (wantsLease(state, now) || wantsCommit(state, now) || wantsRound(state)) {
      times.push(raft.leadership.renewAgainAt);
    }
    for (const { since } of state.describing) times.push(addMs(since, DESCRIBE_MS));
    for (const progress of raft.leadership.progress.values()) {
      if (progress.round === null && progress.next <= state.tail.lastIndex)
        times.push(progress.pausedUntil);
    }
  }
  // What is due already was done as the turn ended, or waits for something else than time.
  const ahead = times.filter((time) => time > now).concat(waiting.map((one) => one.deadline));
  return ahead.length === 0 ? null : (Math.min(...ahead) as Instant);
}

/** Answers those whose deadline has come: nothing appended is definite, anything appended is not. */
export function giveUp(state: MemberState, now: Instant, output: Output): void {
  const over = (one: { readonly deadline: Instant }): boolean => one.deadline <= now;
  const { parked, transferring, describing } = state;
  const passedOn = (one: WaitingRequest): boolean => isWrite(one.request) && one.request.copy;
  for (const { slot } of state.waiting.filter((one) => over(one) && passedOn(one))) {
    output.answers.push({
      slot,
      answer: {
        type: "refused",
        code: "deadline-exceeded",
        detail: "another copy of the write may have been appended; no leader answered in time",
      },
    });
  }
  const waiting = state.waiting.filter((one) => !passedOn(one));
  for (const { slot } of [...waiting, ...parked, ...transferring, ...describing].filter(over)) {
    output.answers.push({
      slot,
      answer: {
        type: "refused",
        code: "no-quorum",
        detail:
          "no quorum of the group's members answered within the deadline; nothing was appended",
      },
    });
  }
  for (const one of state.held.filter(over)) {
    output.answers.push({
      slot: one.slot,
      answer: one.underLease
        ? { type: "refused", code: "no-quorum", detail: "no quorum confirmed the answer in time" }
        : {
            type: "refused",
            code: "deadline-exceeded",
            detail: "the write was appended, but no quorum confirmed it within the deadline",
          },
    });
  }
  giveUpWaiters(state, over, output);
  state.waiting = state.waiting.filter((one) => !over(one));
  state.parked = state.parked.filter((one) => !over(one));
  state.held = state.held.filter((one) => !over(one));
  state.transferring = state.transferring.filter((one) => !over(one));
  state.describing = state.describing.filter((one) => !over(one));
}

/**
 * Those who wait for a transaction are told to ask here again: its outcome stands or falls without them, and a relay's
 * call ends long before its client's deadline. Whoever has no time left knows so.
 */
function giveUpWaiters(state: MemberState, over: (one: Asker) => boolean, output: Output): void {
  const { self } = state.raft.config;
  for (const { asker, request } of state.blocked.filter((one) => over(one.asker))) {
    const answer: AnyAnswer =
      request.type === "prepare"
        ? { type: "refused", code: "transaction-conflict", detail: "its keys are still locked" }
        : { type: "redirected", leader: self };
    output.answers.push({ slot: asker.slot, answer });
  }
  state.blocked = state.blocked.filter((one) => !over(one.asker));
  for (const c of state.coordinations.values()) {
    for (const { asker } of c.waiters.filter((one) => over(one.asker))) {
      output.answers.push({ slot: asker.slot, answer: { type: "redirected", leader: self } });
    }
    c.waiters = c.waiters.filter((one) => !over(one.asker));
  }
}
