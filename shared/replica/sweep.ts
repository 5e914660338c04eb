/** Carries rounds out, a step for each alarm, and keeps where they are (rounds.ts). */
import { assert } from "../assert.ts";
import { planted } from "../planted.ts";
import type { Instant, Region } from "../types.ts";
import type { CatchUp } from "./catch-up.ts";
import type { Journal } from "./journal.ts";
import { ALARM_LATE_MS, FETCHES_AT_ONCE, ROUND_GROUPS } from "./limits.ts";
import { inParallel } from "./parallel.ts";
import type { ReplicaPorts } from "./ports.ts";
import type { GroupPageAnswer } from "./request.ts";
import { begin, newRounds, onApplied, onNews, onStep, type Rounds, type Step } from "./rounds.ts";
import type { ReplicaStore } from "./store.ts";

const ROUNDS = "rounds";

export interface SweepParts {
  readonly store: ReplicaStore;
  readonly journal: Journal;
  readonly catchUp: CatchUp;
  readonly ports: Pick<ReplicaPorts, "now" | "page">;
}

export class Sweep {
  readonly #parts: SweepParts;
  /** The other regions that have a replica. With none there is nobody to look at, and nothing is kept. */
  readonly #others: readonly Region[];
  #rounds: Rounds | null = null;
  #step: Promise<void> | null = null;
  /** What this life last set the alarm to. */
  #alarmAt = 0 as Instant;

  constructor(others: readonly Region[], parts: SweepParts) {
    this.#others = others;
    this.#parts = parts;
  }

  get filled(): boolean {
    return this.#others.length === 0 || (this.#rounds?.filled ?? false);
  }

  /** A call has come. The first one ever begins what is to be begun. */
  wake(now: Instant): void {
    if (this.#others.length === 0) return;
    const { store } = this.#parts;
    this.#rounds ??= store.meta<Rounds>(ROUNDS);
    if (this.#rounds === null) {
      this.#keep(newRounds(now), null);
      return;
    }
    // The platform gives an alarm up that failed too often.
    const { dueAt } = this.#rounds;
    if (dueAt === null || this.#step !== null) return;
    if (Math.max(dueAt, this.#alarmAt) + ALARM_LATE_MS < now) this.#arm(now);
  }

  /** Something was applied, in the turn that is going on. */
  applied(now: Instant): void {
    if (this.#rounds !== null) this.#keep(onApplied(this.#rounds, now), this.#rounds);
  }

  /** Another replica looks at this one, and has applied something. */
  heardOfNews(now: Instant): void {
    if (this.#rounds !== null) this.#keep(onNews(this.#rounds, now), this.#rounds);
  }

  /** The alarm rang. Resolves when the step that was due is done, but perhaps not durable. */
  alarm(now: Instant): Promise<void> {
    this.#step ??= this.#go(now).finally(() => {
      this.#step = null;
    });
    return this.#step;
  }

  async #go(now: Instant): Promise<void> {
    const { ports, journal } = this.#parts;
    const rounds = this.#rounds;
    if (rounds === null || rounds.dueAt === null) return;
    if (rounds.dueAt > now) {
      this.#arm(rounds.dueAt);
      return;
    }
    const begun = begin(rounds, this.#others);
    this.#rounds = begun;
    const [region] = begun.round.regions;
    const step = region === undefined ? null : await this.#look(region, begun);
    // What was applied while this went on has changed it.
    journal.turn(() => this.#keep(onStep(this.#rounds ?? begun, step, ports.now()), null));
  }

  /** Looks at a page of a region's groups, and fetches what is behind here. */
  async #look(region: Region, { round }: ReturnType<typeof begin>): Promise<Step | null> {
    const { store, catchUp, ports } = this.#parts;
    const request = { after: round.after, limit: ROUND_GROUPS, news: round.news };
    const page: GroupPageAnswer | null = await ports.page(region, request).catch(() => null);
    if (page === null) return null;
    let missed = false;
    const behind = page.groups.filter(
      ({ group, index }) => store.group(group).index < index && !planted("sweep-finds-nothing"),
    );
    await inParallel(behind, FETCHES_AT_ONCE, async ({ group, index }) => {
      const enough = () => store.group(group).index >= index;
      await catchUp.fetch(group, enough);
      if (!enough()) missed = true;
    });
    return { after: page.after, filled: page.filled, missed };
  }

  /** @param before what is kept already; null where it shall be written in any case. */
  #keep(rounds: Rounds, before: Rounds | null): void {
    this.#rounds = rounds;
    if (rounds === before) return;
    const { store } = this.#parts;
    // Whoever has something to do is woken for it.
    assert(
      rounds.dueAt !== null || (rounds.filled && !rounds.news && rounds.left === null),
      "F2",
      "a replica that may lack something has a round before it",
      rounds,
      null,
    );
    store.setMeta(ROUNDS, rounds);
    if (rounds.dueAt !== null && rounds.dueAt !== before?.dueAt) this.#arm(rounds.dueAt);
  }

  #arm(at: Instant): void {
    this.#alarmAt = at;
    this.#parts.journal.setAlarm(at);
  }
}
