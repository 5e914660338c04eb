/** What became of a transaction, by its id. */
import { bodyOf } from "./answer.ts";
import type { TransactionStatus } from "./api.ts";
import type { CallOptions } from "./options.ts";
import { type Receipt, type Receipted, receiptOf } from "./receipt.ts";
import { ask, type Scope } from "./scope.ts";
import { type FailedCondition, resultOf } from "./transaction-results.ts";
import { aboutOf, type Call } from "./transport.ts";

/** How a transaction stands. */
export type TransactionState = Receipted & { readonly id: string } & (
    | {
        readonly status: "committed";
        readonly succeeded: boolean;
        readonly results: readonly unknown[];
        readonly failed: readonly FailedCondition[];
      }
    | {
        readonly status: "aborted";
        /** Why, where that is known. */
        readonly reason: { readonly code: string; readonly detail: string } | null;
      }
    | { readonly status: "pending" }
  );

export class Transactions {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** How a transaction stands. Of one that nobody knows yet it is `transaction-not-found`. */
  get(id: string, options: CallOptions = {}): Promise<TransactionState> {
    return this.#state(id, { ...options, settle: false });
  }

  /** The same, never `pending` nor unknown: what is not committed by then never will be. */
  settle(id: string, options: CallOptions = {}): Promise<TransactionState> {
    return this.#state(id, { ...options, settle: true });
  }

  async #state(id: string, options: LookUpOptions): Promise<TransactionState> {
    const { status, receipt } = await lookUp(this.#scope, id, options);
    switch (status.status) {
      case "committed": {
        const { succeeded = false, results = [], failed = [] } = status;
        const decoded = results.map((each) => resultOf(undefined, each));
        return { id, status: "committed", succeeded, results: decoded, failed, receipt };
      }
      case "aborted":
        return { id, status: "aborted", reason: status.reason ?? null, receipt };
      case "pending":
        return { id, status: "pending", receipt };
    }
  }
}

interface LookUpOptions extends CallOptions {
  readonly settle: boolean;
}

export async function lookUp(
  scope: Scope,
  id: string,
  options: LookUpOptions,
): Promise<{ readonly status: TransactionStatus; readonly receipt: Receipt }> {
  const call: Call = {
    method: "GET",
    path: `${scope.namespace}/transactions/${encodeURIComponent(id)}`,
    query: { settle: options.settle ? true : undefined },
    hasDeadline: true,
    // To settle twice is to settle once.
    repeatable: options.settle ? "idempotent" : "read",
  };
  const answer = await ask(scope, call, options);
  const status = bodyOf<TransactionStatus>(answer, aboutOf(call));
  return { status, receipt: receiptOf(answer.headers) };
}
