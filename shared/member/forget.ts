/**
 * Forgetting outcomes: a day after a transaction was made nobody may ask for it any more.
 *
 * A participant that has not heard a commit would be told "aborted" once it is forgotten, so every participant has
 * to have acknowledged it first. This life remembers which have; of the others the outcome is sent once more. It rides
 * on writes, as compaction does, so a group that nobody writes to forgets nothing and sends nothing (L3).
 */
import { OUTCOME_MS, RECOVERY_PAUSE_MS, RECOVERY_PAUSE_MS_MAX } from "../limits.ts";
import { planted } from "../planted.ts";
import { entryAtTail } from "../raft/leader.ts";
import type { OutcomeEffect } from "../transaction/effects.ts";
import { madeAt } from "../transaction/id.ts";
import { addMs, type Instant, type TransactionId } from "../types.ts";
import { sendErrand } from "./errands.ts";
import type { Output } from "./output.ts";
import type { MemberState } from "./state.ts";

/** Outcomes looked at in one turn, and of how many of them participants are asked. */
const OUTCOMES_MAX = 1_000;
const ASKED_MAX = 32;

/** Transactions remembered as heard by all; of older ones it is asked again. */
const HEARD_MAX = 50_000;

/** Every participant has acknowledged the outcome. */
export function noteHeard({ heard }: MemberState, id: TransactionId): void {
  heard.add(id);
  if (heard.size <= HEARD_MAX) return;
  for (const oldest of heard) {
    heard.delete(oldest);
    break;
  }
}

/** Moves the horizon over the oldest outcomes whose window is over, as far as all of their participants heard. */
export function forgetOutcomes(state: MemberState, now: Instant, output: Output): void {
  const { store, raft, tail } = state;
  if (raft.leadership === null || now < state.forgetAfter) return;
  state.forgetAfter = addMs(now, RECOVERY_PAUSE_MS);
  const over = (now - OUTCOME_MS) as Instant;
  const oldest = store.outcomesThrough(over, OUTCOMES_MAX);
  const [first] = oldest;
  if (first === undefined) return;
  // Times are those of the ids, in whole milliseconds: all that were made in one are forgotten together.
  const unheard = oldest.filter((effect) => missing(state, effect).length > 0);
  const kept = planted("outcome-forgotten-by-age") ? undefined : unheard[0];
  const beyond = kept ?? (oldest.length === OUTCOMES_MAX ? oldest.at(-1) : undefined);
  const through = beyond === undefined ? over : ((madeAt(beyond.id) - 1) as Instant);
  // A busy anchor forgets as fast as it writes.
  if (kept === undefined && beyond !== undefined) state.forgetAfter = now;
  else if (kept === undefined) state.forgetAfter = addMs(now, RECOVERY_PAUSE_MS_MAX);
  askWhoHasHeard(state, unheard.slice(0, ASKED_MAX), now, output);
  if (through < Math.max(madeAt(first.id), store.horizon)) return;
  tail.append(
    entryAtTail(raft.leadership, tail, now, {
      request: null,
      effects: [],
      outcome: null,
      idempotency: null,
      // What stands in the log was not looked at.
      transaction: [{ type: "horizon", through, upTo: store.baseIndex }],
    }),
  );
  for (const { id } of oldest) {
    if (madeAt(id) > through) continue;
    state.heard.delete(id);
    state.heardBy.delete(id);
  }
}

function askWhoHasHeard(
  state: MemberState,
  unheard: readonly OutcomeEffect[],
  now: Instant,
  output: Output,
): void {
  const deadline = addMs(now, RECOVERY_PAUSE_MS);
  for (const effect of unheard) {
    const { id, attempt, votes } = effect;
    for (const participant of missing(state, effect)) {
      const vote = votes[participant] ?? null;
      sendErrand(state, participant, { type: "resolve", id, attempt, vote }, deadline, now, output);
    }
  }
}

/** A participant has acknowledged an outcome that is about to be forgotten. */
export function onHeard({ heardBy }: MemberState, id: TransactionId, participant: string): void {
  const known = heardBy.get(id);
  if (known === undefined) heardBy.set(id, new Set([participant]));
  else known.add(participant);
}

/** Who may still have to hear that a transaction was committed. */
function missing(state: MemberState, { id, status, votes }: OutcomeEffect): string[] {
  if (status !== "committed" || state.heard.has(id)) return [];
  const heardBy = state.heardBy.get(id);
  return Object.keys(votes).filter((one) => one !== state.group && !heardBy?.has(one));
}
