/**
 * Fetching from a group's leader what its copy lacks: the entries behind it, or the group's state where those are
 * compacted away (F2). One flight a group at a time, and whoever else wants the same waits for it.
 */
import { type Instant, type LogIndex, nextIndex } from "../types.ts";
import type { FeedRequest } from "./feed.ts";
import type { Journal } from "./journal.ts";
import { type Bill, type Fed, type Leaders, noBill } from "./leaders.ts";
import { STATE_RESTARTS_MAX } from "./limits.ts";
import type { Proofs } from "./proofs.ts";
import type { ReplicaStore } from "./store.ts";

/** Where the last part of a group's state ended. */
type Place = NonNullable<FeedRequest["state"]>;

export interface CatchUpParts {
  readonly store: ReplicaStore;
  readonly leaders: Leaders;
  readonly proofs: Proofs;
  readonly journal: Journal;
  readonly stateKeysMax: number;
  /** Entries of a group were applied, in the turn that is still going on. */
  applied(group: string): void;
}

export class CatchUp {
  readonly #parts: CatchUpParts;
  readonly #flights = new Map<string, Promise<void>>();

  constructor(parts: CatchUpParts) {
    this.#parts = parts;
  }

  /**
   * Fetches what a group's copy lacks, until `enough`, or until the leader has answered a request that was sent after
   * this call. What is enough must follow from the copy, or from what proves it current.
   *
   * @param bill what the calls are counted in, if this is who has them made; nothing where others have made them
   */
  async fetch(group: string, enough: () => boolean, bill: Bill = noBill()): Promise<void> {
    const earlier = this.#flights.get(group);
    if (earlier !== undefined) {
      await earlier;
      if (enough()) return;
    }
    await (this.#flights.get(group) ?? this.#begin(group, bill));
  }

  #begin(group: string, bill: Bill): Promise<void> {
    const flight = this.#fly(group, bill).finally(() => this.#flights.delete(group));
    this.#flights.set(group, flight);
    return flight;
  }

  /** Until the copy has what the leader's first answer said there is, or the leader is not found. */
  async #fly(group: string, bill: Bill): Promise<void> {
    const { store, journal, leaders, proofs, stateKeysMax: keysMax } = this.#parts;
    let place: Place | null = null;
    let goal: { index: LogIndex; sentAt: Instant } | null = null;
    let restarts = 0;
    for (;;) {
      const before = store.group(group).index;
      const request: FeedRequest = {
        type: "feed",
        from: nextIndex(before),
        state: place,
        keysMax,
      };
      const heard = await leaders.ask(group, request, bill);
      if (heard === null) return;
      const { answer, sentAt } = heard;
      goal ??= { index: answer.commitIndex, sentAt };
      const asked: Place | null = place;
      const next: Place | null = journal.turn(() => this.#take(group, answer, asked));
      const { index } = store.group(group);
      if (index >= answer.commitIndex) proofs.set(group, sentAt);
      else if (index >= goal.index) proofs.set(group, goal.sentAt);
      if (index >= goal.index) return;
      if (asked !== null && next !== null && next.index !== asked.index) restarts += 1;
      if (restarts > STATE_RESTARTS_MAX) return;
      if (index === before && !hasMoved(asked, next)) return;
      place = next;
    }
  }

  /** Takes an answer in. Gives where the state goes on, where it is not whole yet. */
  #take(group: string, { state, entries }: Fed, place: Place | null): Place | null {
    const { store, applied } = this.#parts;
    let changed = false;
    // Entries that came meanwhile may have overtaken it.
    if (state !== null && state.index > store.group(group).index) {
      const first = state.index !== place?.index;
      if (state.after !== null) {
        store.stage(group, state, first);
        return { index: state.index, after: state.after };
      }
      store.replace(group, state, first);
      changed = true;
    }
    if (store.apply(group, entries)) changed = true;
    if (changed) applied(group);
    return null;
  }
}

/** Whether the next part of a state is to be another one than was asked for. */
const hasMoved = (asked: Place | null, next: Place | null): boolean =>
  next !== null && (next.index !== asked?.index || next.after !== asked.after);
