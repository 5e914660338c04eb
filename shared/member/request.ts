/**
 * What a Worker asks a group's leader, and what it answers: the service's inner contract.
 *
 * Requests and answers are plain data, for they cross between machines. Expected refusals are answers, never
 * exceptions: an exception's own properties do not survive the journey.
 */
import type { ErrorCode } from "../errors.ts";
import type { Term } from "../raft/term.ts";
import type {
  FailedCondition,
  Idempotency,
  OperationResult,
  StoredRecord,
} from "../store/entry.ts";
import type { KeyRange } from "../store/view.ts";
import type { LogIndex, Ms, Region, RequestId, Revision, Value } from "../types.ts";

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

export type Condition =
  | { readonly type: "exists"; readonly key: string; readonly exists: boolean }
  | {
      readonly type: "revision";
      readonly key: string;
      /** The condition holds when the key's revision is among these, or, negated, is not. */
      readonly among: readonly Revision[];
      readonly negated: boolean;
    };

export type Operation =
  | {
      readonly type: "put";
      readonly key: string;
      readonly value: Value;
      readonly ttlMs: Ms | null;
    }
  | { readonly type: "delete"; readonly key: string };

/** Conditions, and operations that take effect together if all of them hold. A single put is one such. */
export interface WriteRequest {
  readonly type: "write";
  readonly id: RequestId;
  /** True when another copy of this request may exist: a refusal is then recorded, lest the other one succeed. */
  readonly copy: boolean;
  readonly idempotency: Idempotency | null;
  readonly conditions: readonly Condition[];
  readonly operations: readonly Operation[];
}

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
  /** How long the caller still waits, from when the call was sent. */
  readonly deadlineMs: Ms;
  /** Members the caller could not reach; one that should lead is tried by the member asked. */
  readonly unreachable: readonly Region[];
}

/** What clients ask. */
export type GroupRequest = GetRequest | ListRequest | WriteRequest;

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
  | { readonly type: "refused"; readonly code: ErrorCode; readonly detail: string }
  | {
      /** This member does not lead: ask `leader`. A write may have been appended here, so it is a copy there. */
      readonly type: "redirected";
      readonly leader: Region;
    };

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
      readonly receipt: Receipt;
    }
  | { readonly type: "transferred"; readonly leader: Region }
  | Unserved;
