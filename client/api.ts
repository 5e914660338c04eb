/**
 * The bodies of the HTTP API, as types.
 *
 * Made from shared/wire by `node scripts/generate-client-types.ts`. Change it there.
 */

export type ErrorCode =
  | "bad-request"
  | "unauthenticated"
  | "forbidden"
  | "key-not-found"
  | "namespace-not-found"
  | "transaction-not-found"
  | "not-found"
  | "method-not-allowed"
  | "not-acceptable"
  | "transaction-conflict"
  | "lock-held"
  | "lock-lost"
  | "namespace-exists"
  | "revision-compacted"
  | "transaction-too-old"
  | "precondition-failed"
  | "too-large"
  | "unsupported-media-type"
  | "idempotency-key-reused"
  | "too-many-requests"
  | "overloaded"
  | "internal"
  | "no-quorum"
  | "not-configured"
  | "deadline-exceeded";

export type Region =
  | "wnam"
  | "enam"
  | "sam"
  | "weur"
  | "eeur"
  | "apac"
  | "apac-ne"
  | "apac-se"
  | "oc"
  | "afr"
  | "me";

export type ConsistencyLevel = "strong" | "session" | "bounded" | "eventual";

export type Encoding = "json" | "text" | "base64";

export type Scope = "read" | "write" | "admin";

/** At most 128 conditions and operations together, over at most 32 groups. */
export interface Transaction {
  /** Conditions, all of which must hold for `then` to run. */
  readonly if?: readonly (KeyCondition | LockCondition | ElectionCondition)[] | undefined;
  /** What takes effect together. A key may be written once; a `get` sees what stands before it here. */
  readonly then?: readonly TransactionOperation[] | undefined;
  /** What is read where a condition fails. */
  readonly else?:
    | readonly {
        readonly op: "get";
        /** 1 to 512 bytes in UTF-8. */
        readonly key: string;
      }[]
    | undefined;
  /** After how many milliseconds it is given up, should contention last so long. Default: 5000. */
  readonly deadlineMs?: number | undefined;
  /** Whether the answer comes with a `trace`. */
  readonly explain?: boolean | undefined;
}

export interface KeyCondition {
  /** 1 to 512 bytes in UTF-8. */
  readonly key: string;
  /** The key is at this revision. */
  readonly revision?: number | undefined;
  /** The key exists, or does not. */
  readonly exists?: boolean | undefined;
  /** The value is a JSON number, and at least this. */
  readonly atLeast?: number | undefined;
  /** The value is this JSON, whatever the order of members; where it is text, this string. */
  readonly equals?: unknown;
}

/** The lock is still held under this token: whoever has lost it changes nothing any more. Its group takes part. */
export interface LockCondition {
  /** The lock's name. */
  readonly lock: string;
  /** The fencing token. */
  readonly token: number;
}

/** Whoever has this token still leads, as with a lock. */
export interface ElectionCondition {
  /** The election's name. */
  readonly election: string;
  /** The fencing token. */
  readonly token: number;
}

export type TransactionOperation =
  | {
      readonly op: "put";
      /** 1 to 512 bytes in UTF-8. */
      readonly key: string;
      /** As `encoding` says: any JSON, which is stored without blanks and with its numbers as doubles; a string; or base64 (RFC 4648 §4). */
      readonly value: unknown;
      readonly encoding?: Encoding | undefined;
      /** Default, by encoding: application/json, text/plain; charset=utf-8, application/octet-stream. */
      readonly contentType?: string | undefined;
      /** After how many milliseconds the key is gone again. */
      readonly ttlMs?: number | undefined;
    }
  | {
      readonly op: "delete";
      /** 1 to 512 bytes in UTF-8. */
      readonly key: string;
    }
  | {
      readonly op: "get";
      /** 1 to 512 bytes in UTF-8. */
      readonly key: string;
    }
  | {
      readonly op: "add";
      /** 1 to 512 bytes in UTF-8. */
      readonly key: string;
      /** Added to a JSON safe integer; a missing key counts as 0. The key keeps its time to live. */
      readonly by: number;
    }
  | {
      readonly op: "append";
      /** 1 to 512 bytes in UTF-8. */
      readonly key: string;
      /** Added to the end of a JSON array; a missing key counts as empty. The key keeps its time to live. */
      readonly values: readonly unknown[];
    };

export interface NamespaceSettings {
  /** Default: the regions of `HOLDFAST_REGIONS`. */
  readonly regions?: readonly Region[] | undefined;
  /** Default: `regions` and apac. */
  readonly replicaRegions?: readonly Region[] | undefined;
  /** Default: 600000. */
  readonly historyMs?: number | undefined;
  /** Read-only: the name in the path, where it is given. */
  readonly name?: string | undefined;
  /** Read-only: ignored. */
  readonly replicas?: readonly unknown[] | undefined;
}

export interface NewToken {
  readonly scopes: readonly Scope[];
  /** What a key has to start with; empty for any key. */
  readonly prefix?: string | undefined;
  /** When the token ceases to be valid: RFC 3339, or milliseconds since 1970. */
  readonly expiresAt?: string | number | null | undefined;
}

export interface HandOver {
  /** The member that shall lead. */
  readonly region: Region;
}

export interface PutResult {
  readonly key: string;
  /** The key's revision. */
  readonly revision: number;
  /** True where there was no such key before. */
  readonly created: boolean;
}

export interface DeleteResult {
  readonly key: string;
  /** The revision at which the key went; null where nothing was deleted. */
  readonly revision: number | null;
  /** False where there was nothing to delete. */
  readonly deleted: boolean;
}

export interface KeyList {
  readonly keys: readonly {
    readonly key: string;
    /** The key's revision. */
    readonly revision: number;
    /** With `values=true`: JSON, a string or base64, as `encoding` says. */
    readonly value?: unknown;
    readonly encoding?: Encoding | undefined;
    /** The media type as it was put. */
    readonly contentType?: string | undefined;
  }[];
  /** Where the next page starts; null on the last one. */
  readonly cursor: string | null;
}

export interface TransactionResult {
  /** The transaction: a ULID, a point, and the group that coordinates it. */
  readonly id: string;
  /** Whether all conditions held, so that `then` ran. */
  readonly succeeded: boolean;
  /** Of the operations that ran, in their order: `then`, or where it failed `else`. */
  readonly results: readonly {
    readonly op: "put" | "delete" | "get" | "add" | "append";
    readonly key: string;
    /** What was written or read; null where the key is absent, or there was nothing to delete. */
    readonly revision: number | null;
    /** Of `get`, `add` and `append`: JSON, a string or base64, as `encoding` says. Left out where the key is absent. */
    readonly value?: unknown;
    readonly encoding?: Encoding | undefined;
    /** The media type as it was put. */
    readonly contentType?: string | undefined;
  }[];
  /** Where it did not succeed: the conditions that failed it. */
  readonly failed?:
    | readonly {
        /** Its position in `if`. */
        readonly condition: number;
        /** The key, where it is one. */
        readonly key?: string | undefined;
        /** The lock's name, where it is one. */
        readonly lock?: string | undefined;
        /** The election's name, where it is one. */
        readonly election?: string | undefined;
        /** Of a lock or an election: the token under which it is held, null where nobody holds it. */
        readonly token?: number | null | undefined;
        /** The revision that failed it; null where the key was absent. */
        readonly revision: number | null;
      }[]
    | undefined;
  /** What the client has seen, as an answer's `Holdfast-Bookmark` said it. Opaque. */
  readonly bookmark: string;
  /** With `explain`: each message and durable write, in order. */
  readonly trace?:
    | readonly {
        /** Milliseconds since the transaction was taken up. */
        readonly atMs: number;
        readonly event: string;
        /** The participant. */
        readonly group: string;
      }[]
    | undefined;
}

export interface TransactionStatus {
  /** The transaction: a ULID, a point, and the group that coordinates it. */
  readonly id: string;
  /** `committed`: it ran, and the answer stands here, also where a condition failed. `aborted`: it has no effect and never will. `pending`: not decided yet. */
  readonly status: "committed" | "aborted" | "pending";
  /** Whether all conditions held, so that `then` ran. */
  readonly succeeded?: boolean | undefined;
  /** Of the operations that ran, in their order: `then`, or where it failed `else`. */
  readonly results?:
    | readonly {
        readonly op: "put" | "delete" | "get" | "add" | "append";
        readonly key: string;
        /** What was written or read; null where the key is absent, or there was nothing to delete. */
        readonly revision: number | null;
        /** Of `get`, `add` and `append`: JSON, a string or base64, as `encoding` says. Left out where the key is absent. */
        readonly value?: unknown;
        readonly encoding?: Encoding | undefined;
        /** The media type as it was put. */
        readonly contentType?: string | undefined;
      }[]
    | undefined;
  /** Where it did not succeed: the conditions that failed it. */
  readonly failed?:
    | readonly {
        /** Its position in `if`. */
        readonly condition: number;
        /** The key, where it is one. */
        readonly key?: string | undefined;
        /** The lock's name, where it is one. */
        readonly lock?: string | undefined;
        /** The election's name, where it is one. */
        readonly election?: string | undefined;
        /** Of a lock or an election: the token under which it is held, null where nobody holds it. */
        readonly token?: number | null | undefined;
        /** The revision that failed it; null where the key was absent. */
        readonly revision: number | null;
      }[]
    | undefined;
  /** Why it was aborted, where that is known. */
  readonly reason?:
    | {
        readonly code: string;
        readonly detail: string;
      }
    | undefined;
}

export interface Lock {
  readonly name: string;
  readonly holder: string;
  /** The fencing token. */
  readonly token: number;
  /** By when it has to be renewed, on the leader's clock. It passes on to another somewhat later, and after a failure of the leader later still; never earlier. */
  readonly expiresAt: string;
}

export interface Election {
  readonly name: string;
  readonly candidate: string;
  readonly value: unknown;
  /** The fencing token. */
  readonly token: number;
  /** By when it has to be renewed, on the leader's clock. It passes on to another somewhat later, and after a failure of the leader later still; never earlier. */
  readonly expiresAt: string;
}

export interface Group {
  readonly group: string;
  /** The leader's term, `block.wake`. */
  readonly term: string;
  readonly leader: Region;
  /** How long the leader may yet answer alone, in milliseconds. */
  readonly leaseMs: number;
  readonly members: readonly {
    readonly region: Region;
    readonly role: "leader" | "follower";
    /** The last index it is known to hold as the leader does. */
    readonly lastIndex: number;
    /** The last index of those that is known to be on a quorum. */
    readonly commitIndex: number;
    /** Whether it answered within the last lease. */
    readonly reachable: boolean;
  }[];
  /** How far each replica is. One that cannot be reached is left out. */
  readonly replicas: readonly {
    readonly region: Region;
    /** The last index it has. */
    readonly index: number;
    /** How long the oldest entry that it lacks has been there, in milliseconds; 0 where it lacks none. */
    readonly lagMs: number;
  }[];
  /** Transactions that are prepared and not yet resolved. */
  readonly inDoubt: readonly {
    /** The transaction: a ULID, a point, and the group that coordinates it. */
    readonly id: string;
    /** Which try at it this is. */
    readonly attempt: number;
    /** How long ago the group voted, in milliseconds. */
    readonly ageMs: number;
    /** The keys it locks here. */
    readonly keys: readonly string[];
  }[];
}

export interface Led {
  readonly group: string;
  readonly leader: Region;
}

export interface Namespace {
  /** The namespace. */
  readonly name: string;
  readonly regions: readonly Region[];
  readonly replicaRegions: readonly Region[];
  readonly historyMs: number;
}

export interface ShownNamespace {
  /** The namespace. */
  readonly name: string;
  readonly regions: readonly Region[];
  readonly replicaRegions: readonly Region[];
  readonly historyMs: number;
  /** How far each replica is. One that cannot be reached is left out. */
  readonly replicas: readonly {
    readonly region: Region;
    /** Groups it knows. */
    readonly groups: number;
    /** How much older its newest entry is than the newest that any replica has, in milliseconds; null where it has none yet. */
    readonly lagMs: number | null;
    /** False while it may lack groups that were written before it was there. */
    readonly filled: boolean;
  }[];
}

export interface Token {
  /** A ULID: sorts by the time the token was made. */
  readonly id: string;
  readonly scopes: readonly Scope[];
  readonly prefix: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
}

export interface CreatedToken {
  /** A ULID: sorts by the time the token was made. */
  readonly id: string;
  readonly scopes: readonly Scope[];
  readonly prefix: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  /** The token itself: shown this once, and kept nowhere. */
  readonly token: string;
}

export interface Tokens {
  readonly tokens: readonly Token[];
}

export interface RevokedToken {
  /** A ULID: sorts by the time the token was made. */
  readonly id: string;
  readonly revoked: true;
}

/** RFC 9457 problem details. */
export interface Problem {
  /** Where the code is explained, relative to the deployment. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What happened, for a reader. */
  readonly detail: string;
  /** The path that was asked for. */
  readonly instance: string;
  readonly code: ErrorCode;
  /** True: the request certainly had no effect. False: it may have had one. */
  readonly definite: boolean;
  /** Whether sending it again unchanged may succeed. */
  readonly retryable: boolean;
  /** Each fault of a malformed request: where, and what is wrong there. */
  readonly errors?:
    | readonly {
        readonly path: string;
        readonly message: string;
      }[]
    | undefined;
  readonly [member: string]: unknown;
}
