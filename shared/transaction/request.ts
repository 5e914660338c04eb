/**
 * What a transaction asks, and what is asked about it: of an anchor by Workers, of each other by leaders.
 *
 * All of it is plain data, as in member/request.ts, and every request may come twice, late, or not at all.
 */
import type { FencingToken } from "../lock/lock.ts";
import type { Idempotency } from "../store/entry.ts";
import type {
  Attempt,
  Json,
  LogIndex,
  Ms,
  RequestId,
  Revision,
  TransactionId,
  Value,
} from "../types.ts";
import type {
  TransactionAnswer,
  TransactionFault,
  TransactionResult,
  VoteEffect,
} from "./effects.ts";

export type Condition =
  | { readonly type: "exists"; readonly key: string; readonly exists: boolean }
  | {
      readonly type: "revision";
      readonly key: string;
      /** The condition holds when the key's revision is among these, or, negated, is not. */
      readonly among: readonly Revision[];
      readonly negated: boolean;
    }
  /** The value is a JSON number, and at least this. */
  | { readonly type: "at-least"; readonly key: string; readonly least: number }
  /** The value is this JSON, or, where it is text, this string. */
  | { readonly type: "equals"; readonly key: string; readonly value: Json }
  /** The lock is held under this token; its key is internal. */
  | { readonly type: "held"; readonly key: string; readonly token: FencingToken };

export interface GetOperation {
  readonly type: "get";
  readonly key: string;
}

export type Operation =
  | {
      readonly type: "put";
      readonly key: string;
      readonly value: Value;
      readonly ttlMs: Ms | null;
    }
  | { readonly type: "delete"; readonly key: string }
  | GetOperation
  /** Adds to a JSON safe integer; an absent key counts as 0. */
  | { readonly type: "add"; readonly key: string; readonly by: number }
  /** Adds to the end of a JSON array; an absent key counts as empty. */
  | { readonly type: "append"; readonly key: string; readonly values: readonly Json[] };

/** The part of a transaction that concerns one group, and where each of its steps stands in the whole. */
export interface Part {
  readonly conditions: readonly Condition[];
  readonly operations: readonly Operation[];
  readonly otherwise: readonly GetOperation[];
  readonly at: {
    readonly conditions: readonly number[];
    readonly operations: readonly number[];
    readonly otherwise: readonly number[];
  };
}

export interface GroupPart extends Part {
  readonly group: string;
}

/** A transaction, for its anchor. */
export interface TransactRequest {
  readonly type: "transact";
  readonly id: TransactionId;
  /** True when another copy of this request may exist. */
  readonly copy: boolean;
  readonly idempotency: Idempotency | null;
  /** One for each group; the anchor's first. */
  readonly parts: readonly GroupPart[];
  /** From when the request is sent until it is aborted, should it not be decided by then. */
  readonly deadlineMs: Ms;
  readonly explain: boolean;
}

/** The first phase: lock, evaluate, vote. */
export interface PrepareRequest {
  readonly type: "prepare";
  readonly id: TransactionId;
  readonly attempt: Attempt;
  readonly part: Part;
  readonly deadlineMs: Ms;
}

/** Asked by a later leader of the anchor: a participant that has not voted in the attempt refuses to, for ever. */
export interface SettleRequest {
  readonly type: "settle";
  readonly id: TransactionId;
  readonly attempt: Attempt;
}

/** The outcome, for a participant. */
export interface ResolveRequest {
  readonly type: "resolve";
  readonly id: TransactionId;
  readonly attempt: Attempt;
  /** The vote whose intents take effect; null where all are dropped. */
  readonly vote: LogIndex | null;
}

/** Asked by a participant that has voted and hears nothing: the outcome, once there is one. */
export interface InquireRequest {
  readonly type: "inquire";
  readonly id: TransactionId;
  readonly attempt: Attempt;
  /** The participant that asks. */
  readonly group: string;
}

/** Asked by a client: how a transaction stands. */
export interface LookUpRequest {
  readonly type: "look-up";
  readonly id: TransactionId;
  /** Whether to finish its recovery first, and durably abort it where nobody knows it. */
  readonly settle: boolean;
}

/** Several keys of one group at one instant. */
export interface ReadRequest {
  readonly type: "read";
  readonly keys: readonly string[];
}

/** Whether any of the keys has changed since the group stood at an index. */
export interface ValidateRequest {
  readonly type: "validate";
  readonly keys: readonly string[];
  readonly since: LogIndex;
}

/** A participant's vote, as it is told. */
export interface Vote
  extends Pick<VoteEffect, "id" | "attempt" | "failed" | "fault" | "otherwiseTooLarge"> {
  readonly index: LogIndex;
  readonly results: readonly TransactionResult[];
  readonly otherwise: readonly TransactionResult[];
}

/** One message or durable write of a transaction, for `explain`. */
export interface TraceEvent {
  /** Since the anchor's leader took the transaction up. */
  readonly atMs: Ms;
  readonly event: string;
  readonly group: string;
}

/** Where a transaction's effects stand in a group, for its client's bookmark. */
export interface Seen {
  readonly group: string;
  readonly index: LogIndex;
}

/** What a look-up finds. */
export type TransactionStatus =
  | { readonly status: "committed"; readonly answer: TransactionAnswer }
  | { readonly status: "aborted"; readonly fault: TransactionFault | null }
  | { readonly status: "pending" };

/** The id of the entries and requests of a transaction. */
export const requestIdOf = (id: TransactionId): RequestId => id as string as RequestId;
