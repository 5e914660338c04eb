/**
 * What a group's log says about one transaction: the fold of its entries, oldest first.
 *
 * An anchor's record and outcome, a participant's votes and refusals. What is not here may have been forgotten: a vote
 * once it is resolved and compacted, an outcome once it is behind the horizon.
 */
import type { Attempt, LogIndex } from "../types.ts";
import type { OutcomeEffect, RecordEffect, TransactionEffect, VoteEffect } from "./effects.ts";

interface Found<Effect> {
  readonly index: LogIndex;
  readonly effect: Effect;
}

export interface Facts {
  /** The record of the latest attempt. */
  record: Found<RecordEffect> | null;
  /** The outcome of the whole. */
  outcome: Found<OutcomeEffect> | null;
  /** The attempts aborted on the way to another one, each with its entry. */
  readonly aborted: Map<Attempt, Found<OutcomeEffect>>;
  readonly votes: Map<Attempt, Found<VoteEffect>>;
  readonly refusals: Map<Attempt, LogIndex>;
  /** The latest attempt that is heard of in any way; 0 where there is none. */
  latest: Attempt;
}

const NO_ATTEMPT = 0 as Attempt;

export function factsOf(
  entries: readonly { readonly index: LogIndex; readonly effects: readonly TransactionEffect[] }[],
): Facts {
  const facts: Facts = {
    record: null,
    outcome: null,
    aborted: new Map(),
    votes: new Map(),
    refusals: new Map(),
    latest: NO_ATTEMPT,
  };
  for (const { index, effects } of entries) {
    for (const effect of effects) note(facts, index, effect);
  }
  return facts;
}

function note(facts: Facts, index: LogIndex, effect: TransactionEffect): void {
  if (effect.type === "horizon") return;
  const { attempt } = effect;
  if (attempt > facts.latest) facts.latest = attempt;
  switch (effect.type) {
    case "record":
      facts.record = { index, effect };
      break;
    case "vote":
      facts.votes.set(attempt, { index, effect });
      break;
    case "refusal":
      facts.refusals.set(attempt, index);
      break;
    case "outcome":
      if (effect.final) facts.outcome = { index, effect };
      else facts.aborted.set(attempt, { index, effect });
      break;
    case "resolve":
      break;
  }
}
