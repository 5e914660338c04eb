/**
 * Since when each group's copy is known to be current: when a request was *sent* that its leader answered under its
 * lease, and all of whose answer the copy holds (F3). What the queue brings proves nothing: nobody knows how long it was
 * under way. In memory only, since whoever wakes cannot know what it has missed.
 */
import { planted } from "../planted.ts";
import { type Instant, type Ms, ms, msBetween } from "../types.ts";

export class Proofs {
  readonly #driftBound: number;
  readonly #max: number;
  /** In the order in which they were last renewed. */
  readonly #since = new Map<string, Instant>();

  constructor(driftBound: number, max: number) {
    this.#driftBound = driftBound;
    this.#max = max;
  }

  /** The copy holds all that was committed at `sentAt`. */
  set(group: string, sentAt: Instant): void {
    const known = this.#since.get(group);
    this.#since.delete(group);
    this.#since.set(group, known === undefined || known < sentAt ? sentAt : known);
    if (this.#since.size <= this.#max) return;
    const [oldest] = this.#since.keys();
    if (oldest !== undefined) this.#since.delete(oldest);
  }

  /** Whether the copy is known to hold all that was committed at `at`. */
  isCurrentSince(group: string, at: Instant): boolean {
    const since = this.#since.get(group);
    return since !== undefined && since >= at;
  }

  /**
   * How old the copy can have been at most at `at`, in true time: this clock may be slow by the drift bound. Null where
   * nothing proves it.
   */
  age(group: string, at: Instant, now: Instant): Ms | null {
    const since = this.#since.get(group);
    if (since === undefined) return null;
    // A clock that was set back tells no duration.
    if (since > now) return null;
    const drift = planted("age-without-drift") ? 0 : this.#driftBound;
    return ms(Math.ceil(Math.max(0, msBetween(since, at)) / (1 - drift)));
  }
}
