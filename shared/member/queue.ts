/**
 * Waiting for a lock, in order of arrival.
 *
 * A call that waited for long could not be told from one whose member hangs. So a member answers `queued` after a short
 * turn, and keeps the place of whoever asks again under the same request id soon; who does not, because the client has
 * gone, loses it, and no lock is granted to somebody who no longer listens.
 */
import { QUEUE_GAP_MS, QUEUE_TURN_MS } from "../limits.ts";
import { lockIn } from "../lock/lock.ts";
import type { FreeCondition, LockRequest } from "../lock/request.ts";
import { planted } from "../planted.ts";
import { addMs, type Instant, ms, type Region, type RequestId } from "../types.ts";
import { endsAt, isOverdue } from "./expiry.ts";
import type { Output } from "./output.ts";
import type { WriteRequest } from "./request.ts";
import { serve } from "./serve.ts";
import type { Asker, MemberState } from "./state.ts";

/** One who waits for a lock. */
export interface Ticket {
  request: LockRequest;
  /** Null between two of its calls. */
  asker: Asker | null;
  /** Until when it waits. */
  until: Instant;
  /** When its call is answered that it is to ask again; when it is forgotten, where it has not. */
  turnEndsAt: Instant;
}

/** Tickets by the lock's key, in order of arrival. */
export type Queues = Map<string, Ticket[]>;

/** The condition of a request that wants a lock; null where it wants none. */
export function wantedLock(request: LockRequest | WriteRequest): FreeCondition | null {
  if (request.type !== "lock") return null;
  const [condition] = request.conditions;
  return condition.type === "free" ? condition : null;
}

/** Whether others came before a request, and it does not hold the lock itself. */
export function mustWait(state: MemberState, wanted: FreeCondition, id: RequestId): boolean {
  const tickets = state.queues.get(wanted.key);
  if (tickets === undefined || tickets[0]?.request.id === id || planted("lock-barging")) {
    return false;
  }
  return lockIn(state.tail.record(wanted.key))?.holder !== wanted.holder;
}

/** Puts a request in its place: the one it had, or the last. */
export function enqueue(
  state: MemberState,
  asker: Asker,
  request: LockRequest,
  now: Instant,
  output: Output,
): void {
  if (!asker.alone) {
    output.answers.push({ slot: asker.slot, answer: { type: "crowded" } });
    return;
  }
  const [{ key }] = request.conditions;
  const until = addMs(now, request.waitMs);
  const turnEndsAt = Math.min(addMs(now, QUEUE_TURN_MS), asker.deadline) as Instant;
  const tickets = state.queues.get(key) ?? [];
  state.queues.set(key, tickets);
  const own = tickets.find((ticket) => ticket.request.id === request.id);
  if (own === undefined) {
    tickets.push({ request, asker, until, turnEndsAt });
    return;
  }
  if (own.asker !== null) output.answers.push({ slot: own.asker.slot, answer: QUEUED });
  Object.assign(own, { request, asker, until, turnEndsAt });
}

const QUEUED = { type: "queued" } as const;

/** Grants what is free to whoever has waited longest, and sends away whose time is over; as a turn ends. */
export function moveQueues(state: MemberState, now: Instant, output: Output): void {
  const { leadership } = state.raft;
  if (state.queues.size === 0 || leadership === null || leadership.transfer !== null) return;
  for (const [key, tickets] of state.queues) {
    endTurns(state, tickets, now, output);
    while (isGrantable(state, key, now) && tickets[0]?.asker) {
      leave(state, tickets, tickets[0], now, output);
    }
    if (tickets.length === 0) state.queues.delete(key);
  }
}

function endTurns(state: MemberState, tickets: Ticket[], now: Instant, output: Output): void {
  for (const ticket of [...tickets]) {
    const { asker, until, turnEndsAt } = ticket;
    if (asker === null) {
      if (turnEndsAt <= now) tickets.splice(tickets.indexOf(ticket), 1);
    } else if (until <= now) {
      leave(state, tickets, ticket, now, output);
    } else if (turnEndsAt <= now) {
      output.answers.push({ slot: asker.slot, answer: QUEUED });
      ticket.asker = null;
      ticket.turnEndsAt = addMs(now, QUEUE_GAP_MS);
    }
  }
}

/** Served a last time, for better or worse: it waits no longer. */
function leave(
  state: MemberState,
  tickets: Ticket[],
  ticket: Ticket,
  now: Instant,
  output: Output,
): void {
  const { asker, request } = ticket;
  // As it is looked at, it is the first or has no ticket; either way it comes to a decision.
  const first = tickets[0] === ticket;
  if (!first) tickets.splice(tickets.indexOf(ticket), 1);
  if (asker !== null) serve(state, asker, { ...request, waitMs: ms(0) }, now, output);
  if (first) tickets.shift();
}

/** Whether nobody holds the lock, or it is over; and no transaction stands on it. */
function isGrantable(state: MemberState, key: string, now: Instant): boolean {
  const { tail } = state;
  if (tail.openVotes.size > 0 && tail.openVotes.holder(key, false) !== null) return false;
  const record = tail.record(key);
  return record === null || isOverdue(state, record, now);
}

/** When somebody's turn ends, or a lock that is waited for. */
export function* queueTimes(state: MemberState): Iterable<Instant> {
  for (const [key, tickets] of state.queues) {
    for (const { asker, until, turnEndsAt } of tickets) {
      yield asker === null ? turnEndsAt : (Math.min(until, turnEndsAt) as Instant);
    }
    const record = state.tail.record(key);
    const end = record === null ? null : endsAt(state, record);
    if (end !== null) yield end;
  }
}

/** This member leads no more: whoever waits does so at the next leader, in the order in which they come there. */
export function sendQueuesElsewhere(state: MemberState, leader: Region, output: Output): void {
  for (const { asker } of [...state.queues.values()].flat()) {
    if (asker === null) continue;
    output.answers.push({ slot: asker.slot, answer: { type: "redirected", leader } });
  }
  state.queues.clear();
}
