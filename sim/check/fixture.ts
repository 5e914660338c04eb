/** Histories and logs written by hand, for the checkers' own tests. */
import type { Answer, WriteCondition, WriteRequest } from "../../shared/member/request.ts";
import type { Entry } from "../../shared/store/entry.ts";
import {
  type Block,
  type Incarnation,
  type Instant,
  logIndex,
  type Ms,
  type RequestId,
  type Wake,
} from "../../shared/types.ts";
import type { GroupLog } from "../archive.ts";
import type { Operation } from "../history.ts";
import type { KeyOperation } from "./register.ts";
import type { Report } from "./report.ts";

/** From when to when an operation went on; without an end nobody heard of it. */
export type Span = readonly [from: number, to?: number];

const between = ([from, to]: Span): { invokedAt: number; returnedAt: number } => ({
  invokedAt: from,
  returnedAt: to ?? Number.POSITIVE_INFINITY,
});

// --- one key's history

export function sees(span: Span, value: string | null, revision = 0): KeyOperation {
  const record = value === null ? null : { revision, value };
  return { number: 0, ...between(span), action: { type: "observe", record } };
}

type Write = Extract<KeyOperation["action"], { type: "write" }>;

export function writes(span: Span, write: Partial<Write>): KeyOperation {
  return {
    number: 0,
    ...between(span),
    action: { type: "write", conditions: [], change: null, outcome: null, ...write },
  };
}

/** A put that answered with its revision. */
export function puts(span: Span, value: string, revision: number, existed = true): KeyOperation {
  return writes(span, {
    change: { type: "put", value, mayExpireFrom: null },
    outcome: { succeeded: true, revision, existed },
  });
}

/** A put nobody heard of. */
export function mayPut(span: Span, value: string): KeyOperation {
  return writes(span, { change: { type: "put", value, mayExpireFrom: null } });
}

export function deletes(span: Span, revision: number, existed = true): KeyOperation {
  return writes(span, {
    change: { type: "delete" },
    outcome: { succeeded: true, revision, existed },
  });
}

// --- a group's history and log

const encoder = new TextEncoder();
const TERM = { block: 1 as Block, wake: 1 as Wake };

export const bytes = (text: string): Uint8Array => encoder.encode(text);

export function receipt(index: number, rows = 0) {
  return { term: TERM, index: logIndex(index), rows };
}

/** A write request that puts `value` at `key`. */
export function putRequest(
  id: string,
  key: string,
  value: string,
  changes: Partial<WriteRequest> = {},
): WriteRequest {
  return {
    type: "write",
    id: id as RequestId,
    copy: false,
    idempotency: null,
    conditions: [],
    operations: [
      {
        type: "put",
        key,
        value: { bytes: bytes(value), contentType: "text/plain" },
        ttlMs: null,
      },
    ],
    ...changes,
  };
}

export const absent = (key: string): WriteCondition => ({ type: "exists", key, exists: false });

export function operation(
  span: Span,
  request: Operation["request"],
  answer: Answer | null,
  changes: Partial<Operation> = {},
): Operation {
  return {
    number: 0,
    client: "client",
    group: "a",
    request,
    effect: request.type === "write" ? request.id : "read",
    ...between(span),
    answer,
    witness: null,
    ...changes,
  };
}

/** An answered put. */
export function answeredPut(
  span: Span,
  request: WriteRequest,
  index: number,
  created: boolean,
  changes: Partial<Operation> = {},
): Operation {
  const answer: Answer = {
    type: "written",
    results: [{ type: "put", created }],
    replayed: false,
    receipt: receipt(index, 2),
  };
  return operation(span, request, answer, changes);
}

export function answeredGet(
  span: Span,
  key: string,
  index: number,
  record: { readonly value: string; readonly revision: number; readonly expiresAt?: number } | null,
  revision: number | null = null,
): Operation {
  return operation(
    span,
    { type: "get", key, revision: revision === null ? null : logIndex(revision) },
    { type: "record", record: record && stored(key, record), receipt: receipt(index) },
  );
}

export function stored(
  key: string,
  record: { readonly value: string; readonly revision: number; readonly expiresAt?: number },
) {
  return {
    key,
    revision: logIndex(record.revision),
    value: { bytes: bytes(record.value), contentType: "text/plain" },
    expiresAt: (record.expiresAt ?? null) as Instant | null,
  };
}

/** The entry a put's request left. */
export function putEntry(
  index: number,
  request: WriteRequest,
  created: boolean,
  changes: Partial<Entry> = {},
): Entry {
  return {
    index: logIndex(index),
    term: TERM,
    at: (index * 1_000) as Instant,
    request: request.id,
    effects: request.operations.map((one) =>
      one.type === "put"
        ? { type: "put", key: one.key, value: one.value, expiresAt: expiry(index, one.ttlMs) }
        : { type: "delete", key: one.key, expired: false },
    ),
    outcome: { succeeded: true, results: [{ type: "put", created }] },
    idempotency: request.idempotency,
    ...changes,
  };
}

/** An entry that does what `changes` says, and nothing else. */
export const bareEntry = (
  index: number,
  request: string | null,
  changes: Partial<Entry> = {},
): Entry => ({
  index: logIndex(index),
  term: TERM,
  at: (index * 1_000) as Instant,
  request: request as RequestId | null,
  effects: [],
  outcome: null,
  idempotency: null,
  ...changes,
});

const expiry = (index: number, ttlMs: Ms | null): Instant | null =>
  ttlMs === null ? null : ((index * 1_000 + ttlMs) as Instant);

export function log(...entries: Entry[]): GroupLog {
  return { group: "a", entries, members: [entries] };
}

/** What a checker reports, as the properties it names. */
export function reported(check: (report: Report) => void): string[] {
  const properties: string[] = [];
  check((property) => properties.push(property));
  return properties;
}

export const life = (name: string): Incarnation => name as Incarnation;
