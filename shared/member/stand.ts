/**
 * What a member that does not lead does with a request: name the leader, pass the request on, or stand for
 * election. Nothing of this happens without a request.
 *
 * A Worker that could not reach the leader says so. The member asked first tries the leader itself: if it
 * answers, only the Worker was cut off, and the member serves as its relay; only if not does it campaign.
 */
import { PEER_CALL_MS, PEER_PAUSE_MS, RELAY_MARGIN_MS } from "../limits.ts";
import type { LockRequest } from "../lock/request.ts";
import { campaign } from "../raft/election.ts";
import type { TransactRequest } from "../transaction/request.ts";
import { addMs, type Instant, ms, type Region } from "../types.ts";
import { withTimeLeft } from "./blocked.ts";
import type { Output } from "./output.ts";
import { sendQueuesElsewhere } from "./queue.ts";
import type { AnyAnswer, AnyRequest, WriteRequest } from "./request.ts";
import { serve } from "./serve.ts";
import type { MemberState, Slot, WaitingRequest } from "./state.ts";

/** Who should lead, as far as this member knows: whom it handed over to, or promised last; not itself. */
export function presumedLeader(state: MemberState, now: Instant): Region | null {
  const { raft, store } = state;
  const heir = raft.heir !== null && now < raft.heir.until ? raft.heir.region : null;
  const leader = heir ?? store.hardState.promisedTo;
  return leader === raft.config.self ? null : leader;
}

/** Takes a request in at a member that does not lead: the caller is sent to the leader, or waits for one. */
export function awaitLeader(
  state: MemberState,
  request: Omit<WaitingRequest, "stage">,
  now: Instant,
  output: Output,
): void {
  const leader = presumedLeader(state, now);
  const { campaign: running, leadership } = state.raft;
  if (running !== null || leadership !== null || leader === null) {
    state.waiting.push({ ...request, stage: "stranded" });
  } else if (request.unreachable.includes(leader)) {
    state.waiting.push({ ...request, stage: "to-relay" });
  } else {
    output.answers.push({ slot: request.slot, answer: { type: "redirected", leader } });
  }
}

/** Moves the requests that wait for a leader on, as the turn ends. */
export function moveWaiting(state: MemberState, now: Instant, output: Output): void {
  const { raft, waiting } = state;
  if (waiting.length === 0) return;
  if (raft.leadership !== null) {
    // What comes during a hand-over waits until it has succeeded or been given up.
    if (raft.leadership.transfer !== null) return;
    state.waiting = [];
    for (const one of waiting) {
      serve(state, one, withTimeLeft(one.request, one.decideBy, now), now, output);
    }
    return;
  }
  // Whoever waits since a hand-over is sent to the heir: to stand against it would undo what it is to win.
  if (state.heirAwaited) return;
  relay(state, "to-relay", "relayed", now, output);
  const stranded = waiting.some(isStranded);
  if (!stranded) return;
  const again = raft.campaign === null || raft.campaign.againAt <= now;
  if (again) campaign(raft, state.store.hardState, state.tail, null, now, output);
  // While a promise to the old leader stands, it may come back: its process may merely have restarted.
  if (raft.campaign?.waits && state.relayAgainAt <= now) {
    state.relayAgainAt = addMs(now, PEER_PAUSE_MS);
    relay(state, "stranded", "relayed-again", now, output);
  }
}

const isStranded = ({ stage }: WaitingRequest): boolean =>
  stage === "stranded" || stage === "relayed-again";

function relay(
  state: MemberState,
  from: WaitingRequest["stage"],
  into: WaitingRequest["stage"],
  now: Instant,
  output: Output,
): void {
  const to = presumedLeader(state, now);
  const untried = state.waiting.filter((one) => one.stage === from);
  if (untried.length === 0 || to === null) return;
  for (const one of untried) {
    one.stage = into;
    if (isWrite(one.request)) one.request = { ...one.request, copy: true };
  }
  // A partitioned member gives no error, its call hangs: half a world's way must be enough to tell that it leads.
  const left = Math.min(...untried.map((one) => one.deadline - now)) - RELAY_MARGIN_MS;
  const deadlineMs = ms(Math.max(1, Math.min(PEER_CALL_MS, left)));
  output.relays.push({
    to,
    caller: {
      deadlineMs,
      unreachable: [],
      nearest: state.raft.config.self,
      alone: untried.every((one) => one.alone) && untried.length === 1,
    },
    requests: untried.map(({ slot, request }) => ({ slot, request })),
  });
}

/** Whom requests were passed on to has answered. A write it could not commit in time may be committed yet. */
export function onRelayed(state: MemberState, answers: Output["answers"], output: Output): void {
  const writes = (slot: Slot): boolean =>
    state.waiting.some((one) => one.slot === slot && isWrite(one.request));
  const open = answers.filter(({ slot, answer }) => isInDoubt(answer) && writes(slot));
  onRelayFailed(
    state,
    open.map((one) => one.slot),
  );
  const told = answers.filter((one) => !open.includes(one));
  const slots = new Set(told.map((one) => one.slot));
  state.waiting = state.waiting.filter((one) => !slots.has(one.slot));
  output.answers.push(...told);
}

/** Whether a copy of the request could take effect although another one was refused. */
export const isWrite = (
  request: AnyRequest,
): request is WriteRequest | LockRequest | TransactRequest =>
  request.type === "write" || request.type === "lock" || request.type === "transact";

const isInDoubt = (answer: AnyAnswer): boolean =>
  answer.type === "refused" && (answer.code === "no-quorum" || answer.code === "deadline-exceeded");

/** The member that should lead could not be reached from here either. */
export function onRelayFailed(state: MemberState, slots: readonly Slot[]): void {
  for (const one of state.waiting) {
    if (slots.includes(one.slot)) one.stage = "stranded";
  }
}

/** A leader has made itself known: whoever waited for one is sent there. */
export function sendToLeader(state: MemberState, leader: Region, output: Output): void {
  const stranded = state.waiting.filter(isStranded);
  if (stranded.length === 0) return;
  state.waiting = state.waiting.filter((one) => !isStranded(one));
  for (const { slot } of stranded) {
    output.answers.push({ slot, answer: { type: "redirected", leader } });
  }
}

/**
 * This member no longer leads. What it held may be committed by the next leader or not, so whoever waited asks
 * there again, as a copy.
 */
export function sendElsewhere(state: MemberState, leader: Region, output: Output): void {
  const { held, parked, describing, transferring } = state;
  const blocked = state.blocked.map(({ asker }) => asker);
  const waiting = [...state.coordinations.values()].flatMap((c) =>
    c.waiters.map((one) => one.asker),
  );
  for (const { slot } of [
    ...held,
    ...parked,
    ...describing,
    ...transferring,
    ...blocked,
    ...waiting,
  ]) {
    output.answers.push({ slot, answer: { type: "redirected", leader } });
  }
  state.blocked = [];
  sendQueuesElsewhere(state, leader, output);
  // The next leader settles what this one coordinated.
  state.coordinations.clear();
  state.errands.open.clear();
  state.held = [];
  state.parked = [];
  state.describing = [];
  state.transferring = [];
}
