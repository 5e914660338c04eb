/**
 * Recovery: finding out how a transaction ended whose coordinator is not heard of. Source: DESIGN.md §6.
 *
 * It belongs to whoever is stopped by an intent: a reader, a writer, another transaction, the alarm. A participant
 * asks the anchor, and goes on asking; the anchor tells the outcome, settles what an earlier life left, or, knowing
 * nothing of the id, durably aborts it. Owns T5.
 */
import { INTENT_PATIENCE_MS, OUTCOME_MS, RECOVERY_PAUSE_MS, RECOVERY_ROUND_MS } from "../limits.ts";
import { planted } from "../planted.ts";
import type { StoredRecord } from "../store/entry.ts";
import type { OutcomeEffect, TransactionFault } from "../transaction/effects.ts";
import type { Facts } from "../transaction/facts.ts";
import { anchorOf, madeAt } from "../transaction/id.ts";
import type { OpenVote } from "../transaction/open-votes.ts";
import type { InquireRequest, LookUpRequest } from "../transaction/request.ts";
import {
  type Attempt,
  addMs,
  type Instant,
  type LogIndex,
  msBetween,
  ORIGIN,
  type TransactionId,
} from "../types.ts";
import { appendEffects } from "./append-effects.ts";
import { askAgain, settle } from "./coordinate.ts";
import type { Coordination } from "./coordination.ts";
import { type Done, sendErrand } from "./errands.ts";
import { isFollowed } from "./fan-out.ts";
import type { Output } from "./output.ts";
import { resolveVote } from "./participate.ts";
import { type Evaluated, receipt } from "./read.ts";
import type { Asker, MemberState } from "./state.ts";
import { outcomeFor } from "./tell.ts";
import { voteAt } from "./vote.ts";

/** Why an id that nobody knew was aborted. */
const UNKNOWN: TransactionFault = {
  code: "transaction-conflict",
  detail: "whoever asked for its outcome had it aborted before it was begun",
};

/** Sees to it that an open vote hears its outcome. May be called as often as one likes. */
export function recover(state: MemberState, open: OpenVote, now: Instant, output: Output): void {
  const { id, attempt } = open.effect;
  if (open.record !== null) {
    recovering(state, open, now, output);
    return;
  }
  for (const { request } of state.errands.open.values()) {
    if (request.type === "inquire" && request.id === id && request.attempt === attempt) return;
  }
  const request: InquireRequest = { type: "inquire", id, attempt, group: state.group };
  sendErrand(state, anchorOf(id), request, addMs(now, RECOVERY_ROUND_MS), now, output);
}

/** Somebody gave way to these votes. One that is not resolved by now may have nobody left who resolves it. */
export function recoverOverdue(
  state: MemberState,
  holders: readonly OpenVote[],
  now: Instant,
  output: Output,
): void {
  for (const open of holders) {
    if (msBetween(open.at, now) >= INTENT_PATIENCE_MS) recover(state, open, now, output);
  }
}

/** The coordination of an open record: the one under way, or a new one that settles it. */
export function recovering(
  state: MemberState,
  open: OpenVote,
  now: Instant,
  output: Output,
): Coordination {
  if (open.record === null) throw new Error("only an anchor settles");
  const running = state.coordinations.get(open.effect.id);
  if (running !== undefined) {
    askAgain(state, running, now, output);
    return running;
  }
  return settle(state, open.record, voteAt(state, open.effect, open.index), now, output);
}

/** What this anchor has under way of a transaction, or begins to settle; null where nothing is. */
function coordinationOf(
  state: MemberState,
  id: TransactionId,
  now: Instant,
  output: Output,
): Coordination | null {
  const running = state.coordinations.get(id);
  if (running !== undefined) return running;
  const open = state.tail.openVotes.of(id);
  return open === null || open.record === null ? null : recovering(state, open, now, output);
}

/** The anchor has told the outcome of an open vote. */
export function onOutcome(state: MemberState, { errand, answer }: Done, now: Instant): void {
  const { request } = errand;
  if (request.type !== "inquire" || answer?.type !== "outcome") return;
  const open = state.tail.openVotes.of(request.id);
  if (open === null || open.effect.attempt !== request.attempt) return;
  const { leadership } = state.raft;
  // It is asked again by whoever waits, or by the alarm.
  if (leadership === null || leadership.transfer !== null) return;
  resolveVote(state, open, answer.vote, now);
}

/** All that is known of a transaction. Where it is not under way, the whole log is looked through. */
function factsAbout({ tail }: MemberState, id: TransactionId): Facts {
  const recent = tail.transaction(id, false);
  return recent.outcome !== null || recent.record !== null ? recent : tail.transaction(id, true);
}

/**
 * The alarm of one that led rings for what only a leader can do. Whoever leads now has an alarm of its own; if nobody
 * does, because the last campaign came to nothing, somebody has to be asked, and stands for election.
 */
export function findLeader(state: MemberState, now: Instant, output: Output): void {
  const { store, ledElsewhere } = state;
  state.ledElsewhere = false;
  if (ledElsewhere || planted("nobody-recovers")) return;
  // Whether replicas have what was committed, only a leader asks them (F2).
  const unfed = isFollowed(state) && !planted("unfed-finds-no-leader");
  // Its log as it is, for as a follower it keeps no account of open votes.
  const settled = store.oldestOpen(store.lastIndex) === null;
  const over = ({ expiresAt }: StoredRecord): boolean => expiresAt !== null && expiresAt <= now;
  const expires = store.overdue(now, 1).length > 0 || store.locks().some(over);
  if (!unfed && settled && !expires) return;
  const deadline = addMs(now, RECOVERY_ROUND_MS);
  // Any read will do: only a leader answers it.
  const request = { type: "validate", keys: [], since: ORIGIN } as const;
  sendErrand(state, state.group, request, deadline, now, output);
  state.alarmAt = addMs(deadline, RECOVERY_PAUSE_MS);
  output.alarm = state.alarmAt;
}

/** A participant asks for the outcome of an attempt it has voted in. */
export function answerInquire(
  state: MemberState,
  { id, attempt, group }: InquireRequest,
  asker: Asker,
  now: Instant,
  output: Output,
): Evaluated {
  const as = { type: "participant", group, attempt } as const;
  const { tail, store } = state;
  const facts = factsAbout(state, id);
  if (facts.outcome !== null) return told(state, facts.outcome.index, facts.outcome.effect, as);
  const aborted = facts.aborted.get(attempt);
  if (aborted !== undefined) return dropped(state, aborted.index);
  const { record } = facts;
  if (record !== null && record.effect.attempt > attempt) return dropped(state, record.index);
  const c = coordinationOf(state, id, now, output);
  if (c !== null) {
    c.waiters.push({ asker, as });
    return { type: "joined" };
  }
  if (madeAt(id) <= store.horizon) {
    // Of one that was committed every participant has heard before it was forgotten.
    return { ...dropped(state, tail.lastIndex), underLease: true };
  }
  const effect = marker(id, attempt, UNKNOWN);
  return told(state, appendEffects(state, id, [effect], null, now), effect, as);
}

/** A client asks how its transaction stands. */
export function answerLookUp(
  state: MemberState,
  { id, settle: settles }: LookUpRequest,
  asker: Asker,
  now: Instant,
  output: Output,
): Evaluated {
  const as = { type: "looker" } as const;
  const { tail, store } = state;
  const facts = factsAbout(state, id);
  if (facts.outcome !== null) return told(state, facts.outcome.index, facts.outcome.effect, as);
  // Between two attempts nothing is open; its client may yet have it tried again.
  if (facts.record !== null && !settles) {
    const answer = receipt(state, tail.lastIndex, 0);
    const found = { status: "pending" } as const;
    return asRead(tail.lastIndex, { type: "looked-up", found, receipt: answer });
  }
  const c = coordinationOf(state, id, now, output);
  if (c !== null) {
    c.waiters.push({ asker, as });
    return { type: "joined" };
  }
  const oldest = (now - OUTCOME_MS) as Instant;
  if (madeAt(id) <= store.horizon || (madeAt(id) < oldest && !settles)) return tooOld(state);
  if (!settles) {
    return asRead(tail.lastIndex, {
      type: "refused",
      code: "transaction-not-found",
      detail:
        "nobody knows this transaction; with ?settle=true it is made certain that it never takes effect",
    });
  }
  const effect = marker(id, facts.latest, UNKNOWN);
  return told(state, appendEffects(state, id, [effect], null, now), effect, as);
}

/** The durable word that a transaction never takes effect, whatever may come of it later. */
export const marker = (
  id: TransactionId,
  attempt: Attempt,
  fault: TransactionFault,
): OutcomeEffect => ({
  type: "outcome",
  id,
  attempt,
  status: "aborted",
  final: true,
  votes: {},
  answer: null,
  fault,
});

export const tooOld = (state: MemberState): Evaluated =>
  asRead(state.tail.lastIndex, {
    type: "refused",
    code: "transaction-too-old",
    detail: "the transaction was made so long ago that its outcome has been forgotten",
  });

type Held = Extract<Evaluated, { type: "held" }>;

/** An outcome of the log, told once it is durable. */
export const told = (
  state: MemberState,
  restsOn: LogIndex,
  effect: OutcomeEffect,
  as: Parameters<typeof outcomeFor>[2],
): Held => ({
  type: "held",
  restsOn: planted("marker-told-before-durable") ? state.raft.commitIndex : restsOn,
  underLease: false,
  answer: outcomeFor(state, effect, as),
});

/** The attempt was aborted: the participant drops what it holds for it. */
const dropped = (state: MemberState, restsOn: LogIndex): Held => ({
  type: "held",
  restsOn,
  underLease: false,
  answer: { type: "outcome", vote: null, receipt: receipt(state, state.raft.commitIndex, 0) },
});

/** Something that is not in the log, which only a leader under its lease can say. */
const asRead = (restsOn: LogIndex, answer: Held["answer"]): Held => ({
  type: "held",
  restsOn,
  underLease: true,
  answer,
});
