/**
 * A replica: an eventually consistent copy of a whole namespace in one region. Source: DESIGN.md §5, §7.
 *
 * It is fed by the queue's consumer, fetches from a group's leader what it finds it lacks, and answers reads at the level
 * that each asks for, or says that it cannot. Whatever it tells is confirmed on its disk first, so that it never goes
 * backwards; what it is told may be lost, repeated or late, and only ever moves it forward (F1).
 */
import { assert } from "../assert.ts";
import { groupOf } from "../group.ts";
import { DRIFT_BOUND } from "../limits.ts";
import { readPage } from "../member/page.ts";
import { planted } from "../planted.ts";
import type { KeyRange } from "../store/view.ts";
import { type Instant, type LogIndex, type Ms, ORIGIN } from "../types.ts";
import type { WorkerMessage } from "../watch/message.ts";
import { CatchUp } from "./catch-up.ts";
import { hasReached, inDoubt } from "./doubts.ts";
import type { FanOut, FeedEntry, ReplicaRef } from "./feed.ts";
import { Journal } from "./journal.ts";
import { type Bill, Leaders, noBill } from "./leaders.ts";
import {
  FETCHES_AT_ONCE,
  PROOF_WAIT_MS,
  PROOFS_MAX,
  REPLICA_LIMITS,
  type ReplicaLimits,
} from "./limits.ts";
import { inParallel } from "./parallel.ts";
import type { ReplicaPorts } from "./ports.ts";
import { Proofs } from "./proofs.ts";
import type {
  GroupPageAnswer,
  GroupPageRequest,
  ReplicaList,
  ReplicaListAnswer,
  ReplicaRead,
  ReplicaReadAnswer,
  ReplicaStatus,
} from "./request.ts";
import { type GroupCopy, type GroupIndex, ReplicaStore } from "./store.ts";
import { Sweep } from "./sweep.ts";
import { Waiters } from "./waiters.ts";
import { type PrefixAsk, Watching } from "./watching.ts";

/** What a batch brought of one group. */
interface Brought {
  readonly entries: FeedEntry[];
  through: LogIndex;
}

/** A read, and what its answer must hold to. */
interface Reading extends ReplicaRead {
  readonly group: string;
  readonly arrivedAt: Instant;
  /** What it has cost. */
  readonly bill: Bill;
}

export class ReplicaHost {
  readonly #ports: ReplicaPorts;
  readonly #journal: Journal;
  readonly #store: ReplicaStore;
  readonly #proofs = new Proofs(DRIFT_BOUND, PROOFS_MAX);
  readonly #waiters = new Waiters();
  readonly #catchUp: CatchUp;
  readonly #sweep: Sweep;
  /** Undefined where nobody can watch. */
  readonly #watching: Watching | undefined;

  constructor(
    { namespace, members, replicas, self }: ReplicaRef,
    ports: ReplicaPorts,
    limits: ReplicaLimits = REPLICA_LIMITS,
  ) {
    this.#ports = ports;
    const journal = new Journal(ports);
    this.#journal = journal;
    const { sockets } = ports;
    const watching =
      sockets &&
      new Watching({
        region: self,
        journal,
        sockets,
        now: () => ports.now(),
        sleep: (duration) => ports.sleep(duration),
      });
    const store = new ReplicaStore(namespace, journal.sql, watching, (placed) =>
      watching?.taken(placed),
    );
    watching?.of(store);
    this.#watching = watching;
    this.#store = store;
    this.#catchUp = new CatchUp({
      store,
      journal,
      leaders: new Leaders(members, ports),
      proofs: this.#proofs,
      stateKeysMax: limits.stateKeysMax,
      applied: (group) => this.#applied(group),
    });
    const others = replicas.filter((region) => region !== self);
    this.#sweep = new Sweep(others, {
      store,
      journal,
      catchUp: this.#catchUp,
      proofs: this.#proofs,
      limits,
      ports,
    });
  }

  /**
   * Takes in what the queue brought, and fetches what is missing before it.
   * @returns the index that each group has here, durably
   */
  async apply(batch: readonly FanOut[]): Promise<GroupIndex[]> {
    const brought = new Map<string, Brought>();
    for (const { group, entries, through } of batch) {
      const before = brought.get(group);
      if (before === undefined) brought.set(group, { entries: [...entries], through });
      else {
        before.entries.push(...entries);
        if (before.through < through) before.through = through;
      }
    }
    this.#begin(() => {
      for (const [group, { entries }] of brought) {
        this.#applyWhatFollows(group, entries);
        if (planted("current-since-arrival")) this.#proofs.set(group, this.#ports.now());
      }
    });
    await inParallel([...brought], FETCHES_AT_ONCE, ([group, { through }]) =>
      this.#fetchThrough(group, through),
    );
    const groups = [...brought.keys()].map((group) => ({ group, index: this.#index(group) }));
    await this.#journal.settled();
    return groups;
  }

  /** Somebody knows that the group has this index. Gives the one it has here, durably. */
  async notice(group: string, through: LogIndex): Promise<LogIndex> {
    this.#begin();
    await this.#fetchThrough(group, through);
    const index = this.#index(group);
    await this.#journal.settled();
    return index;
  }

  /** Reads keys of one group. */
  async read({ keys, level }: ReplicaRead): Promise<ReplicaReadAnswer> {
    const [first] = keys;
    const group = first === undefined ? null : groupOf(first);
    if (group === null || keys.some((key) => groupOf(key) !== group)) {
      throw new Error("a read is of one or more keys of one group");
    }
    const reading = { keys, level, group, arrivedAt: this.#begin(), bill: noBill() };
    if (!this.#isReady(reading)) await this.#prepare(reading);
    const answer = this.#journal.turn(() => this.#answer(reading));
    await this.#journal.settled();
    return answer;
  }

  /** Lists keys of the whole namespace. */
  async list({ range, values, level, named }: ReplicaList): Promise<ReplicaListAnswer> {
    this.#begin();
    const bill = noBill();
    const reached = level.type === "eventual" || (await this.#reach(named, level.waitMs, bill));
    const answer: ReplicaListAnswer = reached
      ? { ...this.#listed(range, values, named), calls: bill.calls }
      : { type: "behind", calls: bill.calls };
    await this.#journal.settled();
    return answer;
  }

  #listed(range: KeyRange, values: boolean, named: ReplicaList["named"]) {
    const { records, more } = readPage(this.#store, range, values, ORIGIN);
    const groups = [...new Set(records.map(({ key }) => groupOf(key)))];
    const seen = groups.map((group) => ({ group, index: this.#index(group) }));
    const had = new Map<number, LogIndex>();
    for (const { group, index } of seen) note(had, this.#store.hash(group), index);
    for (const hash of named.keys()) {
      note(had, hash, ORIGIN);
      for (const group of this.#store.groupsOfHash(hash)) note(had, hash, this.#index(group));
    }
    return { type: "records", records, more, seen, had } as const;
  }

  /** How far the replica is, with some groups and altogether. */
  async status(groups: readonly string[] = []): Promise<ReplicaStatus> {
    const now = this.#begin();
    const { groups: known, newestAt } = this.#store.totals();
    const status: ReplicaStatus = {
      groups: groups.map((group) => {
        const { index, at } = this.#store.group(group);
        return { group, index, at, ageMs: this.#proofs.age(group, now, now) };
      }),
      known,
      newestAt,
      filled: this.#sweep.filled,
    };
    await this.#journal.settled();
    return status;
  }

  /** Some of the groups known here, for another region's replica. */
  async page({ after, limit, news }: GroupPageRequest): Promise<GroupPageAnswer> {
    const now = this.#begin();
    if (news) this.#journal.turn(() => this.#sweep.heardOfNews(now));
    const page = { ...this.#store.groups(after, limit), filled: this.#sweep.filled };
    await this.#journal.settled();
    return page;
  }

  /** A socket was opened for a watch of a prefix. */
  openWatch(id: string, ask: PrefixAsk): void {
    this.#begin(() => this.#watching?.open(id, ask));
  }

  /** A watcher's Worker has said something. */
  hearWatcher(id: string, message: WorkerMessage): void {
    this.#begin(() => this.#watching?.hear(id, message));
  }

  /** A watcher's socket is closed. */
  closeWatch(id: string): void {
    this.#watching?.close(id);
  }

  /** The durable alarm rang: a step of a round. Resolves once what it did is durable. */
  async alarm(): Promise<void> {
    await this.#sweep.alarm(this.#begin());
    await this.#journal.settled();
  }

  /** A call has come: what a life begins with, and then `work`, in one turn. Gives the time it came. */
  #begin(work: () => void = () => {}): Instant {
    const now = this.#ports.now();
    this.#journal.turn(() => {
      this.#store.sequence.at(now);
      this.#sweep.wake(now);
      work();
    });
    return now;
  }

  #applyWhatFollows(group: string, entries: readonly FeedEntry[]): void {
    let last: number = this.#index(group);
    const following = entries
      .toSorted((one, other) => one.index - other.index)
      .filter(({ index }) => {
        const leaps = planted(
          index > last ? "replica-applies-over-gaps" : "replica-applies-repeats",
        );
        if (index !== last + 1 && !leaps) return false;
        last = index;
        return true;
      });
    if (this.#store.apply(group, following)) this.#applied(group);
  }

  #applied(group: string): void {
    this.#sweep.applied(this.#ports.now());
    this.#waiters.wake(this.#store.hash(group));
  }

  async #fetchThrough(group: string, through: LogIndex): Promise<void> {
    const isThere = () => this.#index(group) >= through;
    if (!isThere()) await this.#catchUp.fetch(group, isThere);
  }

  /** Waits until the copy of a group may be read, as long as the level allows. */
  async #prepare(reading: Reading): Promise<void> {
    const { group, keys, level, bill } = reading;
    const isReady = () => this.#isReady(reading);
    if (level.type === "session") {
      this.#catchUp.fetch(group, isReady, bill).catch(ended);
      const patience = this.#ports.sleep(level.waitMs);
      await this.#waiters.until([this.#store.hash(group)], isReady, patience);
    } else if (!inDoubt(this.#store.group(group).doubts, keys)) {
      // What is in doubt is not waited for: whoever asked turns to the leader at once.
      const fetched = this.#catchUp.fetch(group, isReady, bill);
      await Promise.race([fetched, this.#ports.sleep(PROOF_WAIT_MS)]);
    }
  }

  /** Whether the copy of a group may be read at the level. */
  #isReady({ group, keys, level, arrivedAt }: Reading, known?: GroupCopy): boolean {
    if (level.type === "eventual") return true;
    const copy = known ?? this.#store.group(group);
    if (level.type === "session" && planted("answer-below-bookmark")) return true;
    const blind = level.type === "session" && planted("doubt-ignored-at-session");
    if (inDoubt(copy.doubts, keys) && !blind) return false;
    if (level.type === "session") return hasReached(copy, level.atLeast);
    const ageMs = this.#age(group, arrivedAt);
    return ageMs !== null && ageMs <= level.maxStalenessMs;
  }

  #answer(reading: Reading): ReplicaReadAnswer {
    const { group, keys, level, arrivedAt, bill } = reading;
    const { calls } = bill;
    const copy = this.#store.group(group);
    const { index, doubts } = copy;
    if (!this.#isReady(reading, copy)) return { type: "behind", index, calls };
    const ageMs = this.#age(group, arrivedAt);
    if (level.type === "session") {
      const { atLeast } = level;
      const reached = index >= atLeast || planted("answer-below-bookmark");
      assert(reached, "F3", "an answer is not older than its bookmark", index, atLeast);
    } else if (level.type === "bounded") {
      const { maxStalenessMs } = level;
      const fresh = ageMs !== null && ageMs <= maxStalenessMs;
      assert(fresh, "F3", "an answer is not older than its bound", ageMs, maxStalenessMs);
    }
    const records = keys.map((key) => this.#store.get(key));
    return { type: "read", records, index, ageMs, doubt: inDoubt(doubts, keys), calls };
  }

  /** Waits until all groups that a bookmark names are reached, as long as it allows. */
  async #reach(named: ReplicaList["named"], waitMs: Ms, bill: Bill): Promise<boolean> {
    const isBehind = (hash: number) => !this.#hasReached(hash, named.get(hash) ?? ORIGIN);
    const behind = [...named.keys()].filter(isBehind);
    if (behind.length === 0) return true;
    // Of a group that is not known here there is only its hash: it has to come by itself.
    const groups = behind.flatMap((hash) => this.#store.groupsOfHash(hash));
    inParallel(groups, FETCHES_AT_ONCE, (group) =>
      this.#catchUp.fetch(group, () => !isBehind(this.#store.hash(group)), bill),
    ).catch(ended);
    const isReady = () => !behind.some(isBehind);
    return this.#waiters.until(behind, isReady, this.#ports.sleep(waitMs));
  }

  /** Whether the group that a bookmark calls by this hash is reached here; where two collide, both. */
  #hasReached(hash: number, index: LogIndex): boolean {
    if (index === ORIGIN) return true;
    const groups = this.#store.groupsOfHash(hash);
    return (
      groups.length > 0 && groups.every((group) => hasReached(this.#store.group(group), index))
    );
  }

  #index(group: string): LogIndex {
    return this.#store.group(group).index;
  }

  /** How old the copy of a group can have been when a read arrived; null where nothing proves it. */
  #age(group: string, arrivedAt: Instant): Ms | null {
    return this.#proofs.age(group, arrivedAt, this.#ports.now());
  }
}

/** Where the hashes of two groups are alike, the higher index stands for both. */
function note(had: Map<number, LogIndex>, hash: number, index: LogIndex): void {
  if (index >= (had.get(hash) ?? ORIGIN)) had.set(hash, index);
}

/** A fetch that nobody waits for fails only by an abort, which has ended this life: nobody is left to tell. */
const ended = () => {};
