/** What clients asked of transactions and were told of them: the history that the checkers take. */
import { type ErrorCode, errorDefinition } from "../../../shared/errors.ts";
import type { Answer } from "../../../shared/member/request.ts";
import type { TransactionAnswer } from "../../../shared/transaction/effects.ts";
import type { Whole } from "../../../shared/transaction/split.ts";
import type { TransactionId } from "../../../shared/types.ts";
import type { Time } from "../../timeline.ts";
import type { Transfer } from "./workload.ts";

/** A transaction that some client asked for. */
export interface AskedTransaction {
  readonly id: TransactionId;
  readonly name: string;
  /** Of those with the same effect, all repeats under one idempotency key, one may take effect. */
  readonly effect: string;
  readonly whole: Whole;
  readonly transfer: Transfer | null;
  readonly invokedAt: Time;
  /** Whether its anchor coordinates it; one that only reads is known to its client alone. */
  readonly coordinated: boolean;
}

/** What somebody was told of one. */
export interface Word {
  readonly id: TransactionId;
  readonly by: string;
  readonly askedAt: Time;
  readonly toldAt: Time;
  /** `refused`: it certainly had no effect and never will, but nobody need remember that. */
  readonly told: "committed" | "else" | "aborted" | "refused" | "pending" | "unknown-id";
  /** Null where it did not run. */
  readonly answer: TransactionAnswer | null;
}

/** What is told of a transaction only once that is durable. */
const REMEMBERED: ReadonlySet<ErrorCode> = new Set(["transaction-conflict", "too-large"]);

/** What the answer to a transaction's own request says of it; null where that is nothing. */
export function wordOfRequest(answer: Answer | null): Pick<Word, "told" | "answer"> | null {
  if (answer?.type === "transacted") {
    return { told: answer.answer.succeeded ? "committed" : "else", answer: answer.answer };
  }
  if (answer?.type !== "refused" || !errorDefinition(answer.code).definite) return null;
  return { told: REMEMBERED.has(answer.code) ? "aborted" : "refused", answer: null };
}

/** What a look-up says; null where that is nothing. */
export function wordOfLookUp(answer: Answer | null): Pick<Word, "told" | "answer"> | null {
  if (answer?.type === "refused" && answer.code === "transaction-not-found") {
    return { told: "unknown-id", answer: null };
  }
  if (answer?.type !== "looked-up") return null;
  const { found } = answer;
  if (found.status !== "committed") return { told: found.status, answer: null };
  return { told: found.answer.succeeded ? "committed" : "else", answer: found.answer };
}
