/** What is asked of a lock or an election: a write of one internal key, by the path of every other write. */
import type { Idempotency } from "../store/entry.ts";
import type { Condition, Operation } from "../transaction/request.ts";
import type { Ms, RequestId } from "../types.ts";

/** Acquires, renews or releases a lock; one condition and one operation, both on its key. */
export interface LockRequest {
  readonly type: "lock";
  readonly id: RequestId;
  /** True when another copy of this request may exist. */
  readonly copy: boolean;
  readonly idempotency: Idempotency | null;
  readonly conditions: readonly [HeldCondition | FreeCondition];
  readonly operations: readonly [LockOperation | Extract<Operation, { type: "delete" }>];
  /** How long it waits for the lock to be free. */
  readonly waitMs: Ms;
}

export type HeldCondition = Extract<Condition, { type: "held" }>;

/** The lock is free, or this holder's own. */
export interface FreeCondition {
  readonly type: "free";
  readonly key: string;
  readonly holder: string;
}

export type LockOperation =
  /** Grants it under a token of its own, to whoever holds it already as well: what it did before is fenced out. */
  | {
      readonly type: "grant";
      readonly key: string;
      readonly holder: string;
      readonly ttlMs: Ms;
      /** JSON text, or null. */
      readonly value: string | null;
    }
  /**
   * Its time to live begins anew: this one, or where it is null the one it has. `value` takes the place of the one before,
   * where it is given.
   */
  | {
      readonly type: "renew";
      readonly key: string;
      readonly ttlMs: Ms | null;
      readonly value?: string | null;
    };
