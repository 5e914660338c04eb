/**
 * Transactions of one message: conditions, what takes effect if they all hold, and what is read if they do not.
 *
 * A builder is a value: each step gives another one, so that a part of a transaction can be shared. It has no method
 * `then`, which would make it a promise in the eyes of `await`: its branches are `do` and `else`.
 */
import type { TransactionResult } from "./api.ts";
import type { Condition, GetOperation, Operation, ResultsOf } from "./operations.ts";
import type { WriteCallOptions } from "./options.ts";
import type { Receipted } from "./receipt.ts";
import type { Scope } from "./scope.ts";
import { type Body, sendTransaction } from "./send-transaction.ts";
import { type FailedCondition, resultOf } from "./transaction-results.ts";

/** Each message and durable write of a transaction, in order. */
export type Trace = NonNullable<TransactionResult["trace"]>;

interface Outcome extends Receipted {
  /** Its outcome can be asked for by it, for a day. */
  readonly id: string;
  /** With `explain`. */
  readonly trace: Trace | null;
}

export type TransactionOutcome<
  Then extends readonly Operation[],
  Else extends readonly GetOperation[],
> =
  | (Outcome & { readonly succeeded: true; readonly results: ResultsOf<Then> })
  | (Outcome & {
      readonly succeeded: false;
      readonly results: ResultsOf<Else>;
      readonly failed: readonly FailedCondition[];
    });

export interface CommitOptions extends WriteCallOptions {
  /** How long the service tries while others hold the keys, up to 30 seconds; 5 by default. */
  readonly deadlineMs?: number | undefined;
  /** Whether the outcome comes with a `trace`. */
  readonly explain?: boolean | undefined;
}

export class Transaction<
  Then extends readonly Operation[] = readonly [],
  Else extends readonly GetOperation[] = readonly [],
> {
  readonly #scope: Scope;
  readonly #if: readonly Condition[];
  readonly #then: Then;
  readonly #else: Else;

  constructor(scope: Scope, conditions: readonly Condition[], then: Then, otherwise: Else) {
    this.#scope = scope;
    this.#if = conditions;
    this.#then = then;
    this.#else = otherwise;
  }

  /** Only if all of these hold as well. */
  if(...conditions: readonly Condition[]): Transaction<Then, Else> {
    return new Transaction(this.#scope, [...this.#if, ...conditions], this.#then, this.#else);
  }

  /** What takes effect together if all conditions hold. */
  do<const More extends readonly Operation[]>(
    ...operations: More
  ): Transaction<readonly [...Then, ...More], Else> {
    const then = [...this.#then, ...operations] as const;
    return new Transaction(this.#scope, this.#if, then, this.#else);
  }

  /** What is read, at the same instant, if one does not. */
  else<const More extends readonly GetOperation[]>(
    ...gets: More
  ): Transaction<Then, readonly [...Else, ...More]> {
    const otherwise = [...this.#else, ...gets] as const;
    return new Transaction(this.#scope, this.#if, this.#then, otherwise);
  }

  /**
   * Runs it. That a condition failed is an outcome, `succeeded: false`; an error says whether it is definite, and is so
   * unless even asking for the outcome came to nothing in time.
   */
  async commit(options: CommitOptions = {}): Promise<TransactionOutcome<Then, Else>> {
    const body: Body = {
      if: this.#if,
      then: this.#then,
      else: this.#else,
      explain: options.explain ?? false,
    };
    const { result, receipt } = await sendTransaction(this.#scope, body, options);
    const { id, succeeded, trace = null } = result;
    const steps: readonly Operation[] = succeeded ? this.#then : this.#else;
    const results = result.results.map((each, at) => resultOf(steps[at], each));
    const outcome = { id, results, trace, receipt };
    const whole = succeeded
      ? { ...outcome, succeeded }
      : { ...outcome, succeeded, failed: result.failed ?? [] };
    return whole as unknown as TransactionOutcome<Then, Else>;
  }
}
