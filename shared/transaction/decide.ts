/**
 * The outcome of a transaction, as a function of its votes alone (parallel commits, CockroachDB 2019).
 *
 * Votes never change, and this is the only place that decides over them: the anchor's leader that tells a client, and
 * every later one that recovers, come to the same outcome and the same answer (T3). For that it reads no clock and
 * nothing that a deployment may set; old code and new must agree on the votes that stand, so whoever changes a rule or
 * a limit here gives the record a version. A failed condition is told as its participant found it, by revision (T6).
 */
import { assert } from "../assert.ts";
import { TRANSACTION_ANSWER_BYTES_MAX } from "../limits.ts";
import type { TransactionAnswer, TransactionFault, TransactionResult } from "./effects.ts";
import type { Vote } from "./request.ts";

export type Decision =
  | { readonly status: "committed"; readonly answer: TransactionAnswer }
  /** A condition failed somewhere: the other branch's reads are the answer, and nothing is written. */
  | { readonly status: "else"; readonly answer: TransactionAnswer }
  | { readonly status: "aborted"; readonly fault: TransactionFault };

/**
 * @param votes of every participant, the anchor's first: of several faults the first vote's is told. Positions in them
 * are those of the whole transaction.
 */
export function decide(votes: readonly Vote[]): Decision {
  assertOneAttempt(votes);
  const failed = votes.flatMap((vote) => vote.failed).sort((a, b) => a.condition - b.condition);
  if (failed.length > 0) {
    const named = failed.every(({ key, revision }) => key !== "" && revision !== undefined);
    assert(named, "T6", "a failed condition is told without its revision", failed, "a revision");
    if (votes.some((vote) => vote.otherwiseTooLarge))
      return { status: "aborted", fault: TOO_LARGE };
    const results = inOrder(votes.flatMap((vote) => vote.otherwise));
    return bounded({ status: "else", answer: { succeeded: false, failed, results } });
  }
  // Only now: where a condition fails elsewhere, the operation that cannot run would not have been run.
  for (const { fault } of votes) if (fault !== null) return { status: "aborted", fault };
  const results = inOrder(votes.flatMap((vote) => vote.results));
  return bounded({ status: "committed", answer: { succeeded: true, failed, results } });
}

/** A participant's results alone are more than is kept of an answer. */
export const TOO_LARGE: TransactionFault = {
  code: "too-large",
  detail: `the values of a transaction's answer are more than ${TRANSACTION_ANSWER_BYTES_MAX} bytes in all`,
};

function assertOneAttempt(votes: readonly Vote[]): void {
  const [first] = votes;
  const attempts = votes.map(({ id, attempt }) => ({ id, attempt }));
  assert(
    first !== undefined &&
      votes.every((vote) => vote.id === first.id && vote.attempt === first.attempt),
    "T3",
    "an outcome follows from the votes of one attempt",
    attempts,
    attempts[0] ?? "at least one vote",
  );
}

const inOrder = (results: readonly TransactionResult[]): TransactionResult[] =>
  [...results].sort((a, b) => a.at - b.at);

/** The decision, unless its answer is larger than what is kept of an answer. */
function bounded(decision: Exclude<Decision, { status: "aborted" }>): Decision {
  let bytes = 0;
  for (const { value } of decision.answer.results) bytes += value?.bytes.byteLength ?? 0;
  if (bytes <= TRANSACTION_ANSWER_BYTES_MAX) return decision;
  const detail = `the values of a transaction's answer are ${bytes} bytes, more than ${TRANSACTION_ANSWER_BYTES_MAX} in all`;
  return { status: "aborted", fault: { code: "too-large", detail } };
}
