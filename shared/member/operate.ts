/** What operators ask of a group: how it stands, and to be led from elsewhere. */

import { DESCRIBE_MS } from "../limits.ts";
import { answeredSince, mayServeReads } from "../raft/lease.ts";
import type { Leadership } from "../raft/state.ts";
import { beginTransfer, moveTransfer } from "../raft/transfer.ts";
import { addMs, type Instant, logIndex, type Ms, ms, msBetween, ORIGIN } from "../types.ts";
import type { Output } from "./output.ts";
import { type Evaluated, receipt, refuse } from "./read.ts";
import type { MemberDescription, OperatorAnswer, TransferRequest } from "./request.ts";
import { sendElsewhere, sendToLeader } from "./stand.ts";
import type { MemberState } from "./state.ts";

function describe(state: MemberState, leadership: Leadership, now: Instant): OperatorAnswer {
  const { raft, tail } = state;
  const { config, commitIndex } = raft;
  const members = config.members.map((region): MemberDescription => {
    const progress = leadership.progress.get(region);
    if (progress === undefined) {
      return { region, role: "leader", lastIndex: tail.lastIndex, commitIndex, reachable: true };
    }
    const answered = leadership.answered.get(region);
    return {
      region,
      role: "follower",
      lastIndex: progress.match,
      commitIndex: logIndex(Math.min(progress.match, commitIndex)),
      reachable: answered !== undefined && msBetween(answered, now) < config.leaseMs,
    };
  });
  const left: Ms =
    config.members.length === 1 ? config.leaseMs : msBetween(now, leadership.leaseUntil);
  return {
    type: "described",
    leader: config.self,
    leaseMs: ms(Math.round(Math.max(0, left))),
    members,
    inDoubt: tail.openVotes.all().map(({ at, effect: { id, attempt, locks } }) => ({
      id,
      attempt,
      ageMs: ms(Math.max(0, msBetween(at, now))),
      keys: locks.map(({ key }) => key),
    })),
    receipt: receipt(state, commitIndex, 0),
  };
}

/** Tells how the group stands, once every follower has answered, or has had the time to. */
export function moveDescribing(state: MemberState, now: Instant, output: Output): void {
  const { raft, describing } = state;
  const { leadership } = raft;
  if (describing.length === 0 || leadership === null) return;
  if (!mayServeReads(raft, now)) return;
  state.describing = [];
  for (const one of describing) {
    const heard = allAnswered(leadership, one.since) || now >= addMs(one.since, DESCRIBE_MS);
    if (heard) output.answers.push({ slot: one.slot, answer: describe(state, leadership, now) });
    else state.describing.push(one);
  }
}

const allAnswered = (leadership: Leadership, since: Instant): boolean =>
  [...leadership.progress.keys()].every((one) => answeredSince(leadership, one, since));

/** Whether an operator's request waits for an answer to a round that is yet to be sent. */
export function wantsRound({ raft, describing }: MemberState): boolean {
  const { leadership } = raft;
  if (leadership === null) return false;
  const { transfer } = leadership;
  if (transfer !== null && !answeredSince(leadership, transfer.to, transfer.since)) return true;
  return describing.some((one) => !allAnswered(leadership, one.since));
}

export function answerTransfer(
  state: MemberState,
  request: TransferRequest,
  now: Instant,
): Evaluated {
  const { self, members } = state.raft.config;
  if (request.to === self) {
    // That it leads is told as a read is, under the lease.
    if (!mayServeReads(state.raft, now)) return { type: "parked", until: ORIGIN };
    return { type: "now", answer: { type: "transferred", leader: self } };
  }
  if (!members.includes(request.to)) {
    return refuse("bad-request", `the group has no member in ${request.to}`);
  }
  beginTransfer(state.raft, request.to, now);
  return { type: "transferring" };
}

/** Moves a hand-over on, as the turn ends: it is completed, or given up where its time is over. */
export function moveHandOver(state: MemberState, now: Instant, output: Output): void {
  const { raft, store, tail } = state;
  const to = raft.leadership?.transfer?.to;
  if (to === undefined || !moveTransfer(raft, store.hardState, tail, now, output)) return;
  state.heirAwaited = raft.leadership === null;
  if (state.heirAwaited) return;
  const detail = `the member in ${to} did not catch up in time`;
  tellOperators(state, { type: "refused", code: "no-quorum", detail }, output);
}

/**
 * The heir has heard that it may campaign, or cannot be reached: whoever waits here is sent there.
 * @param heard false where the permission may never have arrived
 */
export function endHandOver(state: MemberState, heard: boolean, output: Output): void {
  const { heir } = state.raft;
  state.heirAwaited = false;
  if (heir === null) return;
  const told: OperatorAnswer = heard
    ? { type: "transferred", leader: heir.region }
    : {
        type: "refused",
        code: "deadline-exceeded",
        detail: `the member in ${heir.region} may lead, and did not say so in time`,
      };
  tellOperators(state, told, output);
  sendElsewhere(state, heir.region, output);
  sendToLeader(state, heir.region, output);
}

function tellOperators(state: MemberState, answer: OperatorAnswer, output: Output): void {
  for (const { slot } of state.transferring) output.answers.push({ slot, answer });
  state.transferring = [];
}
