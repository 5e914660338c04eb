/**
 * A transaction as its anchor's leader keeps it in memory, from its record to the last acknowledgement of its outcome.
 *
 * All of it can be found out again: what is durable stands in the logs, and whoever waits asks anew.
 */
import type { OutcomeEffect, RecordEffect } from "../transaction/effects.ts";
import type { GroupPart, TraceEvent, TransactRequest, Vote } from "../transaction/request.ts";
import {
  type Attempt,
  addMs,
  type Instant,
  type LogIndex,
  msBetween,
  type TransactionId,
} from "../types.ts";
import type { Asker, MemberState } from "./state.ts";

/** Who waits for the outcome, and how it is told to them. */
export interface Waiter {
  readonly asker: Asker;
  /** A client whose request it is, one that looks it up, or a participant. */
  readonly as:
    | { readonly type: "client"; readonly replayed: boolean }
    /** One whose idempotency key is in use: it asks again once that is decided. */
    | { readonly type: "bystander" }
    | { readonly type: "looker" }
    | { readonly type: "participant"; readonly group: string; readonly attempt: Attempt };
}

export interface Outcome {
  readonly index: LogIndex;
  readonly effect: OutcomeEffect;
}

export interface Coordination {
  readonly id: TransactionId;
  attempt: Attempt;
  /**
   * `prepare` by the life that appended the attempt's record: it may abort on an answer that is not durable. `settle`
   * by any later one: it asks what was voted. `pause` between two attempts.
   */
  stage: "prepare" | "settle" | "pause";
  /** The whole request, where a client has brought it; without it there is no further attempt. */
  parts: readonly GroupPart[] | null;
  record: RecordEffect;
  /** Where the record and this group's own vote stand. */
  recordIndex: LogIndex;
  own: Vote;
  /** What the other participants voted. */
  readonly votes: Map<string, Vote>;
  /** Participants that do not vote in this attempt. */
  readonly without: Set<string>;
  /** One that could not be reached until the deadline. */
  silent: string | null;
  /** Undecided by then, it is aborted. */
  deadline: Instant;
  waiters: Waiter[];
  /** Once it is in the log. */
  outcome: Outcome | null;
  /** Whether the participants were sent the outcome. */
  resolving: boolean;
  /** Who is still to acknowledge it. */
  readonly unheard: Set<string>;
  /** False once one of them has not acknowledged it in time. */
  allHeard: boolean;
  /** The end of the pause. */
  nextAttemptAt: Instant;
  /** The vote in the next attempt's way, and the version of the open votes when it was found; null where none is. */
  waitsBehind: LogIndex | null;
  waitsSince: string;
  readonly startedAt: Instant;
  /** Rows its record and votes wrote at the groups' leaders. */
  rows: number;
  /** Kept where its client wants it explained. */
  trace: TraceEvent[] | null;
}

/** A coordination that has heard nothing yet. */
export function newCoordination(
  stage: "prepare" | "settle",
  record: RecordEffect,
  own: Vote,
  deadline: Instant,
  now: Instant,
): Coordination {
  return {
    id: record.id,
    attempt: record.attempt,
    stage,
    parts: null,
    record,
    recordIndex: own.index,
    own,
    votes: new Map(),
    without: new Set(),
    silent: null,
    deadline,
    waiters: [],
    outcome: null,
    resolving: false,
    unheard: new Set(),
    allHeard: true,
    nextAttemptAt: now,
    waitsBehind: null,
    waitsSince: "",
    startedAt: now,
    rows: 0,
    trace: null,
  };
}

/** A copy of the client's request: it waits for the same outcome, and brings what another attempt needs. */
export function join(
  c: Coordination,
  request: TransactRequest,
  asker: Asker,
  replayed: boolean,
  now: Instant,
): void {
  c.waiters.push({ asker, as: { type: "client", replayed } });
  if (c.parts === null) {
    c.parts = request.parts;
    c.deadline = addMs(now, request.deadlineMs);
  }
}

/** For `explain`: what happened, where, and when. */
export function note(c: Coordination, event: string, group: string, now: Instant): void {
  c.trace?.push({ atMs: msBetween(c.startedAt, now), event, group });
}

/** When a coordination must be looked at although nothing was heard. */
export function* coordinationTimes({ coordinations }: MemberState): Iterable<Instant> {
  for (const c of coordinations.values()) {
    if (c.outcome === null) yield c.deadline;
    if (c.outcome === null && c.stage === "pause") yield c.nextAttemptAt;
    for (const { asker } of c.waiters) yield asker.deadline;
  }
}
