/**
 * Replicas under faults of every kind, then left alone: a seed decides a run. Checked are F1 to F3 against true time and
 * the groups' models, that no replica goes backwards, and that all converge by their rounds alone.
 */
import { expect, it } from "vitest";
import { DRIFT_BOUND } from "../../../shared/limits.ts";
import type { ReadLevel, ReplicaReadAnswer } from "../../../shared/replica/request.ts";
import { logIndex, ms } from "../../../shared/types.ts";
import type { Random } from "../../../sim/random.ts";
import { type GroupModel, textOf } from "./group-model.ts";
import { type ReplicaObject, World } from "./world.ts";

const GROUPS = ["a", "b", "c", "d"];
const keysOf = (group: string) => [group, `x{${group}}`, `y{${group}}`];
const FAULTY_MS = 30_000;
const SEEDS = 40;

/** What was true when: the index that each group had. */
class Past {
  readonly #indexes = new Map<string, { at: number; index: number }[]>();

  note(group: string, at: number, index: number): void {
    const marks = this.#indexes.get(group) ?? [];
    marks.push({ at, index });
    this.#indexes.set(group, marks);
  }

  indexAt(group: string, at: number): number {
    return this.#indexes.get(group)?.findLast((mark) => mark.at <= at)?.index ?? 0;
  }
}

class Run {
  readonly world: World;
  readonly random: Random;
  readonly past = new Past();
  /** The highest index that each replica has told of each group. */
  readonly told = new Map<string, number>();
  readonly wrong: unknown[] = [];
  reads = { answered: 0, behind: 0 };
  faulty = true;

  constructor(seed: number) {
    let random: Random | null = null;
    const chance = (probability: number) => this.faulty && (random?.chance(probability) ?? false);
    const between = (low: number, high: number) => random?.between(low, high) ?? low;
    const rates = [1 - DRIFT_BOUND, 1, 1 + DRIFT_BOUND];
    const manner = {
      delay: () => (chance(0.05) ? between(100, 3_000) : between(1, 60)),
      loses: () => chance(0.05),
      disk: {
        latency: () => between(0, 20),
        fails: () => chance(0.005),
        crashes: () => chance(0.03),
        compacts: () => {},
      },
    };
    this.world = new World(seed, manner, rates);
    this.random = this.world.random;
    random = this.random;
  }

  async go(): Promise<void> {
    const { timeline } = this.world;
    for (const name of GROUPS) {
      const model = this.world.group(name);
      model.entriesPerAnswer = this.random.between(1, 20);
      model.keysPerPart = this.random.between(1, 3);
    }
    this.#every(40, 400, () => this.#write());
    this.#every(20, 200, () => this.#read());
    this.#every(500, 5_000, () => this.#trouble());
    timeline.at(FAULTY_MS, () => this.#heal());
    await timeline.run(() => false);
    expect(timeline.isEndless).toBe(false);
    expect(this.wrong).toEqual([]);
    for (const replica of this.world.replicas) {
      expect(replica.violations.filter((one) => !String(one).includes("DiskFault"))).toEqual([]);
      expect(replica.alarm).toBeNull();
      for (const name of GROUPS) await this.#check(replica, name, { type: "eventual" }, true);
    }
  }

  #every(least: number, most: number, work: () => void): void {
    const { timeline } = this.world;
    timeline.after(this.random.between(least, most), () => {
      if (!this.faulty) return;
      work();
      this.#every(least, most, work);
    });
  }

  #model(): GroupModel {
    return this.world.group(this.random.pick(GROUPS));
  }

  #write(): void {
    const { timeline } = this.world;
    const model = this.#model();
    const open = model.doubtsAt(model.index);
    const locked = open.flatMap(({ keys }) => keys);
    const free = keysOf(model.name).filter((key) => !locked.includes(key));
    const from = model.index + 1;
    for (let entry = this.random.between(1, 3); entry > 0; entry--) {
      const text = this.random.chance(0.2) ? null : `${model.name}${model.index + 1}`;
      const [oldest] = open;
      if (oldest !== undefined && this.random.chance(0.4)) {
        model.resolve(oldest.vote, this.random.chance(0.7), timeline.now);
        break;
      }
      if (free.length === 0) break;
      const key = this.random.pick(free);
      if (this.random.chance(0.2)) {
        model.vote({ [key]: text }, timeline.now);
        break;
      }
      model.put({ [key]: text }, timeline.now);
    }
    if (model.index < from) return;
    this.past.note(model.name, timeline.now, model.index);
    const large = this.random.chance(0.05);
    const { name: group, index: through } = model;
    const message = large ? { group, entries: [], through } : model.fanOut(from, through);
    for (const replica of this.world.replicas) this.#enqueue(replica, message);
    const safe = model.doubtsAt(model.index).map(({ vote }) => vote - 1);
    const kept = this.random.below(10);
    model.base = Math.max(model.base, Math.min(model.index - kept, ...safe));
  }

  /** Loses, repeats and delays, and gathers nothing. */
  #enqueue(replica: ReplicaObject, message: ReturnType<GroupModel["fanOut"]>): void {
    for (const chance of [0.75, 0.1]) {
      if (!this.random.chance(chance)) continue;
      const delay = this.random.chance(0.1) ? this.random.below(20_000) : this.random.below(500);
      this.world.timeline.after(delay, () => {
        if (replica.down) return;
        replica.host.apply([message]).catch(() => {});
      });
    }
  }

  #read(): void {
    const replica = this.random.pick(this.world.replicas);
    const model = this.#model();
    if (replica.down) return;
    const level = this.random.pick<ReadLevel>([
      { type: "eventual" },
      { type: "session", atLeast: logIndex(this.random.between(0, model.index)), waitMs: ms(250) },
      { type: "session", atLeast: model.index, waitMs: ms(250) },
      { type: "bounded", maxStalenessMs: ms(this.random.pick([0, 100, 1_000, 10_000])) },
    ]);
    this.#check(replica, model.name, level, false).catch((fault) => this.wrong.push(fault));
  }

  async #check(
    replica: ReplicaObject,
    group: string,
    level: ReadLevel,
    last: boolean,
  ): Promise<void> {
    const { world } = this;
    const arrived = world.timeline.now;
    const place = `${replica.region}/${group}`;
    const floor = this.told.get(place) ?? 0;
    const keys = keysOf(group);
    const asked = replica.host.read({ keys, level });
    const answer: ReplicaReadAnswer | null = await (last ? world.finish(asked) : orLost(asked));
    if (answer === null) return;
    const model = world.group(group);
    const { index } = answer;
    // It goes forward only, whatever the disk loses.
    expect(index).toBeGreaterThanOrEqual(floor);
    expect(index).toBeLessThanOrEqual(model.index);
    this.told.set(place, Math.max(this.told.get(place) ?? 0, index));
    if (last) expect(index).toBe(model.index);
    if (answer.type === "behind") {
      this.reads.behind += 1;
      return;
    }
    this.reads.answered += 1;
    const state = model.stateAt(index);
    const found = answer.records.map((record) => textOf(record?.value));
    expect(found).toEqual(keys.map((key) => state.get(key) ?? null));
    const doubts = model.doubtsAt(index);
    const doubtful = doubts.some((doubt) => keys.some((key) => doubt.keys.includes(key)));
    expect(answer.doubt).toBe(doubtful);
    if (level.type !== "eventual") expect(doubtful).toBe(false);
    if (level.type === "session") {
      expect(index).toBeGreaterThanOrEqual(level.atLeast);
      expect(doubts.filter(({ vote }) => vote <= level.atLeast)).toEqual([]);
    }
    if (level.type === "bounded") {
      expect(answer.ageMs).toBeLessThanOrEqual(level.maxStalenessMs);
    }
    if (answer.ageMs !== null) {
      // Read off a clock in whole milliseconds.
      const since = arrived - answer.ageMs - 1;
      expect(index).toBeGreaterThanOrEqual(this.past.indexAt(group, since));
    }
  }

  #trouble(): void {
    const { world, random } = this;
    const replica = random.pick(world.replicas);
    const kind = random.below(4);
    const length = random.between(100, 6_000);
    if (kind === 0) replica.crash();
    else if (kind === 1) world.leader = random.pick(world.replicas).region;
    else if (kind === 2) {
      world.leaderless = true;
      world.timeline.after(length, () => {
        world.leaderless = false;
      });
    } else {
      replica.down = true;
      world.timeline.after(length, () => {
        replica.down = false;
      });
    }
  }

  /** Everything works again, and one replica hears of each group. The rest is theirs. */
  #heal(): void {
    const { world } = this;
    this.faulty = false;
    world.leaderless = false;
    for (const replica of world.replicas) replica.down = false;
    // What is on its way when everything heals may still be lost.
    world.timeline.after(10_000, () => {
      world.leaderless = false;
      for (const replica of world.replicas) {
        replica.down = false;
        replica.host.status().catch(() => {});
      }
      for (const name of GROUPS) {
        const { host } = this.random.pick(world.replicas);
        host.notice(name, world.group(name).index).catch(() => {});
      }
    });
  }
}

/** Gives what a read brings; null where its replica's life ends before. What never comes is nothing to wait for. */
const orLost = (asked: Promise<ReplicaReadAnswer>): Promise<ReplicaReadAnswer | null> =>
  asked.catch(() => null);

it(`replicas hold F1 to F3 under faults, and converge once they are over (${SEEDS} seeds)`, {
  timeout: 60_000,
}, async () => {
  let answered = 0;
  let behind = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const run = new Run(seed);
    await run.go().catch((fault) => {
      throw new Error(`seed ${seed}`, { cause: fault });
    });
    answered += run.reads.answered;
    behind += run.reads.behind;
  }
  // The checks see something, of both kinds.
  expect(answered).toBeGreaterThan(100 * SEEDS);
  expect(behind).toBeGreaterThan(SEEDS);
});
