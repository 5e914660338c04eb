/**
 * The end of a turn: what was evaluated in it goes to the followers, then to the disk.
 */

import { DESCRIBE_MS } from "../limits.ts";
import { appendNoop, needsNoop } from "../raft/leader.ts";
import { leaseRunsOut } from "../raft/lease.ts";
import { renew, replicate } from "../raft/replication.ts";
import { addMs, type Instant } from "../types.ts";
import { compaction } from "./compaction.ts";
import { nextAlarm } from "./expiry.ts";
import { moveDescribing, moveHandOver, wantsRound } from "./operate.ts";
import { moveToOrigin } from "./origin.ts";
import type { Output } from "./output.ts";
import { wantsLease } from "./serve.ts";
import { moveWaiting } from "./stand.ts";
import type { MemberState, WaitingRequest } from "./state.ts";

export function endTurn(state: MemberState, now: Instant, output: Output): void {
  moveToOrigin(state, now);
  moveHandOver(state, now, output);
  moveDescribing(state, now, output);
  moveWaiting(state, now, output);
  replicate(state.raft, state.tail, now, output);
  askForLease(state, now, output);
  const entries = state.tail.take();
  if (entries.length === 0) return;
  const alarm = nextAlarm(state, entries);
  if (alarm !== null) {
    state.alarmAt = alarm;
    output.alarm = alarm;
  }
  output.writes.push({ type: "append", entries });
  output.writes.push(...compaction(state, now));
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
  if (!runsOut && !wantsLease(state, now) && !wantsRound(state)) return;
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
];

/** When something must happen although nobody calls; null where nobody waits, so that an idle member sets no timer. */
export function nextTimer(state: MemberState, now: Instant): Instant | null {
  const { raft } = state;
  const waiting = waitingAtAll(state);
  if (waiting.length === 0) return null;
  const times: number[] = [];
  if (raft.campaign !== null) times.push(raft.campaign.againAt, state.relayAgainAt);
  if (raft.leadership !== null) {
    if (raft.leadership.transfer !== null) times.push(raft.leadership.transfer.until);
    if (wantsLease(state, now) || wantsRound(state)) times.push(raft.leadership.renewAgainAt);
    for (const { since } of state.describing) times.push(addMs(since, DESCRIBE_MS));
    for (const progress of raft.leadership.progress.values()) {
      if (progress.round === null && progress.next <= state.tail.lastIndex)
        times.push(progress.pausedUntil);
    }
  }
  // What is due already was done as the turn ended, or waits for something else than time.
  const ahead = times.filter((time) => time > now);
  return Math.min(...ahead, ...waiting.map((one) => one.deadline)) as Instant;
}

/** Answers those whose deadline has come: nothing appended is definite, anything appended is not. */
export function giveUp(state: MemberState, now: Instant, output: Output): void {
  const over = (one: { readonly deadline: Instant }): boolean => one.deadline <= now;
  const { parked, transferring, describing } = state;
  const passedOn = (one: WaitingRequest): boolean =>
    one.request.type === "write" && one.request.copy;
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
  state.waiting = state.waiting.filter((one) => !over(one));
  state.parked = state.parked.filter((one) => !over(one));
  state.held = state.held.filter((one) => !over(one));
  state.transferring = state.transferring.filter((one) => !over(one));
  state.describing = state.describing.filter((one) => !over(one));
}
