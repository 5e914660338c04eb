/**
 * Voting: a group's durable word on its part of a transaction, and the locks that come with it.
 *
 * Locks conflict by wait-die under the transaction's first start (Rosenkrantz et al. 1978, §3): who holds nothing
 * waits, an older transaction waits for a younger one, and a younger one gives way. Owns T2.
 */
import { assert } from "../assert.ts";
import { INTENT_PATIENCE_MS, TRANSACTION_ANSWER_BYTES_MAX } from "../limits.ts";
import { planted } from "../planted.ts";
import { entryAtTail } from "../raft/leader.ts";
import type { Effect, Entry } from "../store/entry.ts";
import { TOO_LARGE } from "../transaction/decide.ts";
import type { Lock, TransactionEffect, VoteEffect } from "../transaction/effects.ts";
import {
  evaluate,
  type Result,
  readAll,
  toFailed,
  toMarks,
  toResults,
} from "../transaction/evaluate.ts";
import { isOlder } from "../transaction/id.ts";
import { conflicts, keysOf, locksOf } from "../transaction/locks.ts";
import type { OpenVote } from "../transaction/open-votes.ts";
import { type Part, requestIdOf, type Vote } from "../transaction/request.ts";
import {
  type Attempt,
  type Instant,
  type LogIndex,
  msBetween,
  nextIndex,
  type TransactionId,
} from "../types.ts";
import { appendExpiry, expiresFirst } from "./expiry.ts";
import type { AnyRequest, GroupRequest } from "./request.ts";
import type { Asker, MemberState } from "./state.ts";

/** What a transaction whose part would lock these keys has to do here. */
export type Way =
  | { readonly type: "free" }
  /** Wait until this vote is resolved. */
  | { readonly type: "wait"; readonly behind: LogIndex }
  /** Give way to an older one: to these, or to one that waits for them. */
  | { readonly type: "die"; readonly to: readonly OpenVote[] };

/**
 * @param holdsNothing true for one that holds no lock anywhere while it waits: it may wait for anybody, and
 * nobody waits for it in a circle.
 */
export function wayOf(
  state: MemberState,
  { id, attempt }: Pick<Vote, "id" | "attempt">,
  part: Part,
  holdsNothing: boolean,
  now: Instant,
): Way {
  // A key found overdue is removed first: that is a write, and waits for those who have locked it to read.
  const locks = locksOf(part).map((lock) =>
    expiresFirst(state, lock.key, now) && !planted("expired-under-read-lock")
      ? { ...lock, write: true }
      : lock,
  );
  const holders = state.tail.openVotes.conflicting(id, locks);
  const [first] = holders;
  const ahead = olderWaiters(state, id, part, now);
  if (first === undefined && ahead.length === 0) return { type: "free" };
  const young = planted("new-age-at-each-attempt") && attempt > 1;
  const dies = young || ahead.length > 0 || holders.some(({ effect }) => isOlder(effect.id, id));
  if (dies && !holdsNothing) return { type: "die", to: holders };
  const behind = first?.index ?? ahead[0];
  return behind === undefined ? { type: "free" } : { type: "wait", behind };
}

/**
 * What those wait for who came before and wait for a key that this one would lock: they would starve behind it. A plain
 * write comes before whoever has not voted yet, and so does a list that has waited long enough; a transaction before those
 * that are younger.
 */
function olderWaiters(state: MemberState, id: TransactionId, part: Part, now: Instant): LogIndex[] {
  if (state.blocked.length + state.parked.length + state.coordinations.size === 0) return [];
  const locks = locksOf(part);
  const found: LogIndex[] = [];
  for (const c of state.coordinations.values()) {
    const [own] = c.parts ?? [];
    // One between two attempts waits too, once its pause is over.
    if (c.waitsBehind === null || own === undefined || !isOlder(c.id, id)) continue;
    if (c.outcome === null && conflicts(locks, locksOf(own))) found.push(c.waitsBehind);
  }
  for (const one of state.parked) {
    if (isStarved(one, one.request, locks, now)) found.push(one.until);
  }
  for (const one of state.blocked) {
    const { request, behind, asker } = one;
    if (isStarved(asker, request, locks, now)) found.push(behind);
    if (one.locks.length === 0 || !("id" in request)) continue;
    const plain = request.type === "write" || request.type === "lock";
    const before = plain || isOlder(request.id as TransactionId, id);
    // Also where what it waited for is over: its turn comes in this very turn, and comes first.
    if (before && conflicts(locks, one.locks)) found.push(behind);
  }
  return found;
}

/** Among busy writers there may be no moment at which nothing is pending in a list's whole range. */
function isStarved(
  { since }: Asker,
  request: AnyRequest,
  locks: readonly Lock[],
  now: Instant,
): boolean {
  if (request.type !== "list" || msBetween(since, now) < INTENT_PATIENCE_MS) return false;
  const { prefix } = request.range;
  return (
    locks.some(({ key, write }) => write && key.startsWith(prefix)) && !planted("lists-starve")
  );
}

/** What a request that waits would lock, or write; nothing for one that only reads. */
export function locksWanted(request: GroupRequest): readonly Lock[] {
  if (request.type === "prepare") return locksOf(request.part);
  if (request.type === "transact") return locksOf(request.parts[0] ?? NOTHING);
  return request.type === "write" || request.type === "lock" ? locksOf(request) : [];
}

const NOTHING = { conditions: [], operations: [] };

/** What a part comes to here, at the index of the next entry. */
export interface Appraisal {
  readonly index: LogIndex;
  /** Empty where a condition fails or an operation cannot run. */
  readonly effects: readonly Effect[];
  readonly vote: Vote;
  readonly marks: Pick<VoteEffect, "results" | "otherwise" | "otherwiseTooLarge">;
}

/** Evaluates a part at the tail. Nobody's lock may be in the way; keys found overdue are removed first. */
export function appraise(
  state: MemberState,
  id: TransactionId,
  attempt: Attempt,
  part: Part,
  now: Instant,
): Appraisal {
  const { tail } = state;
  const { at } = part;
  const overdue = [...keysOf(part)].filter((key) => expiresFirst(state, key, now));
  if (overdue.length > 0) appendExpiry(state, overdue, now);

  const index = nextIndex(tail.lastIndex);
  const evaluation = evaluate(part, tail, index, now);
  const otherwise = readAll(part.otherwise, tail);
  const results = evaluation.type === "holds" ? evaluation.results : [];
  const tooLarge = bytesOf(results) > TRANSACTION_ANSWER_BYTES_MAX;
  const elseTooLarge = bytesOf(otherwise) > TRANSACTION_ANSWER_BYTES_MAX;
  const fault = evaluation.type === "faulty" ? evaluation.fault : tooLarge ? TOO_LARGE : null;
  const stands = evaluation.type === "holds" && fault === null;
  const told = stands ? results : [];
  return {
    index,
    effects: stands ? evaluation.effects : [],
    vote: {
      id,
      attempt,
      index,
      failed: evaluation.type === "fails" ? toFailed(evaluation.failed, at.conditions) : [],
      fault,
      results: toResults(told, at.operations),
      otherwise: elseTooLarge ? [] : toResults(otherwise, at.otherwise),
      ...(elseTooLarge && { otherwiseTooLarge: true }),
    },
    marks: {
      results: toMarks(told, at.operations),
      otherwise: elseTooLarge ? [] : toMarks(otherwise, at.otherwise),
      ...(elseTooLarge && { otherwiseTooLarge: true }),
    },
  };
}

const bytesOf = (results: readonly Result[]): number =>
  results.reduce((sum, { value }) => sum + (value?.bytes.byteLength ?? 0), 0);

export interface Cast {
  readonly entry: Entry;
  readonly vote: Vote;
}

/**
 * Appends the vote of this group on its part.
 * @param before what the entry does besides, ahead of the vote
 * @param recoverAt when the alarm asks for the outcome
 */
export function castVote(
  state: MemberState,
  id: TransactionId,
  attempt: Attempt,
  part: Part,
  before: readonly TransactionEffect[],
  recoverAt: Instant,
  now: Instant,
): Cast {
  const { leadership } = state.raft;
  if (leadership === null) throw new Error("only a leader votes");
  const locks = locksOf(part);
  const held = state.tail.openVotes.conflicting(id, locks).map((open) => open.effect.id);
  assert(held.length === 0, "T4", "a key is locked twice", held, id);
  const { effects, vote, marks } = appraise(state, id, attempt, part, now);
  const { failed, fault } = vote;
  const kept = locks.filter(({ write }) => {
    if (failed.length > 0 && planted("failed-conditions-unlocked")) return false;
    return write || !planted("read-locks-released-at-vote");
  });
  const effect: VoteEffect = {
    type: "vote",
    id,
    attempt,
    locks: kept,
    failed,
    fault,
    ...marks,
    recoverAt,
  };
  const entry = entryAtTail(leadership, state.tail, now, {
    request: requestIdOf(id),
    effects,
    outcome: null,
    idempotency: null,
    transaction: [...before, effect],
  });
  state.tail.append(entry);
  return { entry, vote };
}

/** A vote as it is told, with the values its results name. */
export function voteAt({ tail }: MemberState, effect: VoteEffect, index: LogIndex): Vote {
  const { id, attempt, failed, fault } = effect;
  const withValue = (mark: VoteEffect["results"][number]): Vote["results"][number] => {
    const shows = mark.op === "get" || mark.op === "add" || mark.op === "append";
    if (!shows || mark.revision === null) return mark;
    const version = tail.versionAt(mark.key, mark.revision);
    return version === null ? mark : { ...mark, value: version.value };
  };
  return {
    id,
    attempt,
    failed,
    fault,
    index,
    results: effect.results.map(withValue),
    otherwise: effect.otherwise.map(withValue),
    ...(effect.otherwiseTooLarge && { otherwiseTooLarge: true }),
  };
}
