/**
 * The play of locks: processes that want the same few locks and elections, each with a clock of its own.
 *
 * They acquire, wait, renew, release, die, oversleep, and write under their fencing tokens, stale ones too, while everything goes
 * wrong that can. Then the stage heals: whoever queues up at a leader that lives on is served in order of
 * arrival, and every lock can be had in the end.
 */
import { groupOf } from "../../../shared/group.ts";
import { DRIFT_BOUND } from "../../../shared/limits.ts";
import type { FencingToken } from "../../../shared/lock/lock.ts";
import type { LockRequest } from "../../../shared/lock/request.ts";
import type { Answer, GroupRequest, WriteRequest } from "../../../shared/member/request.ts";
import type { Idempotency } from "../../../shared/store/entry.ts";
import { transactionId } from "../../../shared/transaction/id.ts";
import { jsonValue, readJson } from "../../../shared/transaction/json.ts";
import { split, type Whole } from "../../../shared/transaction/split.ts";
import { ms, type RequestId, type TransactionId } from "../../../shared/types.ts";
import type { Client } from "../../client.ts";
import { EPOCH } from "../../clock.ts";
import type { Databases } from "../../databases.ts";
import { newOperation, type Operation } from "../../history.ts";
import type { SimMember } from "../../member.ts";
import type { Facts, Outcome } from "../../outcome.ts";
import type { Random } from "../../random.ts";
import { Stage, type StageOptions } from "../../stage.ts";
import { drawUlid } from "../../ulid.ts";
import { type Word, wordOfRequest } from "../transactions/told.ts";
import { type Belief, Holder } from "./holder.ts";
import { drawLayout, type Layout, type Place } from "./layout.ts";

/** What a play of locks leaves behind. */
export interface LocksOutcome extends Outcome {
  readonly layout: Layout;
  readonly beliefs: readonly Belief[];
  readonly fenced: readonly Fenced[];
  readonly words: readonly Word[];
  /** What each guarded list holds in the end; null where it could not be read. */
  readonly guarded: ReadonlyMap<string, readonly string[]> | null;
}

/** Something that was written on the condition that a lock is held under a token. */
export interface Fenced {
  readonly id: TransactionId;
  readonly place: Place;
  readonly token: FencingToken;
  readonly value: string;
  told: Word["told"] | null;
}

const TTLS_MS = { alone: [60, 250, 1_000, 4_000, 8_000], several: [250, 4_000, 8_000, 12_000] };
/** How far apart clocks may be: more than what is left of most locks as another leader takes over. */
const APART_MS_MAX = 10_000;
const WAITS_MS = [0, 0, 300, 2_500, 6_000];
const DEADLINES_MS = [300, 1_500, 10_000];
const HEALED_DEADLINE_MS = 10_000;
const PATIENCE_MS = [100, 400, 1_500];
/** How long a Worker waits, at first, where there may be a queue. */
const TURNS_MS = [100, 500, 2_000];
/** As the deployed Workers are: a turn in a queue takes less than they wait. */
const PATIENT = { patienceMs: 700, waitMs: 2_000, gatherMs: 1 };
/** Longer than a request's id is remembered, and than any history is kept. */
const LEAP_MS = 110_000;

/** Those who queue up in the end, and how far apart they come: farther than any message takes longer than another. */
const QUEUE_MAX = 5;
const APART_MS = 200;
/** For how long somebody wants it who goes away. */
const SHORT_MS = 50;
/** How long somebody pauses who tries to get past those who wait. */
const BARGE_MS = 10;
/** By then whatever was held before is over, by any clock, counted anew by another leader. */
const QUEUE_LATER_MS = 40_000;
/** How long they wait at most. */
const QUEUE_WAIT_MS = 80_000;

export class LocksPlay {
  readonly #stage: Stage;
  readonly #layout: Layout;
  readonly #clients: readonly Client[];
  readonly #random: Random;
  readonly #members: number;
  /** What outlasts a failover, where there can be one. */
  readonly #ttls: readonly number[];
  readonly #holders = new Map<string, Holder>();
  readonly #operations: Operation[] = [];
  readonly #beliefs: Belief[] = [];
  readonly #fenced: Fenced[] = [];
  readonly #words: Word[] = [];
  /** How often a leader comes to grief right after it has granted or renewed. */
  readonly #grief: number;
  /** How far apart members' clocks are, besides what the stage has drawn. */
  readonly #apartMs: number;
  #names = 0;

  constructor(seed: number, databases: Databases, options: Omit<StageOptions, "groups">) {
    let layout: Layout | null = null;
    this.#stage = new Stage(seed, databases, {
      ...options,
      steady: options.members > 1,
      groups: (random) => {
        layout = drawLayout(random.fork());
        return layout.groups;
      },
    });
    if (layout === null) throw new Error("a stage draws its groups");
    this.#layout = layout;
    this.#members = options.members;
    this.#ttls = options.members === 1 ? TTLS_MS.alone : TTLS_MS.several;
    this.#random = this.#stage.random.fork();
    this.#clients = this.#stage.makeClients(PATIENCE_MS);
    for (const client of this.#clients) {
      client.manner = { ...client.manner, waitMs: this.#random.pick(TURNS_MS) };
    }
    this.#grief = this.#random.chance(0.6) ? 0.5 * this.#random.next() : 0;
    this.#apartMs = this.#random.chance(0.5) ? this.#random.between(0, APART_MS_MAX) : 0;
    for (const { clock } of this.#stage.allMembers()) {
      // Whoever counts too little shows where leaders' clocks are fast, and holders' slow.
      if (this.#random.chance(1 / 3)) clock.setRate(1 + DRIFT_BOUND, 0);
      clock.setBack(this.#random.between(0, this.#apartMs));
    }
  }

  async run(): Promise<LocksOutcome> {
    const stage = this.#stage;
    stage.storm(undefined);
    const leaps = stage.random.chance(0.15);
    await this.#round(leaps ? 40 : 70);
    if (leaps) {
      await stage.wait(LEAP_MS);
      await this.#round(30);
    }
    stage.heal();
    for (const client of this.#clients) client.manner = PATIENT;
    for (const member of stage.allMembers()) member.crash();
    const queued = this.#random.pick(this.#layout.places);
    await this.#queueUp(queued);
    await stage.together(this.#layout.places.map((place) => (then) => this.#have(place, then)));
    const guarded = await this.#readGuarded();
    await this.#writeAll();
    await stage.settle();
    if (!stage.timeline.isEndless) stage.checkSilence();
    return {
      hash: stage.trace.hash,
      operations: this.#operations,
      logs: stage.closeLogs(),
      findings: stage.findings,
      facts: this.#facts(),
      layout: this.#layout,
      beliefs: this.#beliefs,
      fenced: this.#fenced,
      words: this.#words,
      guarded,
    };
  }

  /** Some of the clocks drift more than the stage has drawn. */
  #facts(): Facts {
    const facts = this.#stage.facts();
    const { offsetMsMax } = this.#stage.plan.clocks;
    const spread = 2 * (offsetMsMax + DRIFT_BOUND * this.#stage.timeline.now) + this.#apartMs;
    return { ...facts, clockSpreadMs: this.#members === 1 ? 0 : spread };
  }

  #round(count: number): Promise<void> {
    return this.#stage.round(
      this.#clients,
      count,
      (name, client, then) => this.#act(this.#holderOf(name, client), then),
      3,
    );
  }

  #holderOf(name: string, worker: Client): Holder {
    const known = this.#holders.get(name);
    if (known !== undefined) return known;
    // A third is as slow as any: it relies on its locks for longest.
    const slow = this.#random.chance(1 / 3);
    const rate = slow ? 1 - DRIFT_BOUND : 1 + DRIFT_BOUND * this.#random.between(-1, 1);
    const holder = new Holder(name, worker, rate, this.#beliefs);
    this.#holders.set(name, holder);
    return holder;
  }

  /** What a process does next, by what it relies on. */
  #act(holder: Holder, then: () => void): void {
    const random = this.#random;
    const { now } = this.#stage.timeline;
    const [held] = holder.held(now);
    const told = holder.told();
    if (held === undefined) {
      const wish = random.weighted({ acquire: 8, show: 2, stale: told.length > 0 ? 2 : 0 });
      if (wish === "acquire") this.#acquire(holder, random.pick(this.#layout.places), then);
      else if (wish === "show") this.#show(holder, random.pick(this.#layout.places), then);
      else this.#write(holder, random.pick(told), then);
      return;
    }
    const wish = random.weighted({
      renew: 4,
      write: 5,
      release: 2,
      die: 1,
      oversleep: 2,
      another: 1,
      show: 1,
    });
    switch (wish) {
      case "renew":
        this.#renew(holder, held, then);
        break;
      case "write":
        this.#write(holder, held, then);
        break;
      case "release":
        holder.letGo(held, now);
        this.#release(holder, held, then);
        break;
      case "die":
        holder.die(now);
        then();
        break;
      case "oversleep":
        // It looked at its clock, and slept, and then it writes.
        this.#stage.timeline.after(held.until - now + random.between(-50, 800), () =>
          this.#write(holder, held, then),
        );
        break;
      case "another":
        this.#acquire(holder, random.pick(this.#layout.places), then);
        break;
      case "show":
        this.#show(holder, held.place, then);
        break;
    }
  }

  #acquire(holder: Holder, place: Place, then: () => void): void {
    const random = this.#random;
    const { timeline } = this.#stage;
    const ttlMs = random.pick(this.#ttls);
    const waitMs = random.pick(WAITS_MS);
    const keyed = random.chance(0.2) ? { key: `key-${this.#names}`, fingerprint: "a" } : null;
    const { life } = holder;
    const sentAt = timeline.now;
    const hear = (answer: Answer | null): void => {
      const lock = answer?.type === "written" ? lockGranted(answer) : null;
      if (lock !== null && holder.life === life) {
        holder.granted(place, lock.token, ttlMs, sentAt, timeline.now);
        this.#grieve(answer);
      }
      // Asked again under its key it hears what the first one came to; its time counts from then all the same.
      const again = answer === null && keyed !== null && holder.life === life;
      if (again) this.#grant(holder, place, ttlMs, 0, keyed, hearRepeat);
      else then();
    };
    const hearRepeat = (answer: Answer | null): void => {
      const lock = answer?.type === "written" ? lockGranted(answer) : null;
      if (lock !== null && holder.life === life) {
        holder.granted(place, lock.token, ttlMs, sentAt, timeline.now);
      }
      then();
    };
    const leave = this.#grant(holder, place, ttlMs, waitMs, keyed, hear);
    // Its client goes away while it waits.
    if (random.chance(0.1)) timeline.after(random.between(0, 1_000), leave);
  }

  #grant(
    holder: Pick<Holder, "name" | "worker">,
    place: Place,
    ttlMs: number,
    waitMs: number,
    idempotency: Idempotency | null,
    hear: (answer: Answer | null) => void,
  ): () => void {
    const { key } = place;
    const request = this.#lockRequest({
      conditions: [{ type: "free", key, holder: holder.name }],
      operations: [{ type: "grant", key, holder: holder.name, ttlMs: ms(ttlMs), value: null }],
      waitMs: ms(waitMs),
      idempotency,
    });
    return this.#ask(holder.name, holder.worker, place.group, request, hear, waitMs);
  }

  #renew(holder: Holder, belief: Belief, then: () => void): void {
    const { key, group } = belief.place;
    const ttlMs = this.#random.pick(this.#ttls);
    const { life } = holder;
    const sentAt = this.#stage.timeline.now;
    const request = this.#lockRequest({
      conditions: [{ type: "held", key, token: belief.token }],
      operations: [{ type: "renew", key, ttlMs: ms(ttlMs) }],
    });
    this.#ask(holder.name, holder.worker, group, request, (answer) => {
      const { now } = this.#stage.timeline;
      if (holder.life === life && answer?.type === "written") {
        holder.renewed(belief, ttlMs, sentAt, now);
        this.#grieve(answer);
      }
      if (answer?.type === "failed") holder.letGo(belief, now);
      then();
    });
  }

  #release(
    holder: Pick<Holder, "name" | "worker">,
    { place: { key, group }, token }: Pick<Belief, "place" | "token">,
    then: () => void,
  ): void {
    const request = this.#lockRequest({
      conditions: [{ type: "held", key, token }],
      operations: [{ type: "delete", key }],
    });
    this.#ask(holder.name, holder.worker, group, request, () => then());
  }

  #lockRequest(
    what: Pick<LockRequest, "conditions" | "operations"> & Partial<LockRequest>,
  ): LockRequest {
    return {
      type: "lock",
      id: `k${++this.#names}` as RequestId,
      copy: false,
      idempotency: null,
      waitMs: ms(0),
      ...what,
    };
  }

  #show(holder: Holder, { key, group }: Place, then: () => void): void {
    const request: GroupRequest = { type: "get", key, revision: null };
    this.#ask(holder.name, holder.worker, group, request, () => then());
  }

  /** Writes what the lock guards, on the condition that the token holds it still. */
  #write(holder: Holder, { place, token }: Belief, then: () => void): void {
    const { timeline } = this.#stage;
    const value = `${token}/${++this.#names}`;
    const whole: Whole = {
      conditions: [{ type: "held", key: place.key, token }],
      operations: [{ type: "append", key: place.guarded, values: [value] }],
      otherwise: [],
    };
    const parts = split(whole, groupOf);
    const anchor = groupOf(place.guarded);
    const deadlineMs = this.#deadline();
    const id = transactionId(drawUlid(EPOCH + timeline.now, this.#random), anchor);
    const fenced: Fenced = { id, place, token, value, told: null };
    this.#fenced.push(fenced);
    const request: GroupRequest = {
      type: "transact",
      id,
      copy: false,
      idempotency: null,
      parts,
      deadlineMs: ms(deadlineMs),
      explain: false,
    };
    const askedAt = timeline.now;
    this.#ask(
      holder.name,
      holder.worker,
      anchor,
      request,
      (answer) => {
        const word = wordOfRequest(answer);
        fenced.told = word?.told ?? null;
        if (word !== null) {
          this.#words.push({ id, by: holder.name, askedAt, toldAt: timeline.now, ...word });
        }
        then();
      },
      0,
      deadlineMs,
    );
  }

  /** Whoever answered may come to grief now that it has told of a grant. */
  #grieve(answer: Answer | null): void {
    const random = this.#random;
    if (this.#stage.isCalm || answer === null || !random.chance(this.#grief)) return;
    const life = this.#stage.witnesses.get(answer)?.incarnation;
    const member = this.#stage.allMembers().find(({ name }) => life?.startsWith(`${name}#`));
    if (member === undefined) return;
    this.#stage.timeline.after(random.between(0, 300), () => {
      if (!this.#stage.isCalm) this.#strike(member);
    });
  }

  #strike(member: SimMember): void {
    const random = this.#random;
    const alone = this.#stage.membersOf(member.group).length === 1;
    const blow = random.weighted({ crash: 2, evict: 1, supersede: 1, leave: alone ? 0 : 4 });
    if (blow === "crash") member.crash();
    else if (blow === "evict") member.evict();
    else if (blow === "supersede") member.supersede();
    // Its group elects another, while it goes on as long as its lease lasts.
    else if (random.chance(0.5)) member.estrange(random.between(2_000, 9_000));
    else member.stop(random.between(2_000, 9_000));
  }

  // --- the end

  /** Whoever comes to a leader that lives on is served in order of arrival. */
  async #queueUp(place: Place): Promise<void> {
    const { timeline } = this.#stage;
    // From afar, so that a while passes between two turns of theirs.
    const worker = this.#clients[1] as Client;
    const count = 2 + this.#random.below(QUEUE_MAX - 1);
    const queue = Array.from({ length: count }, (_, at) => `queuer${at + 1}`);
    const comes = timeline.now + QUEUE_LATER_MS;
    // Some of them wait for several turns.
    const goes = comes + (count + 1) * APART_MS + this.#random.pick([0, 1_000, 4_000]);
    const served: string[] = [];
    // Somebody who came first goes away, and nobody waits for them.
    const gone = { name: "gone", worker };
    const leaves = timeline.now + QUEUE_LATER_MS - APART_MS;
    const hear = (): void => {};
    timeline.at(leaves, () => {
      const leave = this.#grant(gone, place, SHORT_MS, QUEUE_WAIT_MS, null, hear);
      timeline.at(goes - this.#random.between(0, 4_000), leave);
    });
    timeline.at(goes - APART_MS, () => this.#barge(place, () => served.length < count));
    await this.#stage.together([
      (then) =>
        this.#haveAs("holder", worker, place, (token) => {
          timeline.at(goes, () =>
            this.#release({ name: "holder", worker }, { place, token }, then),
          );
        }),
      ...queue.map((name, at) => (then: () => void) => {
        timeline.at(comes + at * APART_MS, () =>
          this.#haveAs(name, worker, place, (token) => {
            served.push(name);
            this.#release({ name, worker }, { place, token }, then);
          }),
        );
      }),
    ]);
    if (served.join() === queue.join()) return;
    this.#stage.find("order of arrival", `${place.key}: served were ${served.join(", ")}`);
  }

  /** Somebody who waits for nobody tries again and again to get it before those who wait. */
  #barge(place: Place, isWaitedFor: () => boolean): void {
    const worker = this.#clients[0] as Client;
    const name = "barger";
    this.#grant({ name, worker }, place, QUEUE_WAIT_MS, 0, null, (answer) => {
      const lock = answer?.type === "written" ? lockGranted(answer) : null;
      if (lock !== null && isWaitedFor()) {
        this.#stage.find("order of arrival", `${place.key}: ${name} gets it under ${lock.token}`);
      }
      if (lock !== null) this.#release({ name, worker }, { place, token: lock.token }, () => {});
      else if (isWaitedFor()) {
        this.#stage.timeline.after(BARGE_MS, () => this.#barge(place, isWaitedFor));
      }
    });
  }

  /** It can be had, and is given back. */
  #have(place: Place, then: () => void): void {
    const worker = this.#random.pick(this.#clients);
    this.#haveAs("auditor", worker, place, (token) =>
      this.#release({ name: "auditor", worker }, { place, token }, then),
    );
  }

  #haveAs(name: string, worker: Client, place: Place, then: (token: FencingToken) => void): void {
    const hear = (answer: Answer | null): void => {
      const lock = answer?.type === "written" ? lockGranted(answer) : null;
      if (lock === null) {
        const what = `${name} waited for ${place.key} in a healed world, in vain: ${answer?.type}`;
        this.#stage.find("progress", what);
      }
      then(lock?.token ?? (0 as FencingToken));
    };
    this.#grant({ name, worker }, place, QUEUE_WAIT_MS, QUEUE_WAIT_MS, null, hear);
  }

  async #readGuarded(): Promise<ReadonlyMap<string, readonly string[]> | null> {
    for (const member of this.#stage.allMembers()) member.crash();
    const lists = new Map<string, readonly string[]>();
    const keys = [...new Set(this.#layout.places.map(({ guarded }) => guarded))];
    await this.#stage.together(
      keys.map((key) => (then) => {
        const request: GroupRequest = { type: "get", key, revision: null };
        this.#ask("auditor", this.#random.pick(this.#clients), groupOf(key), request, (answer) => {
          if (answer?.type === "record") {
            const { record } = answer;
            lists.set(key, record === null ? [] : (readJson(record.value) as string[]));
          }
          then();
        });
      }),
    );
    return lists.size === keys.length ? lists : null;
  }

  /** A write in every group, so that all of its members have what its leader has. */
  #writeAll(): Promise<void> {
    return this.#stage.together(
      this.#layout.groups.map((group) => (then) => {
        const value = jsonValue("end");
        const write: WriteRequest = {
          type: "write",
          id: `w${++this.#names}` as RequestId,
          copy: false,
          idempotency: null,
          conditions: [],
          operations: [{ type: "put", key: `{${group}}end`, value, ttlMs: null }],
        };
        const worker = this.#random.pick(this.#clients);
        this.#ask("auditor", worker, group, write, () => then());
      }),
    );
  }

  #deadline(): number {
    return this.#stage.isHealed ? HEALED_DEADLINE_MS : this.#random.pick(DEADLINES_MS);
  }

  #ask(
    name: string,
    worker: Client,
    group: string,
    request: GroupRequest,
    done: (answer: Answer | null) => void,
    waitMs = 0,
    deadlineMs = this.#deadline(),
  ): () => void {
    const { timeline, witnesses, isHealed } = this.#stage;
    const number = this.#operations.length;
    const operation = newOperation({ number, client: name, group, request }, timeline.now);
    this.#operations.push(operation);
    let gone = false;
    const leave = worker.request(group, request, deadlineMs + waitMs, (answer) => {
      if (answer !== null) {
        operation.answer = answer;
        operation.returnedAt = timeline.now;
        operation.witness = witnesses.get(answer) ?? null;
      } else if (isHealed && !gone) {
        const what = `nobody answered in a healed world: operation ${operation.number}`;
        this.#stage.find("progress", what);
      }
      done(answer);
    });
    return () => {
      gone = true;
      leave();
    };
  }
}

/** The lock that an answer says was granted or renewed. */
const lockGranted = ({ results: [result] }: Extract<Answer, { type: "written" }>) =>
  result?.type === "put" ? (result.lock ?? null) : null;
