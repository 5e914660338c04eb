/** What operators ask of a group: how it stands, and to be led from elsewhere. */
import { beginTransfer, moveTransfer } from "../raft/transfer.ts";
import { type Instant, logIndex, type Ms, ms, msBetween } from "../types.ts";
import type { Output } from "./output.ts";
import { type Evaluated, receipt, refuse } from "./read.ts";
import type { MemberDescription, OperatorAnswer, TransferRequest } from "./request.ts";
import { sendElsewhere, sendToLeader } from "./stand.ts";
import type { MemberState } from "./state.ts";

export function answerDescribe(state: MemberState, now: Instant): Evaluated {
  const { raft, tail } = state;
  const { leadership, config, commitIndex } = raft;
  if (leadership === null) return refuse("no-quorum", "this member is not the leader");
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
    type: "now",
    answer: {
      type: "described",
      leader: config.self,
      leaseMs: ms(Math.round(Math.max(0, left))),
      members,
      receipt: receipt(state, commitIndex, 0),
    },
  };
}

export function answerTransfer(
  state: MemberState,
  request: TransferRequest,
  now: Instant,
): Evaluated {
  const { self, members } = state.raft.config;
  if (request.to === self) return { type: "now", answer: { type: "transferred", leader: self } };
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
  if (raft.leadership === null) return;
  const detail = `the member in ${to} did not catch up in time`;
  tellOperators(state, { type: "refused", code: "no-quorum", detail }, output);
}

/** The heir has heard that it may campaign, or cannot be reached: whoever waits here is sent there. */
export function endHandOver(state: MemberState, output: Output): void {
  const { heir } = state.raft;
  if (heir === null) return;
  tellOperators(state, { type: "transferred", leader: heir.region }, output);
  sendElsewhere(state, heir.region, output);
  sendToLeader(state, heir.region, output);
}

function tellOperators(state: MemberState, answer: OperatorAnswer, output: Output): void {
  for (const { slot } of state.transferring) output.answers.push({ slot, answer });
  state.transferring = [];
}
