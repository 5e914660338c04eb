/**
 * Waiting for a lock, in order of arrival.
 *
 * A call that waited for long could not be told from one whose member hangs. So a member answers `queued` after a short
 * turn, and keeps the place of whoever asks again under the same request id soon; who does not, because the client has
 * gone, loses it, and no lock is granted to somebody who no longer listens.
 */
import { INTENT_PATIENCE_MS, QUEUE_GAP_MS, QUEUE_TURN_MS, RECOVERY_PAUSE_MS } from "../limits.ts";
import type { LockRequest } from "../lock/request.ts";
import { planted } from "../planted.ts";
import type { OpenVote } from "../transaction/open-votes.ts";
import { addMs, type Instant, ms, type Region } from "../types.ts";
import { endsAt } from "./expiry.ts";
import { isFree } from "./lock.ts";
import type { Output } from "./output.ts";
import { recover } from "./recover.ts";
import type { AnyRequest, Unserved } from "./request.ts";
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
  /** From then on it helps to find out what became of a transaction that stands on the lock; null where none does. */
  helpAt: Instant | null;
}

/** Tickets by the lock's key, in order of arrival. */
export type Queues = Map<string, Ticket[]>;

const keyOf = ({ conditions: [{ key }] }: LockRequest): string => key;

/** Whether nobody came before a request. */
export function comesFirst({ queues }: MemberState, request: LockRequest): boolean {
  const [first] = queues.get(keyOf(request)) ?? [];
  return first === undefined || first.request.id === request.id || planted("lock-barging");
}

/** Whether a request comes again that waits already. */
export function isQueued({ queues }: MemberState, request: AnyRequest): boolean {
  if (request.type !== "lock") return false;
  return queues.get(keyOf(request))?.some((one) => one.request.id === request.id) ?? false;
}

/** A request that was decided waits no longer. Another call of it that still does may ask again what became of it. */
export function leaveQueue(
  state: MemberState,
  request: LockRequest,
  asker: Asker,
  output: Output,
): void {
  const tickets = state.queues.get(keyOf(request)) ?? [];
  const ticket = tickets.find((one) => one.request.id === request.id);
  if (ticket === undefined) return;
  dropTicket(state, request);
  if (ticket.asker === null || ticket.asker.slot === asker.slot) return;
  output.answers.push({ slot: ticket.asker.slot, answer: queued(ticket.request) });
}

function dropTicket({ queues }: MemberState, request: LockRequest): void {
  const key = keyOf(request);
  const tickets = queues.get(key);
  if (tickets === undefined) return;
  const left = tickets.filter((one) => one.request.id !== request.id);
  if (left.length === 0) queues.delete(key);
  else if (left.length < tickets.length) queues.set(key, left);
}

/** Puts a request in its place: the one it had, or the last. */
export function enqueue(
  state: MemberState,
  asker: Asker,
  request: LockRequest,
  now: Instant,
  output: Output,
): void {
  const { queues } = state;
  if (!asker.alone) {
    output.answers.push({ slot: asker.slot, answer: { type: "crowded", copy: request.copy } });
    return;
  }
  const until = addMs(now, request.waitMs);
  const turnEndsAt = Math.min(addMs(now, QUEUE_TURN_MS), asker.deadline) as Instant;
  const tickets = queues.get(keyOf(request)) ?? [];
  queues.set(keyOf(request), tickets);
  const own = tickets.find((ticket) => ticket.request.id === request.id);
  if (own === undefined) {
    tickets.push({ request, asker, until, turnEndsAt, helpAt: null });
    return;
  }
  if (own.asker !== null) {
    output.answers.push({ slot: own.asker.slot, answer: queued(own.request) });
  }
  Object.assign(own, { request, asker, until, turnEndsAt });
}

const queued = ({ copy }: LockRequest): Unserved => ({ type: "queued", copy });

/** Grants what is free to whoever has waited longest, and sends away whose time is over; as a turn ends. */
export function moveQueues(state: MemberState, now: Instant, output: Output): void {
  const { leadership } = state.raft;
  if (state.queues.size === 0 || leadership === null || leadership.transfer !== null) return;
  for (const key of [...state.queues.keys()]) {
    for (const ticket of [...(state.queues.get(key) ?? [])]) endTurn(state, ticket, now, output);
    for (;;) {
      const [first] = state.queues.get(key) ?? [];
      if (!first?.asker || !isFree(state, first.request, now)) break;
      const vote = state.tail.openVotes.holder(key, false);
      if (vote !== null) {
        help(state, first, vote, now, output);
        break;
      }
      decide(state, first, now, output);
    }
  }
}

function endTurn(state: MemberState, ticket: Ticket, now: Instant, output: Output): void {
  const { asker, until, turnEndsAt, request } = ticket;
  if (asker === null) {
    if (turnEndsAt <= now && !planted("lock-waits-for-the-gone")) dropTicket(state, request);
  } else if (until <= now) {
    decide(state, ticket, now, output);
  } else if (turnEndsAt <= now) {
    output.answers.push({ slot: asker.slot, answer: queued(request) });
    ticket.asker = null;
    ticket.turnEndsAt = addMs(now, QUEUE_GAP_MS);
  }
}

/** Served a last time, for better or worse: it waits no longer. */
function decide(
  state: MemberState,
  { request, asker }: Ticket,
  now: Instant,
  output: Output,
): void {
  if (asker !== null) serve(state, asker, { ...request, waitMs: ms(0) }, now, output);
  dropTicket(state, request);
}

/** A transaction stands on a lock that is free: what became of it is found out after a short patience. */
function help(
  state: MemberState,
  ticket: Ticket,
  vote: OpenVote,
  now: Instant,
  output: Output,
): void {
  ticket.helpAt ??= addMs(now, INTENT_PATIENCE_MS);
  if (ticket.helpAt > now) return;
  ticket.helpAt = addMs(now, RECOVERY_PAUSE_MS);
  if (!planted("nobody-recovers")) recover(state, vote, now, output);
}

/** When somebody's turn ends, or a lock that is waited for. */
export function* queueTimes(state: MemberState): Iterable<Instant> {
  for (const [key, tickets] of state.queues) {
    for (const { asker, until, turnEndsAt, helpAt } of tickets) {
      yield asker === null ? turnEndsAt : (Math.min(until, turnEndsAt) as Instant);
      if (helpAt !== null) yield helpAt;
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
