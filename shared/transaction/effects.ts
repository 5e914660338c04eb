/**
 * What an entry of the log does to transactions. Source: DESIGN.md §6; docs/protocols/transaction.md.
 *
 * The entries that carry these have the transaction's id as their request. All of an entry's effects take place at
 * once and in this order: what a `resolve` releases is free for a `vote` behind it.
 */
import type { ErrorCode } from "../errors.ts";
import type { FailedCondition, Idempotency } from "../store/entry.ts";
import type { Attempt, Instant, LogIndex, Revision, TransactionId, Value } from "../types.ts";

interface OfAttempt {
  readonly id: TransactionId;
  readonly attempt: Attempt;
}

/** The anchor takes the attempt on. In the same entry as its own vote. */
export interface RecordEffect extends OfAttempt {
  readonly type: "record";
  /** The groups that take part beside the anchor. */
  readonly participants: readonly string[];
  /** Found by it while there is no outcome yet. */
  readonly idempotency: Idempotency | null;
}

/** A key that a participant locks until the outcome, to read or to write it. */
export interface Lock {
  readonly key: string;
  readonly write: boolean;
}

/** What one operation did at a participant, without the value: that stands in `records` at this key and revision. */
export interface ResultMark {
  /** The operation's position among those of its transaction. */
  readonly at: number;
  readonly op: "put" | "delete" | "get" | "add" | "append";
  readonly key: string;
  /** What was written or read; null where the key is absent, or there was nothing to delete. */
  readonly revision: Revision | null;
}

/** Why a transaction that would otherwise have run cannot: a sum out of range, a value that is no list. */
export interface TransactionFault {
  readonly code: ErrorCode;
  readonly detail: string;
}

/** A participant's durable answer to a prepare. The entry's effects are its intents. */
export interface VoteEffect extends OfAttempt {
  readonly type: "vote";
  readonly locks: readonly Lock[];
  /** The conditions of this participant that do not hold; its intents are empty where there are any. */
  readonly failed: readonly FailedCondition[];
  /** Its conditions hold, but its operations cannot run; its intents are empty then. */
  readonly fault: TransactionFault | null;
  /** Empty where a condition fails or there is a fault. */
  readonly results: readonly ResultMark[];
  /** The reads of `else`, as of the same instant; empty where they are too large for an answer. */
  readonly otherwise: readonly ResultMark[];
  /** Left out unless they are: a transaction whose conditions fail is aborted then. */
  readonly otherwiseTooLarge?: true;
  /** From then on, on this participant's clock, its alarm asks for the outcome. */
  readonly recoverAt: Instant;
}

/** A participant's durable word that it will never vote in this attempt. */
export interface RefusalEffect extends OfAttempt {
  readonly type: "refusal";
}

/** A participant hears the outcome: the intents of the vote at `vote` take effect, or are dropped. */
export interface ResolveEffect extends OfAttempt {
  readonly type: "resolve";
  readonly vote: LogIndex;
  readonly committed: boolean;
}

/** What one operation came to. */
export interface TransactionResult extends ResultMark {
  /** Of what was read, added or appended; left out for the others and where the key is absent. */
  readonly value?: Value;
}

/** What a transaction's client is told. */
export interface TransactionAnswer {
  readonly succeeded: boolean;
  /** Empty where it succeeded. */
  readonly failed: readonly FailedCondition[];
  /** Of the operations that ran, in their order. */
  readonly results: readonly TransactionResult[];
}

/**
 * The outcome at the anchor. `else` is one that ran the other branch: its votes' intents are dropped as those of an
 * aborted one are.
 */
export interface OutcomeEffect extends OfAttempt {
  readonly type: "outcome";
  readonly status: "committed" | "else" | "aborted";
  /** False where only this attempt is aborted, and another one may follow. */
  readonly final: boolean;
  /** The index of each participant's vote, the anchor's own included, where it is known. */
  readonly votes: Readonly<Record<string, LogIndex>>;
  /** Null where it is aborted. */
  readonly answer: TransactionAnswer | null;
  /** Why it is aborted; null where it is not. */
  readonly fault: TransactionFault | null;
}

/**
 * The anchor takes no record any more of a transaction made at `through` or before, and has forgotten the outcomes of
 * those among the entries up to `upTo`. One whose outcome came later, or is still to come, is not forgotten by it.
 */
export interface HorizonEffect {
  readonly type: "horizon";
  readonly through: Instant;
  readonly upTo: LogIndex;
}

export type TransactionEffect =
  | RecordEffect
  | VoteEffect
  | RefusalEffect
  | ResolveEffect
  | OutcomeEffect
  | HorizonEffect;
