/**
 * The play of replicas: leaders that are written to, replicas that follow them through a bad queue, and clients that
 * read at every level.
 *
 * After the healing only one of three ways is open by which replicas come to have everything (contact, the groups'
 * alarms, the replicas' own rounds), and it must suffice alone; then everything works, and must come to rest.
 */
import {
  type Bookmark,
  bookmarkOfAll,
  bookmarkOfList,
  groupHash,
  indexSeen,
  mergeBookmarks,
  NOTHING_SEEN,
} from "../../../shared/bookmark.ts";
import { groupOf } from "../../../shared/group.ts";
import {
  FAN_OUT_BYTES_MAX,
  FAN_OUT_CHECK_MS,
  TRANSACTION_GRACE_MS,
} from "../../../shared/limits.ts";
import type { Answer, GroupRequest, WriteOperation } from "../../../shared/member/request.ts";
import { SWEEP_MS } from "../../../shared/replica/limits.ts";
import type {
  ListLevel,
  ReadLevel,
  ReplicaListAnswer,
  ReplicaReadAnswer,
} from "../../../shared/replica/request.ts";
import { ReplicaStore } from "../../../shared/replica/store.ts";
import { transactionId } from "../../../shared/transaction/id.ts";
import { split, type Whole } from "../../../shared/transaction/split.ts";
import { type LogIndex, logIndex, ms, type Region, type RequestId } from "../../../shared/types.ts";
import { keysInRange } from "../../check/range.ts";
import type { Client } from "../../client.ts";
import { EPOCH } from "../../clock.ts";
import type { Databases } from "../../databases.ts";
import type { Outcome } from "../../outcome.ts";
import type { Random } from "../../random.ts";
import { REGIONS, Stage, type StageOptions } from "../../stage.ts";
import { exchange } from "./exchange.ts";
import { drawQueue, Queue } from "./queue.ts";
import { drawLimits, SimReplica } from "./replica.ts";
import { type Copy, Past, type ReplicaListWord, type ReplicaWord, type Sight } from "./told.ts";

/** What a play of replicas leaves behind. */
export interface ReplicasOutcome extends Outcome {
  readonly words: readonly ReplicaWord[];
  readonly lists: readonly ReplicaListWord[];
  readonly sights: readonly Sight[];
  readonly copies: readonly Copy[];
  readonly past: Past;
  readonly asked: number;
}

/** By which way replicas must come to have everything. */
type Way = "contact" | "alarm" | "sweep";

/** What happens in the middle of a run: logs are compacted, or replicas begin a round. */
const LEAPS_MS = { none: 0, minutes: 100_000, hour: 1.2 * SWEEP_MS };

const DEADLINES_MS = [400, 2_000, 10_000];
const DEADLINE_MS_MAX = 10_000;
const PATIENCE_MS = [100, 400, 1_500];
/** As the deployed Workers are: `worker/replicas/limits.ts`. */
const SESSION_WAIT_MS = ms(250);
const REPLICA_PATIENCE_MS = ms(600);
const BOUNDS_MS = [0, 50, 400, 2_000, 10_000, 60_000];
const TTL_MS = [300, 2_000, 20_000];
/** More than a message of the queue holds: it only points there. */
const LARGE_BYTES = FAN_OUT_BYTES_MAX + 1;
/** Long enough for a message to be brought again, once. */
const CONTACT_MS = 25_000;
/** Longer than a lease that has to run out first. */
const UNSEATED_MS = 5_000;
/** Longer than an instance lives that another one has taken over from. */
const SUPERSEDED_MS_MAX = 3_500;
/** Through a census under way and the next one, and two rounds: that of who has something new, and that of who is told. */
const SWEEPS_MS = 9 * SWEEP_MS;
/** Longer than any chain of promises that a call sets off. */
const MICROTASKS = 64;

const WEIGHTS = {
  put: 12,
  putForATime: 2,
  delete: 7,
  several: 3,
  transact: 9,
  strong: 4,
  session: 16,
  bounded: 12,
  eventual: 7,
  follow: 9,
  list: 9,
  overtake: 2,
};

const encoder = new TextEncoder();

export class ReplicasPlay {
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #groups: readonly string[];
  readonly #regions: readonly Region[];
  readonly #replicas: ReadonlyMap<Region, SimReplica>;
  readonly #queue: Queue;
  readonly #clients: readonly Client[];
  readonly #past = new Past();
  readonly #words: ReplicaWord[] = [];
  readonly #lists: ReplicaListWord[] = [];
  readonly #sights: Sight[] = [];
  readonly #copies: Copy[] = [];
  /** What each client has seen: its bookmark. */
  readonly #bookmarks = new Map<string, Bookmark>();
  /** The replica that each client follows. */
  readonly #followed = new Map<string, Region>();
  #asked = 0;
  #values = 0;

  constructor(
    seed: number,
    databases: Databases,
    options: Omit<StageOptions, "groups" | "replicas">,
  ) {
    // Apart from the stage's own chance, which is not there yet.
    const [one = "wnam" as Region, two = "weur" as Region, three = "apac" as Region] = REGIONS;
    const regions = [
      [one, two],
      [one, two, three],
      [two, three],
    ][seed % 3] ?? [one];
    this.#regions = regions;
    this.#stage = new Stage(seed, databases, {
      ...options,
      replicas: regions,
      groups: (random) => ["a", "b", "c"].slice(0, 1 + random.below(3)),
    });
    const stage = this.#stage;
    this.#groups = [...stage.groups.keys()];
    this.#random = stage.random.fork();
    this.#clients = stage.makeClients(PATIENCE_MS);
    const replicas = new Map<Region, SimReplica>();
    this.#replicas = replicas;
    const peers = (of: Region) => {
      const replica = replicas.get(of);
      if (replica === undefined) throw new Error(`no replica in ${of}`);
      return replica;
    };
    const [first] = stage.groups.values();
    if (first === undefined) throw new Error("a stage has groups");
    const { namespace, members, historyMs } = first.ref;
    const limits = drawLimits(stage.random.fork());
    for (const self of regions) {
      const ref = { namespace, members, replicas: regions, historyMs, self };
      const random = stage.random.fork();
      replicas.set(self, new SimReplica(ref, stage, limits, random, databases.take(), peers));
    }
    const plan = drawQueue(stage.random.fork());
    this.#queue = new Queue(stage, replicas, one, plan, stage.random.fork());
    stage.feed = this.#queue;
    const check = stage.timeline.afterEach;
    stage.timeline.afterEach = () => {
      check();
      this.#notePast();
    };
  }

  async run(): Promise<ReplicasOutcome> {
    const stage = this.#stage;
    const leap = stage.random.weighted({ none: 10, minutes: 4, hour: 3 });
    const way = stage.random.pick<Way>(["contact", "alarm", "sweep"]);
    this.#trouble();
    const back = leap === "none" ? null : this.#leaveBehind();
    await this.#round(leap === "none" ? 60 : 40);
    if (leap !== "none") {
      await stage.waitInStep(LEAPS_MS[leap]);
      if (back !== null) stage.timeline.after(this.#random.between(0, 4_000), back);
      await this.#round(30);
    }
    this.#heal();
    this.#copy("as all was healed");
    await this.#converge(way);
    this.#open();
    await this.#readAll();
    await this.#settle();
    this.#checkComplete("in the end");
    this.#copy("in the end");
    this.#checkSilence();
    return {
      hash: stage.trace.hash,
      operations: [],
      logs: stage.closeLogs(),
      findings: stage.findings,
      facts: stage.facts(),
      words: this.#words,
      lists: this.#lists,
      sights: this.#sights,
      copies: this.#copies,
      past: this.#past,
      asked: this.#asked,
    };
  }

  #round(count: number): Promise<void> {
    return this.#stage.round(this.#clients, count, (name, client, then) => {
      this.#asked += 1;
      this.#act(name, client, then);
    });
  }

  #act(name: string, client: Client, then: () => void): void {
    const random = this.#random;
    const group = random.pick(this.#groups);
    const key = random.chance(0.5) ? `{${group}}1` : random.pick(keysOf(group));
    const kind = random.weighted(WEIGHTS);
    switch (kind) {
      case "put":
        this.#write(name, client, group, [this.#put(key)], then);
        break;
      case "putForATime":
        this.#write(name, client, group, [this.#put(key, random.pick(TTL_MS))], then);
        break;
      case "delete":
        this.#write(name, client, group, [{ type: "delete", key }], then);
        break;
      case "several":
        this.#write(
          name,
          client,
          group,
          keysOf(group).map((one) => this.#put(one)),
          then,
        );
        break;
      case "transact":
        this.#transact(name, client, then);
        break;
      case "strong":
        this.#strong(name, client, key, "leader", then);
        break;
      case "session":
        this.#session(
          name,
          client,
          this.#near(client),
          random.chance(0.2) ? keysOf(group) : [key],
          then,
        );
        break;
      case "bounded": {
        const level = { type: "bounded", maxStalenessMs: ms(random.pick(BOUNDS_MS)) } as const;
        this.#weak(name, client, this.#near(client), [key], level, (answer) => {
          if (answer?.type === "read") then();
          else this.#strong(name, client, key, "leader", then);
        });
        break;
      }
      case "eventual":
        this.#weak(name, client, this.#near(client), [key], { type: "eventual" }, () => then());
        break;
      case "follow": {
        const region = this.#followed.get(name) ?? random.pick(this.#regions);
        this.#followed.set(name, region);
        const level = { type: "eventual" } as const;
        this.#weak(name, client, region, keysOf(group), level, () => then());
        break;
      }
      case "overtake":
        this.#overtake(name, client, group, key, then);
        break;
      case "list":
        this.#list(name, client, this.#near(client), then);
        break;
    }
  }

  /** Mostly the replica of its own region, where it has one. */
  #near({ region }: Client): Region {
    const there = this.#replicas.has(region) && this.#random.chance(0.7);
    return there ? region : this.#random.pick(this.#regions);
  }

  // --- writes

  #put(key: string, ttlMs: number | null = null): WriteOperation {
    const text = `v${++this.#values}`;
    const bytes = encoder.encode(this.#random.chance(0.02) ? text.padEnd(LARGE_BYTES, "+") : text);
    const value = { bytes, contentType: "text/plain" };
    return { type: "put", key, value, ttlMs: ttlMs === null ? null : ms(ttlMs) };
  }

  #write(
    name: string,
    client: Client,
    group: string,
    operations: readonly WriteOperation[],
    then: () => void,
  ): void {
    const id = `q${++this.#values}` as RequestId;
    const request: GroupRequest = {
      type: "write",
      id,
      copy: false,
      idempotency: null,
      conditions: [],
      operations,
    };
    this.#ask(client, group, request, (answer) => {
      if (answer?.type === "written") {
        const { index } = answer.receipt;
        for (const [at, { type, key }] of operations.entries()) {
          const result = answer.results[at];
          if (result?.type === "delete" && !result.deleted) {
            this.#see(name, key, "leader", null, null);
          } else {
            this.#see(name, key, "wrote", type === "delete" ? -index : index, null);
          }
        }
        this.#mark(name, group, index);
      }
      then();
    });
  }

  /** Puts over one or more groups, and deletes now and then. */
  #transact(name: string, client: Client, then: () => void): void {
    const random = this.#random;
    const groups = this.#groups.filter(() => random.chance(0.7));
    const keys = (groups.length === 0 ? [random.pick(this.#groups)] : groups).map((group) =>
      random.chance(0.5) ? `{${group}}1` : random.pick(keysOf(group)),
    );
    const operations = keys.map((key) =>
      random.chance(0.1) ? ({ type: "delete", key } as const) : this.#put(key),
    );
    const exists = random.chance(0.1);
    const [first = ""] = keys;
    const whole: Whole = {
      conditions: exists ? [{ type: "exists", key: first, exists: random.chance(0.5) }] : [],
      operations,
      otherwise: [],
    };
    const parts = split(whole, groupOf);
    const anchor = parts[0]?.group ?? "";
    const deadlineMs = ms(this.#stage.isHealed ? DEADLINE_MS_MAX : random.pick(DEADLINES_MS));
    const request: GroupRequest = {
      type: "transact",
      id: transactionId(this.#ulid(), anchor),
      copy: false,
      idempotency: null,
      parts,
      deadlineMs,
      explain: false,
    };
    const hear = (answer: Answer | null): void => {
      if (answer?.type === "transacted") {
        if (answer.answer.succeeded) {
          for (const { key, op, revision } of answer.answer.results) {
            if (revision === null) this.#see(name, key, "leader", null, null);
            else this.#see(name, key, "wrote", op === "delete" ? -revision : revision, null);
          }
        }
        for (const { group, index } of answer.seen) this.#mark(name, group, index);
      }
      then();
    };
    client.request(anchor, request, deadlineMs + TRANSACTION_GRACE_MS, hear);
  }

  #ulid(): string {
    let time = Math.floor(EPOCH + this.#stage.timeline.now);
    let text = "";
    for (let at = 0; at < 10; at++) {
      text = DIGITS.charAt(time % DIGITS.length) + text;
      time = Math.floor(time / DIGITS.length);
    }
    for (let at = 0; at < 16; at++) text += DIGITS.charAt(this.#random.below(DIGITS.length));
    return text;
  }

  // --- reads

  #strong(
    name: string,
    client: Client,
    key: string,
    how: "leader" | "session",
    then: () => void,
  ): void {
    const group = groupOf(key);
    this.#ask(client, group, { type: "get", key, revision: null }, (answer) => {
      if (answer?.type === "record") {
        this.#see(name, key, how, answer.record?.revision ?? null, null);
        this.#mark(name, group, answer.receipt.index);
      }
      then();
    });
  }

  /** At the bookmark of what the client has seen, or else by the leader. */
  #session(
    name: string,
    client: Client,
    region: Region,
    keys: readonly string[],
    then: () => void,
  ): void {
    const atLeast = indexSeen(this.#bookmark(name), NAMESPACE, groupOf(keys[0] ?? ""), region);
    if (atLeast === null) {
      this.#strong(name, client, keys[0] ?? "", "session", then);
      return;
    }
    const level = { type: "session", atLeast, waitMs: SESSION_WAIT_MS } as const;
    this.#weak(name, client, region, keys, level, (answer) => {
      if (answer?.type === "read") then();
      else this.#strong(name, client, keys[0] ?? "", "session", then);
    });
  }

  #weak(
    name: string,
    client: Client,
    region: Region,
    keys: readonly string[],
    level: ReadLevel,
    then: (answer: ReplicaReadAnswer | null) => void,
  ): void {
    const { timeline, trace } = this.#stage;
    const replica = this.#replica(region);
    const group = groupOf(keys[0] ?? "");
    const askedAt = timeline.now;
    trace.note(
      askedAt,
      client.region,
      `${name} reads ${keys.join(", ")} at ${describeLevel(level)} in ${region}`,
    );
    const waitMs = level.type === "session" ? level.waitMs : 0;
    const patience = level.type === "bounded" ? 1_600 : waitMs + REPLICA_PATIENCE_MS;
    const asked = exchange<{ answer: ReplicaReadAnswer; arrivedAt: number }>(
      this.#stage,
      client.region,
      region,
      patience,
      (reply) =>
        replica.call(async (host) => {
          const arrivedAt = timeline.now;
          return { answer: await host.read({ keys, level }), arrivedAt };
        }, reply),
    );
    asked.then(
      ({ answer, arrivedAt }) => {
        const toldAt = timeline.now;
        const steady = replica.clock.setBacks === 0 && this.#isSteady(group);
        this.#words.push({
          client: name,
          region,
          group,
          keys,
          level,
          askedAt,
          arrivedAt,
          toldAt,
          answer,
          steady,
        });
        trace.note(toldAt, client.region, `${name} hears ${describeAnswer(answer)}`);
        if (answer.type === "read") {
          const how = level.type === "session" ? "session" : "weaker";
          for (const [at, key] of keys.entries()) {
            this.#see(name, key, how, answer.records[at]?.revision ?? null, answer.index);
          }
          this.#mark(name, group, answer.index);
        }
        then(answer);
      },
      () => then(null),
    );
  }

  #list(name: string, client: Client, near: Region, then: () => void): void {
    const random = this.#random;
    const bookmark = this.#bookmark(name);
    const { seen: named, beyond } = bookmark;
    const isSession = random.chance(0.5) && beyond.type !== "anything";
    // What a list left out only the replica knows that answered it.
    const region = isSession && beyond.type === "replica" ? beyond.region : near;
    const replica = this.#replica(region);
    const level: ListLevel = isSession
      ? { type: "session", waitMs: ms(1_000) }
      : { type: "eventual" };
    const range = {
      prefix: random.pick(["", "{", `{${random.pick(this.#groups)}}`]),
      start: null,
      end: null,
      after: random.chance(0.2) ? `{${random.pick(this.#groups)}}2` : null,
      reverse: random.chance(0.3),
      limit: random.chance(0.3) ? 3 : 100,
    };
    const { timeline, trace } = this.#stage;
    trace.note(
      timeline.now,
      client.region,
      `${name} lists "${range.prefix}" at ${level.type} in ${region}`,
    );
    exchange<ReplicaListAnswer>(this.#stage, client.region, region, 4_000, (reply) =>
      replica.call((host) => host.list({ range, values: true, level, named }), reply),
    ).then(
      (answer) => {
        if (answer.type === "records") {
          const { records, more, seen, had } = answer;
          const list = { client: name, region, range, records, more, seen };
          this.#lists.push({ ...list, bookmark: isSession ? this.#indexes(bookmark) : null });
          this.#seeList(list, isSession ? "session" : "weaker");
          this.#bookmarks.set(name, bookmarkOfList(had, region, this.#bookmark(name)));
        }
        then();
      },
      () => then(),
    );
  }

  /** What a list has shown, and what by leaving it out. */
  #seeList(
    { client, range, records, more, seen }: Omit<ReplicaListWord, "bookmark">,
    how: "session" | "weaker",
  ): void {
    const keys = keysInRange(range, this.#groups.flatMap(keysOf));
    const last = more ? records.at(-1)?.key : keys.at(-1);
    for (const key of keys) {
      const revision = records.find((record) => record.key === key)?.revision ?? null;
      const index = seen.find(({ group }) => group === groupOf(key))?.index ?? null;
      this.#see(client, key, how, revision, index);
      if (key === last) break;
    }
  }

  /** The index that a bookmark names of each group. */
  #indexes({ seen }: Bookmark): Map<string, LogIndex> {
    return new Map(
      this.#groups.flatMap((group): [string, LogIndex][] => {
        const index = seen.get(groupHash(NAMESPACE, group));
        return index === undefined ? [] : [[group, index]];
      }),
    );
  }

  #ask(
    client: Client,
    group: string,
    request: GroupRequest,
    done: (answer: Answer | null) => void,
  ): void {
    const { isHealed } = this.#stage;
    const deadlineMs = isHealed ? DEADLINE_MS_MAX : this.#random.pick(DEADLINES_MS);
    client.request(group, request, deadlineMs, (answer) => {
      if (answer === null && isHealed) {
        this.#stage.find("progress", `group ${group} gives no answer in a healed world`);
      }
      done(answer);
    });
  }

  #see(
    client: string,
    key: string,
    how: Sight["how"],
    revision: number | null,
    index: number | null,
  ): void {
    this.#sights.push({ client, key, how, revision, index });
  }

  #bookmark(name: string): Bookmark {
    return this.#bookmarks.get(name) ?? NOTHING_SEEN;
  }

  #mark(name: string, group: string, index: LogIndex): void {
    const recent = bookmarkOfAll(NAMESPACE, [{ group, index }]);
    this.#bookmarks.set(name, mergeBookmarks(recent, this.#bookmark(name)));
  }

  #isSteady(group: string): boolean {
    const members = this.#stage.membersOf(group);
    // Of a lone member no lease is asked.
    return members.length === 1 || members.every(({ clock }) => clock.setBacks === 0);
  }

  #replica(region: Region): SimReplica {
    const replica = this.#replicas.get(region);
    if (replica === undefined) throw new Error(`no replica in ${region}`);
    return replica;
  }

  #notePast(): void {
    for (const [group, { members }] of this.#stage.groups) {
      let index = 0;
      for (const member of members) {
        index = Math.max(index, member.inspect()?.member.raft.commitIndex ?? 0);
      }
      this.#past.note(group, this.#stage.timeline.now, index);
    }
  }

  // --- what goes wrong

  /** A leader is superseded, its successor is written to, and a replica asks for what is new: of either. */
  #overtake(name: string, client: Client, group: string, key: string, then: () => void): void {
    if (this.#stage.plan.rates.supersede > 0 && !this.#stage.isHealed) {
      const leads = this.#stage
        .membersOf(group)
        .find((member) => (member.inspect()?.member.raft.leadership ?? null) !== null);
      leads?.supersede();
    }
    this.#write(name, client, group, [this.#put(key)], () => {
      const level = { type: "bounded", maxStalenessMs: ms(0) } as const;
      this.#weak(name, client, this.#near(client), [key], level, () => then());
    });
  }

  #trouble(): void {
    const random = this.#random.fork();
    const { rates } = this.#stage.plan;
    const replicas = [...this.#replicas.values()];
    const pick = () => random.pick(replicas);
    this.#every(random, rates.crash / 2, () => pick().crash());
    this.#every(random, rates.crashInEffect, () => pick().crashAfter(random.below(8)));
    this.#every(random, rates.evict / 2, () => pick().evict());
    this.#every(random, rates.supersede / 2, () => pick().supersede());
    this.#every(random, rates.setClockBack / 4, () =>
      pick().setClockBack(random.pick([1, 900, 4_000])),
    );
    this.#every(random, rates.isolate / 2, () => this.#cutOff(pick().region, random));
    this.#every(random, this.#queue.plan.restarts, () => this.#queue.forget());
    this.#every(random, this.#queue.plan.outages, () =>
      this.#queue.breakDown(random.between(500, 20_000)),
    );
  }

  #every(random: Random, rate: number, act: () => void): void {
    if (rate === 0) return;
    const { timeline } = this.#stage;
    // Over hours what befalls them grows rare, or a run would never end.
    const slowdown = Math.max(1, timeline.now / 60_000) ** 2;
    const gapMs = (-Math.log(1 - random.next()) / rate) * 1_000 * slowdown;
    timeline.after(gapMs, () => {
      if (this.#stage.isHealed) return;
      act();
      this.#every(random, rate, act);
    });
  }

  #cutOff(region: Region, random: Random): void {
    const { network, trace, timeline } = this.#stage;
    const forMs = random.between(500, 20_000);
    trace.note(
      timeline.now,
      "network",
      `cuts the replica's region ${region} off for ${forMs.toFixed(0)} ms`,
    );
    for (const other of REGIONS) if (other !== region) network.partition(region, other, forMs);
  }

  /**
   * Cuts the region of a replica off, until it is back only once the logs that it misses are compacted: it has to be sent
   * states. Gives what brings it back; null where none is left behind.
   */
  #leaveBehind(): (() => void) | null {
    const { network, timeline, trace } = this.#stage;
    const [, ...others] = this.#regions;
    if (this.#random.chance(0.3)) return null;
    const region = this.#random.pick(others);
    let rejoins: (() => void)[] | null = null;
    timeline.after(this.#random.between(0, 2_000), () => {
      trace.note(timeline.now, "network", `leaves the replica's region ${region} behind`);
      rejoins ??= REGIONS.filter((one) => one !== region).map((one) => network.cut(region, one));
    });
    return () => {
      for (const rejoin of rejoins ?? []) rejoin();
      rejoins = [];
    };
  }

  // --- the end

  #heal(): void {
    this.#stage.heal();
    this.#queue.heal();
    for (const member of this.#stage.allMembers()) member.crashAfter(Number.POSITIVE_INFINITY);
    for (const replica of this.#replicas.values()) replica.crashAfter(Number.POSITIVE_INFINITY);
  }

  /** Each way alone must suffice (F2). */
  async #converge(way: Way): Promise<void> {
    const stage = this.#stage;
    stage.trace.note(stage.timeline.now, "world", `leaves ${way} alone`);
    const replicas = [...this.#replicas.values()];
    switch (way) {
      case "contact": {
        this.#queue.allowNotices([]);
        for (const replica of replicas) replica.mute(true);
        // A call that meets an instance that was superseded comes to nothing.
        await stage.wait(SUPERSEDED_MS_MAX);
        await stage.together(this.#groups.map((group) => (then) => this.#touch(group, then)));
        await stage.wait(CONTACT_MS);
        break;
      }
      case "alarm":
        this.#queue.dead = true;
        for (const replica of replicas) replica.mute(true);
        await this.#writeSome();
        for (const group of this.#groups) {
          const fate = this.#random.weighted({ unseat: 2, interrupt: 1, nothing: 1 });
          if (fate === "unseat") this.#unseat(group);
          if (fate === "interrupt") this.#interrupt(group);
        }
        await this.#settle();
        break;
      case "sweep": {
        this.#queue.dead = true;
        this.#queue.allowNotices([]);
        await this.#writeSome();
        const counting = this.#random.pick(replicas);
        const counts = counting.countsAgain && this.#random.chance(0.6);
        const counted = counts ? counting.groups : [];
        // Where no leader is asked of its own accord, one region at least has to hear.
        if (counted.length === 0) this.#queue.allowNotices([this.#random.pick(this.#regions)]);
        await stage.waitInStep(SWEEPS_MS);
        if (counted.length === 0) break;
        this.#checkComplete("by a census alone", counted);
        return;
      }
    }
    this.#checkComplete(`by ${way} alone`);
  }

  /** The last of a group before silence, which nobody hears of; in some groups, for others have less to tell. */
  #writeSome(): Promise<void> {
    const client = this.#random.pick(this.#clients);
    const groups = this.#groups.filter(() => this.#random.chance(0.4));
    return this.#stage.together(
      groups.map((group) => (then) => {
        this.#write("auditor", client, group, [this.#put(`{${group}}1`)], then);
      }),
    );
  }

  /** A leader hangs and restarts, and so does who stands for election in its place: perhaps nobody leads then. */
  #unseat(group: string): void {
    const members = this.#stage.membersOf(group);
    const leads = members.find(
      (member) => (member.inspect()?.member.raft.leadership ?? null) !== null,
    );
    const others = members.filter((member) => member !== leads);
    if (leads === undefined || others.length === 0) return;
    leads.crash();
    leads.stop(UNSEATED_MS);
    const stands = this.#random.pick(others);
    const request: GroupRequest = { type: "get", key: group, revision: null };
    const caller = { alone: true, deadlineMs: ms(UNSEATED_MS), unreachable: [leads.region] };
    stands.serve([request], caller, { answered: () => {}, lost: () => {} });
    // As soon as somebody has voted for it, the old leader leads no more, and it does not lead yet.
    const until = this.#stage.timeline.now + UNSEATED_MS;
    const watch = (): void => {
      const voted = others.some(
        (one) =>
          one !== stands && one.inspect()?.member.store.hardState.promisedTo === stands.region,
      );
      if (voted) {
        stands.crash();
        leads.goOn();
      } else if (this.#stage.timeline.now < until) this.#stage.timeline.after(5, watch);
    };
    watch();
  }

  /** A leader crashes at about the time at which it asks the replicas. */
  #interrupt(group: string): void {
    this.#stage.timeline.after(FAN_OUT_CHECK_MS + this.#random.between(-50, 400), () => {
      this.#stage
        .membersOf(group)
        .find((member) => (member.inspect()?.member.raft.leadership ?? null) !== null)
        ?.crash();
    });
  }

  /** Writes that the queue brings, or reads of all that there is. */
  #touch(group: string, then: () => void): void {
    const client = this.#random.pick(this.#clients);
    if (this.#random.chance(0.5)) {
      const write = (next: () => void) =>
        this.#write("auditor", client, group, [this.#put(`{${group}}1`)], next);
      // The first may be found in the log by a leader that has just woken, which sends only what is new.
      write(() => write(then));
      return;
    }
    this.#strong("auditor", client, `{${group}}1`, "leader", () => {
      let left = this.#regions.length;
      for (const region of this.#regions) {
        // Side by side they may be heard in any order, so each is somebody's own who knows what the auditor knew.
        const name = `auditor of ${group} in ${region}`;
        this.#bookmarks.set(name, this.#bookmark("auditor"));
        this.#session(name, client, region, [`{${group}}1`], () => {
          left -= 1;
          if (left === 0) then();
        });
      }
    });
  }

  /** Everything works again. */
  #open(): void {
    this.#queue.dead = false;
    this.#queue.allowNotices(this.#regions);
    for (const replica of this.#replicas.values()) replica.mute(false);
  }

  /** Replicas that have everything answer at every level. */
  async #readAll(): Promise<void> {
    const client = this.#random.pick(this.#clients);
    // Where nobody leads, a bounded read would wait for an election, and what is in doubt it does not wait for at all.
    await this.#stage.together(
      this.#groups.map((group) => (then) => this.#strong("auditor", client, group, "leader", then)),
    );
    await this.#stage.wait(2_000);
    const acts: ((then: () => void) => void)[] = [];
    for (const region of this.#regions) {
      for (const group of this.#groups) {
        const index = this.#stage.leadersEnds().find((one) => one.group === group)?.index ?? 0;
        const levels: ReadLevel[] = [
          { type: "eventual" },
          { type: "session", atLeast: logIndex(index), waitMs: SESSION_WAIT_MS },
          { type: "bounded", maxStalenessMs: ms(1_000) },
        ];
        for (const level of levels) {
          const name = `auditor of ${group} in ${region} at ${level.type}`;
          acts.push((then) =>
            this.#weak(name, client, region, keysOf(group), level, (answer) => {
              if (answer?.type !== "read") {
                const what = answer === null ? "no answer" : `behind at ${answer.index}`;
                const asked = `${describeLevel(level)} of ${group} in ${region}`;
                this.#stage.find("progress", `${what} to ${asked}, though all is well`);
              }
              then();
            }),
          );
        }
      }
    }
    await this.#stage.together(acts);
  }

  async #settle(): Promise<void> {
    const { timeline } = this.#stage;
    do {
      await this.#stage.settle();
      for (let turn = 0; turn < MICROTASKS; turn++) await undefined;
    } while (timeline.pending > 0 && !timeline.isEndless);
  }

  /** F2: every replica has all that each of these groups' leaders has. */
  #checkComplete(when: string, groups: readonly string[] = this.#groups): void {
    if (this.#stage.timeline.isEndless) return;
    for (const { group, index } of this.#stage.leadersEnds()) {
      if (!groups.includes(group)) continue;
      for (const { name, disk } of this.#replicas.values()) {
        const has = new ReplicaStore(NAMESPACE, disk.inspect()).group(group).index;
        if (has === index) continue;
        this.#stage.find(
          "F2",
          `${name} has ${has} of the ${index} entries of group ${group} ${when}`,
        );
      }
    }
  }

  /** Nobody has anything left to do (L3). */
  #checkSilence(): void {
    if (this.#stage.timeline.isEndless) return;
    this.#stage.checkSilence();
    for (const { name, disk } of this.#replicas.values()) {
      if (disk.alarm !== null) this.#stage.find("L3", `${name} has an alarm, but is idle`);
    }
  }

  /** What every replica's disk holds. */
  #copy(when: string): void {
    for (const { region, disk } of this.#replicas.values()) {
      const store = new ReplicaStore(NAMESPACE, disk.inspect());
      const groups = new Map(
        store.groups(null, 1_000).groups.map(({ group }) => {
          const { index, doubts } = store.group(group);
          return [group, { index, doubts: doubts.map(({ vote }) => vote) }];
        }),
      );
      const range = {
        prefix: "",
        start: null,
        end: null,
        after: null,
        reverse: false,
        limit: 1_000,
      };
      this.#copies.push({ region, when, groups, records: store.list(range).records });
    }
  }
}

const NAMESPACE = "sim";
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const keysOf = (group: string): string[] => [
  group,
  ...["1", "2", "3", "4"].map((n) => `{${group}}${n}`),
];

function describeLevel(level: ReadLevel): string {
  switch (level.type) {
    case "eventual":
      return "eventual";
    case "session":
      return `session from ${level.atLeast}`;
    case "bounded":
      return `bounded by ${level.maxStalenessMs} ms`;
  }
}

function describeAnswer(answer: ReplicaReadAnswer): string {
  if (answer.type === "behind") return `behind at ${answer.index}`;
  const records = answer.records.map((record) => record?.revision ?? "absent").join(", ");
  return `${records} @${answer.index}, age ${answer.ageMs ?? "unknown"}${answer.doubt ? ", in doubt" : ""}`;
}
