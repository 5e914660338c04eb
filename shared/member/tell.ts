/** An outcome, as each of those who wait for it is told. */
import type { OutcomeEffect, TransactionAnswer, TransactionFault } from "../transaction/effects.ts";
import type { Seen } from "../transaction/request.ts";
import type { Coordination, Waiter } from "./coordination.ts";
import type { Output } from "./output.ts";
import { receipt } from "./read.ts";
import type { Answer } from "./request.ts";
import type { MemberState } from "./state.ts";

export const CONFLICT: TransactionFault = {
  code: "transaction-conflict",
  detail: "other transactions held its keys until its deadline; it was aborted",
};

/** The client hears that it is committed. That rests on durable votes alone. */
export function tellCommitted(
  state: MemberState,
  c: Coordination,
  answer: TransactionAnswer,
  output: Output,
): void {
  for (const { asker, as } of c.waiters) {
    if (as.type !== "client") continue;
    output.answers.push({ slot: asker.slot, answer: transacted(state, c, answer, as.replayed) });
  }
  c.waiters = c.waiters.filter(({ as }) => as.type !== "client");
}

function transacted(
  state: MemberState,
  c: Coordination,
  answer: TransactionAnswer,
  replayed: boolean,
): Answer {
  const seen: Seen[] = [{ group: state.group, index: c.recordIndex }];
  for (const [group, { index }] of c.votes) seen.push({ group, index });
  return {
    type: "transacted",
    id: c.id,
    answer,
    seen,
    replayed,
    trace: c.trace === null ? [] : [...c.trace],
    receipt: receipt(state, c.recordIndex, c.rows),
  };
}

export function tellWaiter(
  state: MemberState,
  c: Coordination,
  { asker, as }: Waiter,
  effect: OutcomeEffect,
  output: Output,
): void {
  const { slot } = asker;
  const { self: leader } = state.raft.config;
  const again = as.type === "client" && as.replayed && effect.answer === null;
  if (as.type === "bystander" || again) {
    // Decided is the request that first came with the key; this one has an id of its own, and may be tried yet.
    output.answers.push({ slot, answer: { type: "redirected", leader } });
  } else if (as.type === "client") {
    const answer =
      effect.answer === null
        ? refusal(effect.fault)
        : transacted(state, c, effect.answer, as.replayed);
    output.answers.push({ slot, answer });
  } else {
    output.answers.push({ slot, answer: outcomeFor(state, effect, as) });
  }
}

/** A durable outcome, as whoever asks for it is told. */
export function outcomeFor(
  state: MemberState,
  effect: OutcomeEffect,
  as: Exclude<Waiter["as"], { type: "bystander" }>,
): Answer {
  const told = receipt(state, state.raft.commitIndex, 0);
  if (as.type === "participant") {
    const committed = effect.status === "committed" && effect.attempt === as.attempt;
    return {
      type: "outcome",
      vote: committed ? (effect.votes[as.group] ?? null) : null,
      receipt: told,
    };
  }
  if (as.type === "looker") {
    const { answer, fault } = effect;
    return {
      type: "looked-up",
      found: answer === null ? { status: "aborted", fault } : { status: "committed", answer },
      receipt: told,
    };
  }
  if (effect.answer === null) return refusal(effect.fault);
  return {
    type: "transacted",
    id: effect.id,
    answer: effect.answer,
    seen: Object.entries(effect.votes).map(([group, index]) => ({ group, index })),
    replayed: as.replayed,
    trace: [],
    receipt: told,
  };
}

export const refusal = (fault: TransactionFault | null): Answer => ({
  type: "refused",
  ...(fault ?? CONFLICT),
  final: true,
});
