/**
 * Transactions as their clients ask for them, at the anchor's leader.
 *
 * All keys in one group: one entry of the log, which is the outcome as well. Several groups: the first phase begins
 * (coordination.ts). Either way the log is searched for the id first, markers of recoveries included, so that a copy
 * that comes late hears what the first one did (I1, T3).
 */
import { IDEMPOTENCY_MS, REQUEST_COPY_MS } from "../limits.ts";
import { planted } from "../planted.ts";
import { entryAtTail } from "../raft/leader.ts";
import { decide } from "../transaction/decide.ts";
import type { OutcomeEffect } from "../transaction/effects.ts";
import { madeAt } from "../transaction/id.ts";
import { type GroupPart, requestIdOf, type TransactRequest } from "../transaction/request.ts";
import { type Attempt, addMs, type Instant, type LogIndex, ms, msBetween } from "../types.ts";
import { appendEffects } from "./append-effects.ts";
import { begin } from "./coordinate.ts";
import { type Coordination, join } from "./coordination.ts";
import type { Output } from "./output.ts";
import { type Evaluated, receipt } from "./read.ts";
import { marker, recovering, told, tooOld } from "./recover.ts";
import { rowsOf } from "./rows.ts";
import type { Asker, MemberState } from "./state.ts";
import { CONFLICT } from "./tell.ts";
import { appraise, wayOf } from "./vote.ts";

const FIRST = 1 as Attempt;

const FIRST_TOLD = { type: "client", replayed: false } as const;

export function answerTransact(
  state: MemberState,
  request: TransactRequest,
  asker: Asker,
  now: Instant,
  output: Output,
): Evaluated {
  const { tail, store } = state;
  const { id, parts, copy } = request;
  // A first copy may come so late that where it would be looked for has been forgotten.
  const late = Math.abs(msBetween(madeAt(id), now)) > REQUEST_COPY_MS / 2;
  const facts = tail.transaction(id, copy || late);
  const unsought = planted("record-without-looking") && facts.record === null;
  if (facts.outcome !== null && !unsought) {
    return told(state, facts.outcome.index, facts.outcome.effect, FIRST_TOLD);
  }
  if (madeAt(id) <= store.horizon) return tooOld(state);
  if (facts.record !== null) {
    const open = tail.openVotes.of(id);
    const running = state.coordinations.get(id);
    const c = running ?? (open === null ? null : recovering(state, open, now, output));
    if (c !== null) {
      join(c, request, asker, false, now);
      return { type: "joined" };
    }
  }
  // Another attempt begins only once the abort of the last one is durable, and not in this member's log alone.
  const aborted = facts.aborted.get(facts.latest);
  if (aborted !== undefined && !planted("resumed-before-abort-durable")) {
    if (aborted.index > state.raft.commitIndex) return { type: "parked", until: aborted.index };
  }
  const before = firstAnswer(state, request, asker, now, output);
  if (before !== null) return before;
  const [own] = parts;
  if (own === undefined) throw new Error("a transaction has at least one part");
  const way = wayOf(state, { id, attempt: FIRST }, own, true, now);
  if (way.type === "wait") {
    return { type: "blocked", behind: way.behind, decideBy: addMs(now, request.deadlineMs) };
  }
  if (parts.length === 1) return inOneGroup(state, request, own, now);
  begin(state, request, (facts.latest + 1) as Attempt, asker, now, output);
  return { type: "joined" };
}

/** Conditions, operations and outcome in one entry. */
function inOneGroup(
  state: MemberState,
  request: TransactRequest,
  own: GroupPart,
  now: Instant,
): Evaluated {
  const { id, idempotency, explain } = request;
  const { leadership } = state.raft;
  if (leadership === null) throw new Error("only a leader appends");
  const { index, effects, vote } = appraise(state, id, FIRST, own, now);
  const decision = decide([vote]);
  const aborted = decision.status === "aborted";
  const outcome: OutcomeEffect = {
    type: "outcome",
    id,
    attempt: FIRST,
    status: decision.status,
    final: true,
    votes: { [state.group]: index },
    answer: aborted ? null : decision.answer,
    fault: aborted ? decision.fault : null,
  };
  const entry = entryAtTail(leadership, state.tail, now, {
    request: requestIdOf(id),
    effects: decision.status === "committed" ? effects : [],
    outcome: null,
    idempotency: aborted ? null : idempotency,
    transaction: [outcome],
  });
  state.tail.append(entry);
  const held = told(state, index, outcome, FIRST_TOLD);
  if (held.type !== "held" || held.answer.type !== "transacted") return held;
  const group = state.group;
  const trace = explain ? [{ atMs: ms(0), event: "outcome appended", group }] : [];
  const answer = {
    ...held.answer,
    trace,
    receipt: receipt(state, index, rowsOf(entry)),
  };
  return { ...held, answer, ...(explain && { tracedSince: now }) };
}

/** What this idempotency key was answered before; null where it is new. */
function firstAnswer(
  state: MemberState,
  request: TransactRequest,
  asker: Asker,
  now: Instant,
  output: Output,
): Evaluated | null {
  if (request.idempotency === null || planted("deduplicate-nothing")) return null;
  const { tail } = state;
  const { key, fingerprint } = request.idempotency;
  const pending = underWay(state, key, now, output);
  if (pending !== null) {
    const same = pending.record.idempotency?.fingerprint === fingerprint;
    // Whether the key was used is not certain before that is decided.
    if (same) join(pending, request, asker, true, now);
    else pending.waiters.push({ asker, as: { type: "bystander" } });
    return { type: "joined" };
  }
  const stored = tail.answer(key);
  if (stored === null || stored.at <= now - IDEMPOTENCY_MS) return null;
  if (stored.fingerprint !== fingerprint || !("type" in stored.outcome)) {
    return reused(tail.lastIndex);
  }
  return told(state, stored.index, stored.outcome, { type: "client", replayed: true });
}

const isUnderWay = ({ record, outcome }: Coordination, key: string): boolean =>
  record.idempotency?.key === key && !outcome?.effect.final;

/** The first request with this key, where it has no outcome yet; between two attempts it holds no vote. */
export function underWay(
  state: MemberState,
  key: string,
  now: Instant,
  output: Output,
): Coordination | null {
  for (const c of state.coordinations.values()) {
    if (isUnderWay(c, key)) return c;
  }
  const open = state.tail.openVotes.withIdempotencyKey(key);
  return open === null ? null : recovering(state, open, now, output);
}

const reused = (restsOn: LogIndex): Evaluated => ({
  type: "held",
  restsOn,
  underLease: true,
  answer: {
    type: "refused",
    code: "idempotency-key-reused",
    detail: "this Idempotency-Key came with another request in the last 24 hours",
  },
});

/** It waited for its keys until its deadline. Durably aborted before that is told, for a copy may exist. */
export function abortBlocked(
  state: MemberState,
  request: TransactRequest,
  asker: Asker,
  now: Instant,
  output: Output,
): Evaluated {
  const { id } = request;
  const facts = state.tail.transaction(id, request.copy);
  const running = state.coordinations.has(id) || state.tail.openVotes.of(id) !== null;
  if (facts.outcome !== null || running) {
    return answerTransact(state, request, asker, now, output);
  }
  // Of an earlier life there may be attempts; all of them are aborted, or one would be open.
  const effect = marker(id, facts.latest, CONFLICT);
  const index = appendEffects(state, id, [effect], null, now);
  return told(state, index, effect, FIRST_TOLD);
}
