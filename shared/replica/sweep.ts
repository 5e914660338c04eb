/**
 * What a replica does of its own accord, a step for each ring of its alarm: rounds through the other replicas
 * (rounds.ts) and a census of the leaders (census.ts). Keeps where both are. Owns F2, as far as no leader asks.
 */
import { assert } from "../assert.ts";
import { planted } from "../planted.ts";
import type { Instant, Region } from "../types.ts";
import type { CatchUp } from "./catch-up.ts";
import { beginWalk, type Census, type CensusStep, NO_CENSUS, onAsked, onHeard } from "./census.ts";
import type { Journal } from "./journal.ts";
import { ALARM_LATE_MS, FETCHES_AT_ONCE, type ReplicaLimits } from "./limits.ts";
import { inParallel } from "./parallel.ts";
import type { ReplicaPorts } from "./ports.ts";
import type { Proofs } from "./proofs.ts";
import type { GroupPageAnswer } from "./request.ts";
import { begin, newRounds, onApplied, onNews, onStep, type Rounds, type Step } from "./rounds.ts";
import type { ReplicaStore } from "./store.ts";

const KEPT = "sweep";

/** Who stores nothing yet. */
const FRESH: Kept = { version: 1, rounds: null, census: NO_CENSUS };

export interface SweepParts {
  readonly store: ReplicaStore;
  readonly journal: Journal;
  readonly catchUp: CatchUp;
  readonly proofs: Proofs;
  readonly limits: ReplicaLimits;
  readonly ports: Pick<ReplicaPorts, "now" | "page">;
}

/** What is kept of both; replaced as a whole. */
interface Kept {
  /** The layout of this. */
  readonly version: 1;
  /** Null where there is no other replica to look at. */
  readonly rounds: Rounds | null;
  readonly census: Census;
}

export class Sweep {
  readonly #parts: SweepParts;
  /** The other regions that have a replica. */
  readonly #others: readonly Region[];
  /** Null before the first call of this life. */
  #kept: Kept | null = null;
  #step: Promise<void> | null = null;
  /** Whether a step is under way: it sets the alarm as it ends, and where its life does not, the alarm rings again. */
  #stepping = false;
  /** What this life last set the alarm to. */
  #alarmAt = 0 as Instant;

  constructor(others: readonly Region[], parts: SweepParts) {
    this.#others = others;
    this.#parts = parts;
  }

  get filled(): boolean {
    return this.#others.length === 0 || (this.#kept?.rounds?.filled ?? false);
  }

  /** A call has come. The first one ever begins what is to be begun. */
  wake(now: Instant): void {
    this.#kept ??= this.#parts.store.meta<Kept>(KEPT) ?? FRESH;
    if (this.#kept.rounds === null && this.#others.length > 0) {
      this.#keep({ rounds: newRounds(now) });
      return;
    }
    // The platform gives an alarm up that failed too often.
    const dueAt = nextOf(this.#kept);
    if (dueAt === null || this.#stepping) return;
    if (Math.max(dueAt, this.#alarmAt) + ALARM_LATE_MS < now) this.#arm(now);
  }

  /** Something was applied, in the turn that is going on. */
  applied(now: Instant): void {
    if (this.#kept === null) return;
    const { rounds, census } = this.#kept;
    this.#keep({ rounds: rounds && onApplied(rounds, now), census: onHeard(census, now) });
  }

  /** Another replica looks at this one, and has applied something. */
  heardOfNews(now: Instant): void {
    const rounds = this.#kept?.rounds ?? null;
    if (rounds !== null) this.#keep({ rounds: onNews(rounds, now) });
  }

  /** The alarm rang. Resolves when the step that was due is done, but perhaps not durable. */
  alarm(now: Instant): Promise<void> {
    this.#step ??= this.#go(now).finally(() => {
      this.#step = null;
    });
    return this.#step;
  }

  async #go(now: Instant): Promise<void> {
    const { rounds, census } = this.#kept ?? FRESH;
    this.#stepping = true;
    try {
      if (rounds !== null && isDue(rounds, now)) await this.#goRound(rounds);
      else if (isDue(census, now)) await this.#goCensus(census, now);
    } finally {
      this.#stepping = false;
    }
    // The platform has forgotten the alarm that rang.
    const next = nextOf(this.#kept ?? FRESH);
    if (next !== null) this.#parts.journal.turn(() => this.#arm(next));
  }

  async #goRound(rounds: Rounds): Promise<void> {
    const { ports, journal } = this.#parts;
    const begun = begin(rounds, this.#others);
    // Not durable before the step is over: a life that ends begins it anew.
    this.#remember({ rounds: begun });
    const [region] = begun.round.regions;
    const step = region === undefined ? null : await this.#look(region, begun);
    // What was applied while this went on has changed it.
    journal.turn(() =>
      this.#keep({ rounds: onStep(this.#kept?.rounds ?? begun, step, ports.now()) }),
    );
  }

  /** Looks at a page of a region's groups, and fetches what is behind here. */
  async #look(region: Region, { round }: ReturnType<typeof begin>): Promise<Step | null> {
    const { store, catchUp, ports, limits } = this.#parts;
    const request = { after: round.after, limit: limits.roundGroups, news: round.news };
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

  async #goCensus(census: Census, now: Instant): Promise<void> {
    const { ports, journal, limits } = this.#parts;
    const begun = beginWalk(census, now);
    this.#remember({ census: begun });
    const step = await this.#ask(begun, now);
    const max = limits.censusGroupsMax;
    journal.turn(() =>
      this.#keep({ census: onAsked(this.#kept?.census ?? begun, step, max, ports.now()) }),
    );
  }

  /** Asks the leaders of some groups for whatever is missing here. */
  async #ask({ walk }: ReturnType<typeof beginWalk>, now: Instant): Promise<CensusStep> {
    const { store, catchUp, proofs, limits } = this.#parts;
    const { groups, after } = store.groups(walk.after, limits.censusStepGroups);
    // A clock that was set back does not come to where it was when the census began.
    const since = Math.min(walk.since, now) as Instant;
    let missed = false;
    await inParallel(groups, FETCHES_AT_ONCE, async ({ group }) => {
      const isCurrent = () => proofs.isCurrentSince(group, since);
      if (isCurrent() || planted("census-asks-nobody")) return;
      await catchUp.fetch(group, isCurrent);
      if (!isCurrent()) missed = true;
    });
    return { asked: groups.length, after, missed };
  }

  #remember(changed: Partial<Kept>): Kept {
    const kept = { ...(this.#kept ?? FRESH), ...changed };
    this.#kept = kept;
    return kept;
  }

  /** Keeps what has changed, if it has, and sets the alarm where something is due at another time than before. */
  #keep(changed: Partial<Kept>): void {
    const before = this.#kept ?? FRESH;
    const kept = this.#remember(changed);
    const { rounds, census } = kept;
    if (rounds === before.rounds && census === before.census) return;
    // Whoever may lack something is woken for it.
    const looks = rounds === null || rounds.dueAt !== null || isAtRest(rounds);
    assert(looks, "F2", "a replica that may lack something has a round before it", rounds, null);
    const asks = census.dueAt !== null || (census.walk === null && !census.again);
    assert(asks, "F2", "a replica that may lack something has a census before it", census, null);
    this.#parts.store.setMeta(KEPT, kept);
    const next = nextOf(kept);
    if (next !== null && next !== nextOf(before) && !this.#stepping) this.#arm(next);
  }

  #arm(at: Instant): void {
    this.#alarmAt = at;
    this.#parts.journal.setAlarm(at);
  }
}

interface Due {
  readonly dueAt: Instant | null;
}

const isDue = ({ dueAt }: Due, now: Instant): boolean => dueAt !== null && dueAt <= now;

const isAtRest = ({ filled, news, left }: Rounds): boolean => filled && !news && left === null;

/** When the next step of either is due; null where there is nothing to do. */
function nextOf({ rounds, census }: Kept): Instant | null {
  const times = [rounds?.dueAt ?? null, census.dueAt].filter((at) => at !== null);
  return times.length === 0 ? null : (Math.min(...times) as Instant);
}
