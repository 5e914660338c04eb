/**
 * The play of watches: clients that watch keys, groups, prefixes and locks while others write, over everything that goes wrong.
 *
 * Some read slowly, some stop reading, some go away and come back when what they missed may be compacted. Once the stage is healed
 * every watch must have told all there is, in the log's order, from where it began.
 */
import { groupOf } from "../../../shared/group.ts";
import { TRANSACTION_GRACE_MS } from "../../../shared/limits.ts";
import { internalKey } from "../../../shared/lock/key.ts";
import type { Answer, GroupRequest, WriteOperation } from "../../../shared/member/request.ts";
import type { WatchStart } from "../../../shared/member/watch.ts";
import { transactionId } from "../../../shared/transaction/id.ts";
import { jsonValue } from "../../../shared/transaction/json.ts";
import { split } from "../../../shared/transaction/split.ts";
import { logIndex, ms, type RequestId } from "../../../shared/types.ts";
import { parsePosition } from "../../../shared/watch/position.ts";
import type { Selector } from "../../../shared/watch/selector.ts";
import type { Client } from "../../client.ts";
import { EPOCH } from "../../clock.ts";
import type { Databases } from "../../databases.ts";
import { newOperation, type Operation } from "../../history.ts";
import type { SimMember } from "../../member.ts";
import type { Outcome } from "../../outcome.ts";
import type { Random } from "../../random.ts";
import { Stage, type StageOptions } from "../../stage.ts";
import { drawUlid } from "../../ulid.ts";
import { type Manner, Stream, type StreamWorld } from "./stream.ts";

/** What a play of watches leaves behind. */
export interface WatchOutcome extends Outcome {
  readonly streams: readonly Stream[];
}

const DEADLINES_MS = [400, 1_500, 10_000];
const HEALED_DEADLINE_MS = 10_000;
const PATIENCE_MS = [100, 400, 1_500];
/** As the deployed Workers are. */
const PATIENT = { patienceMs: 700, waitMs: 2_000, gatherMs: 1 };
/** Longer than any history is kept. */
const LEAP_MS = 110_000;
const TTLS_MS = [100, 1_000, 20_000];

/** Keys that are written at once, so that a watcher that reads slowly fills its window. */
const BURST = 120;

/** A watcher learns by its own checks alone that its member was replaced: so long, and the time to go elsewhere. */
const CAUGHT_UP_MS = 60_000;
const LOOK_MS = 500;

const AT_ONCE: Manner = { changeMs: 0, stalls: () => 0 };

export class WatchPlay {
  readonly #stage: Stage;
  readonly #clients: readonly Client[];
  readonly #random: Random;
  readonly #operations: Operation[] = [];
  readonly #streams: Stream[] = [];
  readonly #groups: readonly string[];
  /** Whether much is written at once. */
  readonly #bursts: boolean;
  /** Whether clients come and go. */
  readonly #wanders: boolean;
  /** The last index that anybody was told of each group. */
  readonly #known = new Map<string, number>();
  #names = 0;

  constructor(seed: number, databases: Databases, options: Omit<StageOptions, "groups">) {
    this.#stage = new Stage(seed, databases, {
      ...options,
      groups: (random) => ["a", "b"].slice(0, 1 + random.below(2)),
    });
    this.#groups = [...this.#stage.groups.keys()];
    this.#random = this.#stage.random.fork();
    this.#clients = this.#stage.makeClients(PATIENCE_MS);
    this.#bursts = this.#random.chance(0.4);
    this.#wanders = this.#random.chance(0.4);
  }

  async run(): Promise<WatchOutcome> {
    const stage = this.#stage;
    stage.storm(undefined);
    this.#delayOutcomes(this.#random.chance(0.5) ? 0.3 * this.#random.next() : 0);
    const count = 2 + this.#random.below(4);
    for (let number = 1; number <= count; number++) {
      const afterMs = this.#random.between(0, this.#random.pick([1, 500, 3_000, 20_000]));
      stage.timeline.after(afterMs, () => {
        if (!stage.isHealed) this.#watch(number);
      });
    }
    if (this.#random.chance(0.5)) this.#sleepOften(this.#random.pick([50, 300, 1_500]));
    const leaps = this.#random.chance(0.2);
    await this.#round(leaps ? 30 : 60);
    if (leaps) {
      const away = this.#streams.filter(() => this.#random.chance(0.5));
      for (const stream of away) stream.leave();
      await this.#round(10);
      await stage.wait(LEAP_MS);
      await this.#round(10);
      for (const stream of away) stream.comeBack();
      await this.#round(20);
    }
    // Nobody writes, and whoever reads slowly goes on.
    if (this.#bursts) await stage.wait(this.#random.between(0, 30_000));
    stage.heal();
    for (const client of this.#clients) client.manner = PATIENT;
    for (const member of stage.allMembers()) member.crash();
    for (const stream of this.#streams) {
      stream.manner = AT_ONCE;
      stream.comeBack();
    }
    await this.#round(10);
    const last = await this.#writeAll();
    await this.#catchUp(last);
    for (const stream of this.#streams) stream.end();
    await stage.settle();
    if (!stage.timeline.isEndless) stage.checkSilence();
    return {
      hash: stage.trace.hash,
      operations: this.#operations,
      logs: stage.closeLogs(),
      findings: stage.findings,
      facts: stage.facts(),
      streams: this.#streams,
    };
  }

  /** Votes stay open for longer than some logs are kept: whoever is about to hear an outcome hangs. */
  #delayOutcomes(rate: number): void {
    const stage = this.#stage;
    const random = this.#random.fork();
    stage.afterErrand = (_, group, { type }) => {
      if (stage.isCalm || type !== "resolve" || !random.chance(rate)) return;
      for (const member of stage.membersOf(group)) member.stop(random.between(5_000, 15_000));
    };
  }

  /** Members leave memory whenever nobody waits for them; their watchers' sockets stay. */
  #sleepOften(eachMs: number): void {
    const { timeline } = this.#stage;
    if (this.#stage.isHealed) return;
    for (const member of this.#stage.allMembers()) member.evict();
    timeline.after(eachMs * this.#random.between(0.5, 1.5), () => this.#sleepOften(eachMs));
  }

  // --- watching

  #watch(number: number): void {
    const random = this.#random;
    const group = random.pick(this.#groups);
    const selector = this.#selector(group);
    const start = this.#start(group);
    const { timeline, network, trace, witnesses } = this.#stage;
    const world: StreamWorld = {
      timeline,
      network,
      note: (what) => trace.note(timeline.now, `watcher${number}`, what),
      find: (property, detail) => this.#stage.find(property, detail),
      witnessOf: (answer) => witnesses.get(answer) ?? null,
      memberOf: (answer) => {
        const life = witnesses.get(answer)?.incarnation;
        return this.#membersOf(group).find(({ name }) => life?.startsWith(`${name}#`)) ?? null;
      },
    };
    world.note(`watches ${JSON.stringify(selector)} of ${group} from ${JSON.stringify(start)}`);
    const manner = random.chance(0.4) ? this.#slow() : AT_ONCE;
    const stream = new Stream(world, random.pick(this.#clients), group, selector, start, manner);
    this.#streams.push(stream);
    if (this.#wanders) this.#wander(stream);
  }

  /** Its client goes away for a while, again and again. */
  #wander(stream: Stream): void {
    const { timeline } = this.#stage;
    timeline.after(this.#random.between(200, 6_000), () => {
      if (this.#stage.isHealed) return;
      stream.leave();
      timeline.after(this.#random.between(100, 15_000), () => {
        stream.comeBack();
        this.#wander(stream);
      });
    });
  }

  #membersOf(group: string): readonly SimMember[] {
    return this.#stage.membersOf(group);
  }

  #selector(group: string): Selector {
    const random = this.#random;
    const kind = random.weighted({ key: 4, group: 3, prefix: 2, lock: 1 });
    switch (kind) {
      case "key":
        return { type: "key", key: this.#keyOf(group) };
      case "group":
        return { type: "prefix", prefix: "" };
      case "prefix":
        return { type: "prefix", prefix: `{${group}}b` };
      case "lock":
        return { type: "key", key: this.#lockOf(group) };
    }
  }

  #start(group: string): WatchStart {
    const known = this.#known.get(group) ?? 0;
    const kind = this.#random.weighted({ now: 3, first: 2, known: 2 });
    if (kind === "now" || known === 0) return { type: "now" };
    const revision = kind === "first" ? 1 : 1 + this.#random.below(known);
    return { type: "revision", revision: logIndex(revision) };
  }

  #slow(): Manner {
    const random = this.#random.fork();
    const often = random.pick([0, 0.1, 0.4]);
    return {
      changeMs: random.pick([0, 5, 40]),
      stalls: () => (random.chance(often) ? random.between(0, 25_000) : 0),
    };
  }

  // --- writing

  readonly #keyOf = (group: string): string => `{${group}}k${1 + this.#random.below(3)}`;
  readonly #lockOf = (group: string): string => internalKey("lock", group);

  #round(count: number): Promise<void> {
    return this.#stage.round(this.#clients, count, (name, client, then) =>
      this.#act(name, client, then),
    );
  }

  #act(name: string, client: Client, then: () => void): void {
    const random = this.#random;
    const group = random.pick(this.#groups);
    const key = this.#keyOf(group);
    const kind = random.weighted({
      put: 8,
      delete: 3,
      several: 3,
      burst: this.#bursts ? 2 : 0,
      transact: 5,
      lock: 2,
    });
    switch (kind) {
      case "put":
        this.#write(name, client, group, [this.#put(key)], then);
        break;
      case "delete":
        this.#write(name, client, group, [{ type: "delete", key }], then);
        break;
      case "several": {
        const keys = [1, 2, 3].map((number) => `{${group}}k${number}`);
        const puts = keys.map((one) => this.#put(one));
        this.#write(name, client, group, puts, then);
        break;
      }
      case "burst":
        this.#write(name, client, group, this.#burst(group), then);
        break;
      case "transact":
        this.#transact(name, client, then);
        break;
      case "lock":
        this.#grant(name, client, group, then);
        break;
    }
  }

  #put(key: string, mayExpire = true): WriteOperation {
    const random = this.#random;
    const ttlMs = mayExpire && random.chance(0.15) ? ms(random.pick(TTLS_MS)) : null;
    return { type: "put", key, value: jsonValue(`v${++this.#names}`), ttlMs };
  }

  #burst(group: string): WriteOperation[] {
    return Array.from({ length: BURST }, (_, at) => {
      const value = jsonValue(`v${++this.#names}`);
      return { type: "put", key: `{${group}}b${at + 1}`, value, ttlMs: null };
    });
  }

  #write(
    name: string,
    client: Client,
    group: string,
    operations: readonly WriteOperation[],
    then: (index: number | null) => void,
  ): void {
    const request: GroupRequest = {
      type: "write",
      id: `w${++this.#names}` as RequestId,
      copy: false,
      idempotency: null,
      conditions: [],
      operations,
    };
    this.#ask(name, client, group, request, then);
  }

  /** Changes keys of both groups at once; they become visible where their votes are resolved. */
  #transact(name: string, client: Client, then: () => void): void {
    const operations = this.#groups.map((group) => this.#put(this.#keyOf(group)));
    const first = operations[0]?.key ?? "";
    const id = transactionId(
      drawUlid(EPOCH + this.#stage.timeline.now, this.#random),
      groupOf(first),
    );
    const deadlineMs = ms(this.#deadline());
    const request: GroupRequest = {
      type: "transact",
      id,
      copy: false,
      idempotency: null,
      parts: split({ conditions: [], operations, otherwise: [] }, groupOf),
      deadlineMs,
      explain: false,
    };
    const graceMs = TRANSACTION_GRACE_MS;
    this.#ask(name, client, groupOf(first), request, () => then(), deadlineMs + graceMs);
  }

  #grant(name: string, client: Client, group: string, then: (index: number | null) => void): void {
    const key = this.#lockOf(group);
    const request: GroupRequest = {
      type: "lock",
      id: `w${++this.#names}` as RequestId,
      copy: false,
      idempotency: null,
      conditions: [{ type: "free", key, holder: "h" }],
      operations: [{ type: "grant", key, holder: "h", ttlMs: ms(200), value: null }],
      waitMs: ms(0),
    };
    this.#ask(name, client, group, request, then);
  }

  #deadline(): number {
    return this.#stage.isHealed ? HEALED_DEADLINE_MS : this.#random.pick(DEADLINES_MS);
  }

  #ask(
    name: string,
    client: Client,
    group: string,
    request: GroupRequest,
    then: (index: number | null) => void,
    deadlineMs = this.#deadline(),
  ): void {
    const { timeline, witnesses, isHealed } = this.#stage;
    const number = this.#operations.length;
    const operation = newOperation({ number, client: name, group, request }, timeline.now);
    this.#operations.push(operation);
    client.request(group, request, deadlineMs, (answer) => {
      if (answer !== null) {
        operation.answer = answer;
        operation.returnedAt = timeline.now;
        operation.witness = witnesses.get(answer) ?? null;
      } else if (isHealed) {
        const what = `nobody answered in a healed world: operation ${operation.number}`;
        this.#stage.find("progress", what);
      }
      then(this.#learn(group, answer));
    });
  }

  #learn(group: string, answer: Answer | null): number | null {
    if (answer === null || !("receipt" in answer)) return null;
    const { index } = answer.receipt;
    this.#known.set(group, Math.max(index, this.#known.get(group) ?? 0));
    return index;
  }

  // --- the end

  /** Changes everything that is watched once more. Gives where each stream's last change stands, at the least. */
  async #writeAll(): Promise<ReadonlyMap<Stream, number>> {
    const last = new Map<Stream, number>();
    const [client] = this.#clients;
    if (client === undefined) throw new Error("a stage has clients");
    await this.#stage.together(
      this.#streams.map((stream) => (then) => {
        const { group, selector } = stream;
        const done = (index: number | null): void => {
          last.set(stream, index ?? 0);
          then();
        };
        const key = selector.type === "key" ? selector.key : `${selector.prefix}b-end`;
        if (key === this.#lockOf(group)) this.#grant("auditor", client, group, done);
        else {
          const place = groupOf(key) === group ? key : `{${group}}end`;
          this.#write("auditor", client, group, [this.#put(place, false)], done);
        }
      }),
    );
    return last;
  }

  /** Every stream is told all there is, sooner or later. */
  async #catchUp(last: ReadonlyMap<Stream, number>): Promise<void> {
    const behind = (): Stream[] =>
      [...last].flatMap(([stream, index]) => {
        const position = stream.position === null ? null : parsePosition(stream.position);
        return position === null || position.index < index ? [stream] : [];
      });
    for (let waited = 0; waited < CAUGHT_UP_MS && behind().length > 0; waited += LOOK_MS) {
      await this.#stage.wait(LOOK_MS);
    }
    for (const stream of behind()) {
      const what = `a watch of ${stream.group} is at ${stream.position}, not at ${last.get(stream)}`;
      this.#stage.find("progress", what);
    }
  }
}
