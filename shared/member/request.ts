/**
 * What a Worker asks a group's leader, and what it answers: the service's inner contract.
 *
 * Requests and answers are plain data, for they cross between machines. Expected refusals are answers, never
 * exceptions: an exception's own properties do not survive the journey.
 */
import type { ErrorCode } from "../errors.ts";
import type { LockRequest } from "../lock/request.ts";
import type { Term } from "../raft/term.ts";
import type { FeedEntry, FeedRequest, FeedState } from "../replica/feed.ts";
import type {
  FailedCondition,
  Idempotency,
  OperationResult,
  StoredRecord,
} from "../store/entry.ts";
import type { KeyRange } from "../store/view.ts";
import type { TransactionAnswer } from "../transaction/effects.ts";
import type {
  Condition,
  InquireRequest,
  LookUpRequest,
  Operation,
  PrepareRequest,
  ReadRequest,
  ResolveRequest,
  Seen,
  SettleRequest,
  TraceEvent,
  TransactionStatus,
  TransactRequest,
  ValidateRequest,
  Vote,
} from "../transaction/request.ts";
import type {
  Attempt,
  LogIndex,
  Ms,
  Region,
  RequestId,
  Revision,
  TransactionId,
} from "../types.ts";
import type { Position } from "../watch/position.ts";
import type { WatchRequest } from "./watch.ts";

/** The group a call is for. Named in every call: a woken object may not know its own name. */
export interface GroupRef {
  readonly namespace: string;
  readonly group: string;
  /** The members' regions, fixed when the namespace was created. The first is the group's first leader. */
  readonly members: readonly Region[];
  /** The member this call is for. */
  readonly self: Region;
  /** How long superseded revisions stay readable. */
  readonly historyMs: Ms;
  /** Where the namespace has replicas; left out where it has none. */
  readonly replicas?: readonly Region[];
}

/** One key at the leader: at its commit index, or as it was at an earlier revision. */
export interface GetRequest {
  readonly type: "get";
  readonly key: string;
  readonly revision: Revision | null;
}

export interface ListRequest {
  readonly type: "list";
  readonly range: KeyRange;
  /** False where the records shall come without their bytes; they come with them otherwise. */
  readonly values?: boolean;
}

/** Conditions, and operations that take effect together if all of them hold. A single put is one such. */
export interface WriteRequest {
  readonly type: "write";
  readonly id: RequestId;
  /** True when another copy of this request may exist: a refusal is then recorded, lest the other one succeed. */
  readonly copy: boolean;
  readonly idempotency: Idempotency | null;
  readonly conditions: readonly WriteCondition[];
  readonly operations: readonly WriteOperation[];
}

/** What a plain write of keys may be conditional on, and do. */
export type WriteCondition = Extract<Condition, { type: "exists" | "revision" }>;
export type WriteOperation = Extract<Operation, { type: "put" | "delete" }>;

/** What the group looks like, for an operator. */
export interface DescribeRequest {
  readonly type: "describe";
}

/** Hands leadership over to another member. */
export interface TransferRequest {
  readonly type: "transfer";
  readonly to: Region;
}

/** Who asks, beside what is asked. */
export interface Caller {
  /** The member nearest to whom the request comes from, where known: leaders move to where their requests are. */
  readonly nearest?: Region;
  /** True where nobody shares the call, so that a request in it may wait for a transaction's outcome. */
  readonly alone?: boolean;
  /** How long the caller still waits, from when the call was sent. */
  readonly deadlineMs: Ms;
  /** Members the caller could not reach; one that should lead is tried by the member asked. */
  readonly unreachable: readonly Region[];
}

/** What clients ask, and leaders of other groups. */
export type GroupRequest =
  | GetRequest
  | ListRequest
  | ReadRequest
  | ValidateRequest
  | FeedRequest
  | WatchRequest
  | WriteRequest
  | LockRequest
  | TransactRequest
  | LookUpRequest
  | PrepareRequest
  | SettleRequest
  | ResolveRequest
  | InquireRequest;

/** What operators ask. */
export type OperatorRequest = DescribeRequest | TransferRequest;

export interface MemberDescription {
  readonly region: Region;
  readonly role: "leader" | "follower";
  /** The last index it is known to hold as the leader does. */
  readonly lastIndex: LogIndex;
  readonly commitIndex: LogIndex;
  /** Whether it answered within the last lease. */
  readonly reachable: boolean;
}

/** A transaction that is in doubt in a group. */
export interface InDoubt {
  readonly id: TransactionId;
  readonly attempt: Attempt;
  /** How long ago it voted. */
  readonly ageMs: Ms;
  readonly keys: readonly string[];
}

/** What every answer rests on. */
export interface Receipt {
  readonly term: Term;
  /** The index of the log the answer is as of. */
  readonly index: LogIndex;
  /** Rows this request wrote at the leader. */
  readonly rows: number;
}

export type Answer =
  | { readonly type: "record"; readonly record: StoredRecord | null; readonly receipt: Receipt }
  | {
      readonly type: "records";
      readonly records: readonly StoredRecord[];
      /** True where there are further keys in the range. */
      readonly more: boolean;
      readonly receipt: Receipt;
    }
  | {
      /** The keys asked for, each in its place. */
      readonly type: "read";
      readonly records: readonly (StoredRecord | null)[];
      readonly receipt: Receipt;
    }
  | {
      /** What a replica asked for: entries, or part of the state. */
      readonly type: "fed";
      readonly entries: readonly FeedEntry[];
      readonly state: FeedState | null;
      readonly commitIndex: LogIndex;
      readonly receipt: Receipt;
    }
  /** A watch may begin behind this position. */
  | { readonly type: "watching"; readonly position: Position; readonly receipt: Receipt }
  | { readonly type: "validated"; readonly moved: boolean; readonly receipt: Receipt }
  | {
      readonly type: "transacted";
      /** That of the first request, where this is its answer told again. */
      readonly id: TransactionId;
      readonly answer: TransactionAnswer;
      readonly seen: readonly Seen[];
      readonly replayed: boolean;
      /** With `explain` only, else empty. */
      readonly trace: readonly TraceEvent[];
      readonly receipt: Receipt;
    }
  | { readonly type: "looked-up"; readonly found: TransactionStatus; readonly receipt: Receipt }
  | { readonly type: "voted"; readonly vote: Vote; readonly receipt: Receipt }
  /** A lock is held by an older transaction: this attempt must give way. Nothing was appended. */
  | { readonly type: "died"; readonly receipt: Receipt }
  /** The participant durably refuses to vote in the attempt. */
  | { readonly type: "vote-refused"; readonly receipt: Receipt }
  /** The participant has durably heard the outcome. */
  | { readonly type: "resolved"; readonly receipt: Receipt }
  /** The outcome for the participant that inquired: the vote whose intents take effect, or null. */
  | { readonly type: "outcome"; readonly vote: LogIndex | null; readonly receipt: Receipt }
  | {
      readonly type: "written";
      readonly results: readonly OperationResult[];
      /** True when this is the first answer to the request's idempotency key, told again. */
      readonly replayed: boolean;
      readonly receipt: Receipt;
    }
  | {
      readonly type: "failed";
      readonly failed: readonly FailedCondition[];
      readonly replayed: boolean;
      readonly receipt: Receipt;
    }
  | Unserved;

/** An answer that says why there is none. */
export type Unserved =
  | {
      readonly type: "refused";
      readonly code: ErrorCode;
      readonly detail: string;
      /** True where it is the durable outcome of a transaction: no copy can come to another one. */
      readonly final?: boolean;
    }
  | {
      /** This member does not lead: ask `leader`. A write may have been appended here, so it is a copy there. */
      readonly type: "redirected";
      readonly leader: Region;
    }
  /** It waits for a lock: asked again at once, under the same id, it keeps its place. Nothing was appended. */
  | { readonly type: "queued"; readonly copy: boolean }
  /**
   * It would have to wait for others, and shares its call: it is to be asked in a call of its own. `copy`, here as with
   * `queued`, says that somebody on its way has passed on another copy of it.
   */
  | { readonly type: "crowded"; readonly copy: boolean };

/** What a member is asked, by either. */
export type AnyRequest = GroupRequest | OperatorRequest;

/** What it answers to either. */
export type AnyAnswer = Answer | OperatorAnswer;

export type OperatorAnswer =
  | {
      readonly type: "described";
      readonly leader: Region;
      /** How long the lease still holds. */
      readonly leaseMs: Ms;
      readonly members: readonly MemberDescription[];
      /** Transactions that have voted here and whose outcome this group has not heard. */
      readonly inDoubt: readonly InDoubt[];
      readonly receipt: Receipt;
    }
  | { readonly type: "transferred"; readonly leader: Region }
  | Unserved;
