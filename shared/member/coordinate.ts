/**
 * The anchor's side of two-phase commit: one transaction over several groups, from its record to its last
 * acknowledgement. Source: DESIGN.md §6; parallel commits (Taft et al. 2020, §3.1 of CockroachDB's protocol).
 *
 * The outcome is a function of the votes: once the record and all votes are durable and hold, the transaction is
 * committed and its client is told; writing that down and telling the participants come behind. An abort is told only
 * once it is durable. Events merely note what was heard; {@link moveCoordinations} draws the consequences as the
 * turn ends, so that each step is taken in one place. Owns T1 and T3.
 */
import { assert } from "../assert.ts";
import { hash53 } from "../hash.ts";
import { RECOVERY_PAUSE_MS, RECOVERY_ROUND_MS } from "../limits.ts";
import { planted } from "../planted.ts";
import { type Decision, decide } from "../transaction/decide.ts";
import type {
  OutcomeEffect,
  RecordEffect,
  ResolveEffect,
  TransactionFault,
} from "../transaction/effects.ts";
import type { GroupPart, TransactRequest, Vote } from "../transaction/request.ts";
import {
  type Attempt,
  addMs,
  type Instant,
  type LogIndex,
  type Ms,
  ms,
  msBetween,
} from "../types.ts";
import { appendEffects } from "./append-effects.ts";
import { type Coordination, join, newCoordination, note, type Outcome } from "./coordination.ts";
import { type Done, sendErrand } from "./errands.ts";
import { noteHeard } from "./forget.ts";
import type { Output } from "./output.ts";
import { recoverOverdue } from "./recover.ts";
import { rowsOf } from "./rows.ts";
import type { Asker, MemberState } from "./state.ts";
import { CONFLICT, tellCommitted, tellWaiter } from "./tell.ts";
import { type Cast, castVote, wayOf } from "./vote.ts";

/** The pause before another attempt, doubled with each; half of it is left to the id. */
const PAUSE_MS_FIRST = 8;
const PAUSE_DOUBLINGS_MAX = 4;

/** Takes a transaction on: the record, this group's vote, and the prepares, in one turn. */
export function begin(
  state: MemberState,
  request: TransactRequest,
  attempt: Attempt,
  asker: Asker,
  now: Instant,
  output: Output,
): void {
  const { id, parts, idempotency } = request;
  const participants = parts.slice(1).map(({ group }) => group);
  const record: RecordEffect = { type: "record", id, attempt, participants, idempotency };
  const deadline = addMs(now, request.deadlineMs);
  const { vote, entry } = castOwn(state, record, parts, deadline, now);
  const c = newCoordination("prepare", record, vote, deadline, now);
  c.rows = rowsOf(entry);
  if (request.explain) c.trace = [];
  join(c, request, asker, false, now);
  state.coordinations.set(id, c);
  note(c, "record and vote appended", state.group, now);
  sendPrepares(state, c, now, output);
}

function castOwn(
  state: MemberState,
  record: RecordEffect,
  parts: readonly GroupPart[],
  deadline: Instant,
  now: Instant,
): Cast {
  const [own] = parts;
  if (own === undefined) throw new Error("a transaction has at least one part");
  return castVote(state, record.id, record.attempt, own, [record], deadline, now);
}

function sendPrepares(state: MemberState, c: Coordination, now: Instant, output: Output): void {
  const { id, attempt } = c;
  for (const { group, ...part } of c.parts?.slice(1) ?? []) {
    const deadlineMs = msBetween(now, c.deadline);
    sendErrand(
      state,
      group,
      { type: "prepare", id, attempt, part, deadlineMs },
      c.deadline,
      now,
      output,
    );
    note(c, "prepare sent", group, now);
  }
}

/** Finds out how an attempt ended that an earlier life began: each participant says what it voted, or never will. */
export function settle(
  state: MemberState,
  record: RecordEffect,
  own: Vote,
  now: Instant,
  output: Output,
): Coordination {
  const c = newCoordination("settle", record, own, addMs(now, RECOVERY_ROUND_MS), now);
  state.coordinations.set(c.id, c);
  for (const group of record.participants) sendSettle(state, c, group, now, output);
  return c;
}

function sendSettle(
  state: MemberState,
  { id, attempt }: Coordination,
  group: string,
  now: Instant,
  output: Output,
): void {
  const deadline = addMs(now, RECOVERY_ROUND_MS);
  sendErrand(state, group, { type: "settle", id, attempt }, deadline, now, output);
}

/** Asks on what nobody has been asked about, or has answered: somebody waits for longer than one round of asking. */
export function askAgain(state: MemberState, c: Coordination, now: Instant, output: Output): void {
  if (c.stage !== "settle" || c.outcome !== null) return;
  const asked = new Set<string>();
  for (const { group, request } of state.errands.open.values()) {
    if (request.type === "settle" && request.id === c.id) asked.add(group);
  }
  for (const group of c.record.participants) {
    if (!c.votes.has(group) && !asked.has(group)) sendSettle(state, c, group, now, output);
  }
}

/** A participant answered; what that comes to is seen as the turn ends. */
export function onParticipant(
  state: MemberState,
  { errand, answer }: Done,
  now: Instant,
  output: Output,
): void {
  const { group, request } = errand;
  if (!("id" in request) || !("attempt" in request)) return;
  const c = state.coordinations.get(request.id);
  if (c === undefined || c.attempt !== request.attempt) return;
  if (request.type === "resolve") {
    if (!c.resolving) return;
    c.unheard.delete(group);
    // One that did not hear it in time asks by itself, or is asked before the outcome is forgotten.
    if (answer === null) c.allHeard = false;
    finish(state, c);
    return;
  }
  if (answer === null && errand.failed) c.silent = group;
  if (c.outcome !== null) return;
  if (answer === null) {
    // Somebody waits for the outcome for longer than one round of asking.
    if (now < c.deadline) askAgain(state, c, now, output);
    return;
  }
  if (answer.type === "voted") {
    c.votes.set(group, answer.vote);
    c.rows += answer.receipt.rows;
    note(c, "vote durable", group, now);
  }
  if (answer.type === "died" || answer.type === "vote-refused") {
    c.without.add(group);
    note(c, answer.type === "died" ? "gave way" : "refused to vote", group, now);
  }
}

/** Draws the consequences of what this turn's events brought. */
export function moveCoordinations(state: MemberState, now: Instant, output: Output): void {
  const { leadership } = state.raft;
  if (leadership === null || leadership.transfer !== null) return;
  for (const c of state.coordinations.values()) move(state, c, now, output);
}

function move(state: MemberState, c: Coordination, now: Instant, output: Output): void {
  if (c.outcome !== null) {
    const durable = c.outcome.index <= state.raft.commitIndex || toldEarly(c.outcome.effect);
    if (durable && !c.resolving) concluded(state, c, c.outcome, now, output);
  } else if (c.stage === "pause") {
    if (now >= c.deadline) conclude(state, c, { status: "aborted", fault: CONFLICT }, true, now);
    else if (now >= c.nextAttemptAt || mayGoOn(state, c)) attemptAgain(state, c, now, output);
  } else if (c.votes.size === c.record.participants.length) {
    // Until the record is durable nobody may act on what it says.
    const early = planted("commit-told-before-record");
    if (c.recordIndex > state.raft.commitIndex && !early) {
      if (now < c.deadline) return;
      if (c.stage === "prepare") {
        conclude(state, c, { status: "aborted", fault: whyLate(c) }, true, now);
      } else if (c.waiters.length === 0) {
        // Somebody will ask again, or the alarm rings.
        state.coordinations.delete(c.id);
      }
      return;
    }
    const votes = c.record.participants.flatMap((group) => c.votes.get(group) ?? []);
    const decision = decide([c.own, ...votes]);
    note(c, "record and all votes durable", state.group, now);
    if (decision.status === "committed") tellCommitted(state, c, decision.answer, output);
    conclude(state, c, decision, true, now);
  } else if (c.without.size > 0) {
    // Only a client that waits can have it tried again, with the request it brought.
    const again = c.parts !== null && now < c.deadline;
    conclude(state, c, { status: "aborted", fault: CONFLICT }, !again, now);
  } else if (now >= c.deadline) {
    if (c.stage === "prepare" || planted("later-leader-aborts-at-deadline")) {
      conclude(state, c, { status: "aborted", fault: whyLate(c) }, true, now);
    } else if (c.waiters.length === 0) {
      // Somebody will ask again, or the alarm rings.
      state.coordinations.delete(c.id);
    } else {
      c.deadline = addMs(now, RECOVERY_ROUND_MS);
      askAgain(state, c, now, output);
    }
  }
}

/** Whether a vote was resolved or cast since another one was in the way of the next attempt. */
const mayGoOn = (state: MemberState, { waitsBehind, waitsSince }: Coordination): boolean =>
  waitsBehind !== null && waitsSince !== seenOf(state);

const seenOf = ({ tail, raft }: MemberState): string =>
  `${tail.openVotes.version}/${raft.commitIndex}`;

function toldEarly({ status, final }: OutcomeEffect): boolean {
  if (status !== "aborted") return planted("resolve-before-outcome-durable");
  return planted(final ? "abort-told-before-durable" : "next-attempt-before-abort-durable");
}

/** Appends the outcome, and with it the end of this group's own vote. */
function conclude(
  state: MemberState,
  c: Coordination,
  decision: Decision,
  final: boolean,
  now: Instant,
): void {
  const { id, attempt, recordIndex, record } = c;
  const votes: Record<string, LogIndex> = { [state.group]: recordIndex };
  for (const [group, vote] of c.votes) votes[group] = vote.index;
  const aborted = decision.status === "aborted";
  const known = state.coordinations.get(id);
  assert(known === c, "T3", "a transaction is coordinated twice", known?.attempt, attempt);
  const effect: OutcomeEffect = {
    type: "outcome",
    id,
    attempt,
    status: decision.status,
    final,
    votes,
    answer: aborted ? null : decision.answer,
    fault: aborted ? decision.fault : null,
  };
  const open = state.tail.openVotes.at(recordIndex);
  const resolve: ResolveEffect[] =
    open?.effect.id === id
      ? [
          {
            type: "resolve",
            id,
            attempt,
            vote: recordIndex,
            committed: decision.status === "committed",
          },
        ]
      : [];
  const index = appendEffects(
    state,
    id,
    [effect, ...resolve],
    aborted ? null : record.idempotency,
    now,
  );
  c.outcome = { index, effect };
  c.waitsBehind = null;
  // Prepares that wait somewhere would lock what nobody wants any more.
  for (const { number, request } of state.errands.open.values()) {
    const given = request.type === "prepare" && request.id === id && request.attempt === attempt;
    if (given) state.errands.open.delete(number);
  }
  note(c, `outcome appended: ${decision.status}`, state.group, now);
}

/** The outcome is durable: whoever waits is told, and the participants are sent it. */
function concluded(
  state: MemberState,
  c: Coordination,
  { effect }: Outcome,
  now: Instant,
  output: Output,
): void {
  sendOutcome(state, c, effect, now, output);
  if (!effect.final) {
    // One that asks for a later attempt, whose record was lost, hears what becomes of that.
    const asked = c.waiters.filter(
      ({ as }) => as.type === "participant" && as.attempt <= effect.attempt,
    );
    for (const one of asked) tellWaiter(state, c, one, effect, output);
    c.waiters = c.waiters.filter((one) => !asked.includes(one));
    c.stage = "pause";
    c.outcome = null;
    c.nextAttemptAt = addMs(now, pauseOf(c));
    return;
  }
  c.resolving = true;
  for (const one of c.waiters) tellWaiter(state, c, one, effect, output);
  c.waiters = [];
  finish(state, c);
}

function sendOutcome(
  state: MemberState,
  c: Coordination,
  effect: OutcomeEffect,
  now: Instant,
  output: Output,
): void {
  const { id, attempt } = c;
  for (const group of c.record.participants) {
    // One that gave way has appended nothing; should it have voted after all, it will ask.
    if (c.without.has(group)) continue;
    const vote = effect.status === "committed" ? (effect.votes[group] ?? null) : null;
    if (effect.final) c.unheard.add(group);
    sendErrand(
      state,
      group,
      { type: "resolve", id, attempt, vote },
      addMs(now, RECOVERY_ROUND_MS),
      now,
      output,
    );
  }
}

function finish(state: MemberState, c: Coordination): void {
  if (!c.resolving || c.unheard.size > 0) return;
  state.coordinations.delete(c.id);
  if (c.allHeard) noteHeard(state, c.id);
}

/** The next attempt, where nobody's lock is in its way here and the id has not been aborted meanwhile. */
function attemptAgain(state: MemberState, c: Coordination, now: Instant, output: Output): void {
  const { id, parts } = c;
  const facts = state.tail.transaction(id, false);
  if (facts.outcome !== null) {
    c.outcome = facts.outcome;
    return;
  }
  const [own] = parts ?? [];
  if (own === undefined || parts === null) return;
  const way = wayOf(state, c, own, true, now);
  if (way.type === "wait") {
    const holder = state.tail.openVotes.at(way.behind);
    if (holder !== null) recoverOverdue(state, [holder], now, output);
    c.waitsBehind = way.behind;
    c.waitsSince = seenOf(state);
    c.nextAttemptAt = addMs(now, RECOVERY_PAUSE_MS);
    return;
  }
  c.waitsBehind = null;
  c.attempt = (facts.latest + 1) as Attempt;
  if (planted("retried-as-the-same-attempt")) c.attempt = facts.latest;
  c.record = { ...c.record, attempt: c.attempt };
  c.stage = "prepare";
  c.votes.clear();
  c.without.clear();
  const { vote, entry } = castOwn(state, c.record, parts, c.deadline, now);
  c.own = vote;
  c.recordIndex = vote.index;
  c.rows += rowsOf(entry);
  note(c, "record and vote appended", state.group, now);
  sendPrepares(state, c, now, output);
}

function pauseOf({ id, attempt }: Coordination): Ms {
  const whole = PAUSE_MS_FIRST * 2 ** Math.min(attempt, PAUSE_DOUBLINGS_MAX);
  return ms(Math.round(whole * (0.5 + (hash53(`${id}/${attempt}`) % 1_000) / 2_000)));
}

/** Why it was not decided in time: a participant that nobody reached, or else the locks of others. */
function whyLate({ silent }: Coordination): TransactionFault {
  if (silent === null) return CONFLICT;
  return {
    code: "no-quorum",
    detail: `group ${JSON.stringify(silent)} did not answer in time; the transaction was aborted`,
  };
}
