/**
 * A participant's side of two-phase commit: prepare, settle, resolve. Source: DESIGN.md §6;
 * docs/protocols/transaction.md.
 *
 * Every answer tells of something durable or of something that changes nothing, and every message may come twice or
 * late: what has been said of an attempt is said again (T2).
 */
import { assert } from "../assert.ts";
import { planted } from "../planted.ts";
import type { TransactionEffect } from "../transaction/effects.ts";
import type { Facts } from "../transaction/facts.ts";
import { keysOf } from "../transaction/locks.ts";
import type { OpenVote } from "../transaction/open-votes.ts";
import type { PrepareRequest, ResolveRequest, SettleRequest } from "../transaction/request.ts";
import { addMs, type Instant, type LogIndex, ORIGIN, type TransactionId } from "../types.ts";
import { appendEffects } from "./append-effects.ts";
import { dismissPrepares } from "./blocked.ts";
import { expiresFirst } from "./expiry.ts";
import type { Output } from "./output.ts";
import { type Evaluated, receipt } from "./read.ts";
import { recoverOverdue } from "./recover.ts";
import { rowsOf } from "./rows.ts";
import type { MemberState } from "./state.ts";
import { castVote, voteAt, wayOf } from "./vote.ts";

/** Locks, evaluates and votes; waits for younger holders, and gives way to older ones. */
export function answerPrepare(
  state: MemberState,
  request: PrepareRequest,
  now: Instant,
  output: Output,
): Evaluated {
  const { id, attempt, part, deadlineMs } = request;
  const facts = state.tail.transaction(id, false);
  const said = saidBefore(state, facts, request);
  if (said !== null) return said;
  // A later attempt was recorded only once this one was durably aborted: whoever asks has gone on.
  if (facts.latest > attempt) return died(state);
  const way = wayOf(state, request, part, false, now);
  if (way.type === "die") {
    if (!planted("nobody-recovers")) recoverOverdue(state, way.to, now, output);
    return died(state);
  }
  if (way.type === "wait") return { type: "blocked", behind: way.behind, decideBy: null };
  let before = dropEarlier(state.tail.openVotes.of(id), attempt);
  const expires = [...keysOf(part)].some((key) => expiresFirst(state, key, now));
  if (before.length > 0 && expires) {
    // Keys found overdue are removed ahead of the vote: until the earlier one is dropped, it has locked them.
    appendEffects(state, id, before, null, now);
    before = [];
  }
  const recoverAt = addMs(now, deadlineMs);
  const { entry, vote } = castVote(state, id, attempt, part, before, recoverAt, now);
  const told = receipt(state, entry.index, rowsOf(entry));
  return held(entry.index, { type: "voted", vote, receipt: told });
}

/** A later leader of the anchor asks: what was voted is told, and what was not never will be. */
export function answerSettle(state: MemberState, request: SettleRequest, now: Instant): Evaluated {
  const { id, attempt } = request;
  const facts = state.tail.transaction(id, true);
  const said = saidBefore(state, facts, request);
  if (said !== null) return said;
  if (planted("settle-refuses-in-memory")) {
    return held(state.tail.lastIndex, {
      type: "vote-refused",
      receipt: receipt(state, state.tail.lastIndex, 0),
    });
  }
  const before = dropEarlier(state.tail.openVotes.of(id), attempt);
  const index = appendEffects(state, id, [...before, { type: "refusal", id, attempt }], null, now);
  return held(index, { type: "vote-refused", receipt: receipt(state, index, 2) });
}

/** Applies the outcome. Acknowledged once that is committed, a repeat's acknowledgement too. */
export function answerResolve(
  state: MemberState,
  request: ResolveRequest,
  now: Instant,
  output: Output,
): Evaluated {
  const { tail, raft } = state;
  dismissPrepares(state, request.id, request.attempt, output);
  const open = tail.openVotes.of(request.id);
  if (open === null || open.effect.attempt > request.attempt) {
    const restsOn = planted("resolve-acknowledged-early") ? raft.commitIndex : tail.lastIndex;
    return {
      type: "held",
      restsOn,
      underLease: true,
      answer: { type: "resolved", receipt: receipt(state, restsOn, 0) },
    };
  }
  const index = appendEffects(state, request.id, [resolution(open, request)], null, now);
  const rows = 1 + open.effect.results.filter(({ op }) => op !== "get").length;
  return held(index, { type: "resolved", receipt: receipt(state, index, rows) });
}

/** Resolves a vote by the outcome that was heard. */
export function resolveVote(
  state: MemberState,
  open: OpenVote,
  vote: LogIndex | null,
  now: Instant,
): void {
  const { id, attempt } = open.effect;
  appendEffects(state, id, [resolution(open, { type: "resolve", id, attempt, vote })], null, now);
}

/** A commit applies only to the vote it names: another one was cast by a prepare that came late. */
function resolution(open: OpenVote, { attempt, vote }: ResolveRequest): TransactionEffect {
  const { effect, index } = open;
  const bound = vote === index || (vote !== null && planted("commit-applies-to-any-vote"));
  const committed = vote !== null && effect.attempt === attempt && bound;
  const stands = effect.failed.length === 0 && effect.fault === null;
  assert(stands || !committed, "T1", "a commit names a vote that does not hold", effect, vote);
  return { type: "resolve", id: effect.id, attempt: effect.attempt, vote: index, committed };
}

/** The vote of an earlier attempt, whose abort a later one implies. */
function dropEarlier(
  open: OpenVote | null,
  attempt: PrepareRequest["attempt"],
): TransactionEffect[] {
  if (open === null || open.effect.attempt >= attempt) return [];
  const { id } = open.effect;
  return [
    { type: "resolve", id, attempt: open.effect.attempt, vote: open.index, committed: false },
  ];
}

/** What this group has said of the attempt already; null where it has not. */
function saidBefore(
  state: MemberState,
  facts: Facts,
  { attempt }: PrepareRequest | SettleRequest,
): Evaluated | null {
  const voted = facts.votes.get(attempt);
  const open = state.tail.openVotes.of(voted?.effect.id ?? ("" as TransactionId));
  const forgotten = planted("vote-dropped-at-resolve") && open?.index !== voted?.index;
  if (voted !== undefined && !forgotten) {
    const vote = voteAt(state, voted.effect, voted.index);
    return held(voted.index, { type: "voted", vote, receipt: receipt(state, voted.index, 0) });
  }
  const refusal = facts.refusals.get(attempt);
  if (refusal === undefined || planted("refusals-overlooked")) return null;
  return held(refusal, { type: "vote-refused", receipt: receipt(state, refusal, 0) });
}

export const died = (state: MemberState): Extract<Evaluated, { type: "now" }> => ({
  type: "now",
  answer: { type: "died", receipt: receipt(state, state.raft.commitIndex, 0) },
});

const held = (
  restsOn: LogIndex,
  answer: Extract<Evaluated, { type: "held" }>["answer"],
): Evaluated => ({
  type: "held",
  restsOn: planted("vote-told-before-durable") ? ORIGIN : restsOn,
  underLease: false,
  answer,
});
