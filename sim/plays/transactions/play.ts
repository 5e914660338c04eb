/**
 * The play of transactions: over one to six groups, on keys that all clients want.
 *
 * A run begins calm where accounts are to hold money; then everything goes wrong that can; then it is healed, and
 * whatever is in doubt must come to its end by contact, or by alarms alone. Last of all everything is read, and every
 * id that was ever used is looked up.
 */
import { groupOf } from "../../../shared/group.ts";
import {
  DRIFT_BOUND,
  LEASE_MS,
  RECOVERY_PAUSE_MS_MAX,
  TRANSACTION_GRACE_MS,
} from "../../../shared/limits.ts";
import type { Answer, GroupRequest, WriteRequest } from "../../../shared/member/request.ts";
import { transactionId } from "../../../shared/transaction/id.ts";
import { jsonValue, readJson } from "../../../shared/transaction/json.ts";
import { readOnly } from "../../../shared/transaction/read-only.ts";
import { split, type Whole } from "../../../shared/transaction/split.ts";
import {
  type Json,
  logIndex,
  ms,
  type RequestId,
  type TransactionId,
} from "../../../shared/types.ts";
import type { Client } from "../../client.ts";
import { EPOCH } from "../../clock.ts";
import type { Databases } from "../../databases.ts";
import { newOperation, type Operation } from "../../history.ts";
import type { Outcome } from "../../outcome.ts";
import type { Random } from "../../random.ts";
import { Stage, type StageOptions } from "../../stage.ts";
import { drawUlid } from "../../ulid.ts";
import { drawHarm, harm, type Leap } from "./harm.ts";
import { drawLayout, type Layout } from "./layout.ts";
import { type AskedTransaction, type Word, wordOfLookUp, wordOfRequest } from "./told.ts";
import { type Transfer, type Wish, Workload } from "./workload.ts";

/** What a play of transactions leaves behind. */
export interface TransactionsOutcome extends Outcome {
  readonly layout: Layout;
  /** Every key that may hold a list. */
  readonly lists: readonly string[];
  readonly transactions: readonly AskedTransaction[];
  readonly words: readonly Word[];
  /** Every key's value after all was over; null where it could not be read. */
  readonly last: ReadonlyMap<string, Json> | null;
}

const DEADLINES_MS = [100, 400, 1_500, 5_000, 10_000];
const DEADLINE_MS_MAX = 10_000;
const PATIENCE_MS = [100, 400, 2_000];
/** How long a Worker waits, at first, where a transaction may have to be waited for. */
const WAITS_MS = [100, 500, 2_000];
/** As the deployed Workers are. */
const PATIENT = { patienceMs: 700, waitMs: 2_000, gatherMs: 1 };
/** Longer than a request's id is remembered, and than an outcome is. */
const LEAPS_MS = { none: 0, copies: 75_000, outcomes: 26 * 3_600_000 };
/** Longer than any history is kept. */
const COMPACTED_MS = 110_000;
/** What every account holds where it may not be overdrawn. */
export const BALANCE = 100;

/** A way to ask for the same thing again. */
interface Keyed {
  readonly key: string;
  readonly fingerprint: string;
  readonly asked: AskedTransaction;
  readonly epoch: number;
}

export class TransactionsPlay {
  readonly #stage: Stage;
  readonly #layout: Layout;
  readonly #workload: Workload;
  readonly #clients: readonly Client[];
  readonly #random: Random;
  readonly #members: number;
  /** How far the clock of each client's Worker is off. */
  readonly #skewMs = new Map<Client, number>();
  readonly #operations: Operation[] = [];
  readonly #transactions: AskedTransaction[] = [];
  readonly #words: Word[] = [];
  readonly #keyed: Keyed[] = [];
  /** When each transaction's client heard of it, or gave up. */
  readonly #ended = new Map<TransactionId, number>();
  /** How long clients give a transaction. One story alone needs time to unfold. */
  #deadlines: readonly number[] = DEADLINES_MS;
  /** How often somebody else wants a transaction's outcome while it is under way, and who. */
  #rivals = 0.15;
  #rival: Client | null = null;
  /** Raised when more time has passed than an idempotency key is kept. */
  #epoch = 0;
  #names = 0;
  #writes = 0;

  constructor(seed: number, databases: Databases, options: Omit<StageOptions, "groups">) {
    let layout: Layout | null = null;
    this.#stage = new Stage(seed, databases, {
      ...options,
      groups: (random) => {
        layout = drawLayout(random.fork());
        return layout.groups;
      },
    });
    this.#members = options.members;
    if (layout === null) throw new Error("a stage draws its groups");
    this.#layout = layout;
    this.#random = this.#stage.random.fork();
    this.#workload = new Workload(this.#stage.random.fork(), layout);
    this.#clients = this.#stage.makeClients(PATIENCE_MS);
    const { offsetMsMax } = this.#stage.plan.clocks;
    for (const client of this.#clients) {
      client.manner = { ...client.manner, waitMs: this.#random.pick(WAITS_MS) };
      this.#skewMs.set(client, this.#random.between(-offsetMsMax, offsetMsMax));
    }
  }

  async run(): Promise<TransactionsOutcome> {
    const stage = this.#stage;
    stage.calm();
    await this.#fund();
    const leap = stage.random.weighted({ none: 16, copies: 3, outcomes: 3 });
    const plan = drawHarm(stage.random.fork(), leap);
    if (plan.scene !== "free") this.#deadlines = DEADLINES_MS.slice(-2);
    if (plan.scene === "ghost") this.#beImpatientWithGhosts();
    stage.trace.note(stage.timeline.now, "world", `${plan.scene} scene, leap: ${leap}`);
    harm(stage, plan, 2 * LEAPS_MS.outcomes);
    await this.#round(leap === "none" ? 40 : 25);
    if (leap !== "none") {
      await this.#leap(leap);
      await this.#round(12);
      if (leap === "outcomes") {
        // An anchor forgets while it writes, and a little later than it might.
        await this.#writeAll();
        await this.#writeAll();
      }
      await this.#round(8);
    }
    stage.heal();
    for (const member of stage.allMembers()) member.crashAfter(Number.POSITIVE_INFINITY);
    for (const client of this.#clients) client.manner = PATIENT;
    this.#expectEndOfDoubt();
    // Either alone must suffice: contact, or the participants' alarms.
    if (stage.random.chance(0.5)) await this.#round(8);
    await stage.settle();
    this.#checkRest("once all was quiet");
    await this.#contend();
    await stage.settle();
    await this.#writeAll();
    await stage.settle();
    const last = await this.#readAll();
    await this.#lookUpAll();
    if (leap === "copies") {
      // What was said is said again when the log has been compacted behind it.
      await stage.wait(COMPACTED_MS);
      await this.#writeAll();
      await this.#lookUpAll();
    }
    await stage.settle();
    this.#checkRest("in the end");
    return {
      hash: stage.trace.hash,
      operations: this.#operations,
      logs: stage.closeLogs(),
      findings: stage.findings,
      facts: stage.facts(),
      layout: this.#layout,
      lists: this.#workload.lists,
      transactions: this.#transactions,
      words: this.#words,
      last,
    };
  }

  /** One client hears a ghost out; the other one asks somebody else at once. */
  #beImpatientWithGhosts(): void {
    const [patient, rival] = this.#clients;
    if (patient === undefined || rival === undefined) return;
    patient.manner = { ...patient.manner, waitMs: 10_000 };
    rival.manner = { ...rival.manner, waitMs: 200 };
    this.#rival = rival;
    this.#rivals = 0.7;
  }

  async #leap(leap: Exclude<Leap, "none">): Promise<void> {
    if (leap === "copies") {
      await this.#stage.wait(LEAPS_MS.copies);
      return;
    }
    // Whoever is in doubt asks every minute; a day of that shows nothing new.
    for (const member of this.#stage.allMembers()) member.stop(LEAPS_MS.outcomes);
    await this.#stage.waitInStep(LEAPS_MS.outcomes);
    this.#epoch += 1;
  }

  #round(count: number): Promise<void> {
    return this.#stage.round(this.#clients, count, (name, client, then) =>
      this.#grant(name, client, this.#workload.next(), then),
    );
  }

  /** Puts money on every account, all in one transaction. */
  async #fund(): Promise<void> {
    const { accounts, covered } = this.#layout;
    const [client] = this.#clients;
    if (!covered || accounts.length === 0 || client === undefined) return;
    const value = jsonValue(BALANCE);
    const operations = accounts.map((key) => ({ type: "put", key, value, ttlMs: null }) as const);
    const whole = { conditions: [], operations, otherwise: [] };
    await this.#stage.together([(then) => this.#transact("bank", client, whole, null, null, then)]);
    await this.#stage.settle();
  }

  /** Many at once who want the same: each must get it within a generous deadline, and the oldest never gives way. */
  async #contend(): Promise<void> {
    // What failed of a disk while all went wrong is noticed only now; and who leads is settled by the first writes.
    for (const member of this.#stage.allMembers()) member.crash();
    await this.#writeAll();
    const first = this.#transactions.length;
    const hard = this.#random.chance(0.25);
    await this.#stage.round(
      this.#clients,
      // With several members a commit takes so long that the deadline is soon not generous any more.
      hard ? 40 / this.#members : 12,
      (name, client, then) => {
        const { whole, transfer } = this.#workload.contending();
        this.#transact(name, client, whole, transfer, null, then, (answer) => {
          if (answer?.type === "transacted") return;
          const what = answer?.type === "refused" ? answer.code : "no answer";
          this.#stage.find("fairness", `${what} though all is well: ${name} at the end`);
        });
      },
      hard ? 8 : 6,
    );
    this.#checkAges(this.#transactions.slice(first));
  }

  /** Wait-die: nobody gives way while there is none who is older. As the lone member's clock shows it. */
  #checkAges(contenders: readonly AskedTransaction[]): void {
    const byId = new Map<string, AskedTransaction>(contenders.map((one) => [one.id, one]));
    for (const { group, entries } of this.#stage.closeLogs()) {
      const [member, another] = this.#stage.membersOf(group);
      if (member === undefined || another !== undefined || member.clock.setBacks > 0) continue;
      for (const { at, transaction = [] } of entries) {
        for (const effect of transaction) {
          if (effect.type !== "outcome" || effect.final || !byId.has(effect.id)) continue;
          const time = member.clock.timeOf(at);
          const older = contenders.some(({ id, invokedAt }) => {
            const endedAt = this.#ended.get(id) ?? Number.POSITIVE_INFINITY;
            return id < effect.id && invokedAt <= time && time <= endedAt + RELEASE_MS;
          });
          if (older) continue;
          const who = `${effect.id} in attempt ${effect.attempt}`;
          this.#stage.find("fairness", `${who} gives way though nobody is older`);
        }
      }
    }
  }

  #grant(name: string, client: Client, wish: Wish, then: () => void): void {
    switch (wish.type) {
      case "transact": {
        const { whole, transfer, keyed, watched } = wish;
        this.#transact(name, client, whole, transfer, keyed ? this.#newKey() : null, then);
        if (watched !== undefined) this.#watch(name, watched);
        break;
      }
      case "read-only":
        this.#readTogether(name, client, wish.whole, then);
        break;
      case "get":
        this.#get(name, client, wish.key, then);
        break;
      case "swap":
        this.#swap(name, client, wish.key, then);
        break;
      case "repeat":
        this.#repeat(name, client, then);
        break;
      case "misuse":
        this.#misuse(name, client, wish.whole, then);
        break;
      case "look-up": {
        const asked = this.#recent();
        if (asked === null) this.#get(name, client, this.#layout.lists[0] as string, then);
        else this.#lookUp(name, client, asked.id, wish.settle, then);
        break;
      }
    }
  }

  // --- transactions that an anchor coordinates

  #transact(
    name: string,
    client: Client,
    whole: Whole,
    transfer: Transfer | null,
    key: Pick<Keyed, "key" | "fingerprint"> | null,
    then: () => void,
    hear: (answer: Answer | null) => void = () => {},
    effect: string | null = null,
  ): void {
    const random = this.#random;
    const parts = split(whole, groupOf);
    const anchor = parts[0]?.group ?? "";
    const asked = this.#note(name, client, whole, transfer, anchor, true, effect);
    if (key !== null && effect === null) {
      this.#keyed.push({ ...key, asked, epoch: this.#epoch });
    }
    const deadlineMs = ms(this.#stage.isCalm ? DEADLINE_MS_MAX : random.pick(this.#deadlines));
    const request: GroupRequest = {
      type: "transact",
      id: asked.id,
      copy: false,
      idempotency: key === null ? null : { key: key.key, fingerprint: key.fingerprint },
      parts,
      deadlineMs,
      explain: false,
    };
    const leave = this.#ask(
      asked.name,
      client,
      anchor,
      request,
      deadlineMs + TRANSACTION_GRACE_MS,
      (answer, askedAt) => {
        this.#ended.set(asked.id, this.#stage.timeline.now);
        hear(answer);
        // A repeat is told of the one that came first.
        const id = answer?.type === "transacted" ? answer.id : asked.id;
        this.#tell(id, asked.name, askedAt, wordOfRequest(answer));
        const curious = wordOfRequest(answer) === null && random.chance(0.6);
        if (!curious) then();
        else this.#lookUp(name, client, asked.id, random.chance(0.5), then);
      },
    );
    if (this.#stage.isCalm) return;
    if (random.chance(0.1)) this.#stage.timeline.after(random.between(0, 200), leave);
    if (!random.chance(this.#rivals)) return;
    // A recovery that races the original.
    const other = this.#rival ?? random.pick(this.#clients);
    this.#stage.timeline.after(random.between(0, 150), () =>
      this.#lookUp(`${name}'s rival`, other, asked.id, random.chance(0.7), () => {}),
    );
  }

  #repeat(name: string, client: Client, then: () => void): void {
    const recent = this.#keyed.filter(({ epoch }) => epoch === this.#epoch).slice(-4);
    if (recent.length === 0) {
      this.#get(name, client, this.#layout.lists[0] as string, then);
      return;
    }
    const keyed = this.#random.pick(recent);
    const { whole, transfer, effect } = keyed.asked;
    this.#transact(name, client, whole, transfer, keyed, then, () => {}, effect);
  }

  #misuse(name: string, client: Client, whole: Whole, then: () => void): void {
    const known = this.#keyed.at(-1);
    if (known === undefined) {
      this.#transact(name, client, whole, null, null, then);
      return;
    }
    const key = { key: known.key, fingerprint: `other-${this.#names}` };
    // An effect of its own, though it may be refused for the key.
    this.#transact(name, client, whole, null, key, then, () => {}, `misuse-${this.#names}`);
  }

  #newKey(): Pick<Keyed, "key" | "fingerprint"> {
    return { key: `key-${this.#names}`, fingerprint: "a" };
  }

  #lookUp(
    name: string,
    client: Client,
    id: TransactionId,
    settle: boolean,
    then: (answer: Answer | null) => void,
  ): void {
    const request: GroupRequest = { type: "look-up", id, settle };
    const deadlineMs = this.#stage.isCalm ? DEADLINE_MS_MAX : this.#random.pick(this.#deadlines);
    const group = id.slice(id.indexOf(".") + 1);
    this.#ask(name, client, group, request, deadlineMs, (answer, askedAt) => {
      this.#tell(id, `${name}, looking it up`, askedAt, wordOfLookUp(answer));
      then(answer);
    });
  }

  #recent(): AskedTransaction | null {
    const recent = this.#transactions.filter(({ coordinated }) => coordinated).slice(-6);
    return recent.length === 0 ? null : this.#random.pick(recent);
  }

  // --- transactions without a coordinator

  #readTogether(name: string, client: Client, whole: Whole, then: () => void): void {
    const { timeline, isCalm } = this.#stage;
    const asked = this.#note(name, client, whole, null, "", false, null);
    const deadlineMs = isCalm ? DEADLINE_MS_MAX : this.#random.pick(this.#deadlines);
    const deadline = timeline.now + deadlineMs;
    const ports: Parameters<typeof readOnly>[2] = {
      ask: (group, request) =>
        new Promise((resolve, reject) => {
          const left = Math.max(1, deadline - timeline.now);
          this.#ask(asked.name, client, group, request, left, (answer) => {
            if (answer?.type === "read" || answer?.type === "validated") resolve(answer);
            else reject(new Error("no answer"));
          });
        }),
      retry: () =>
        new Promise((resolve) => {
          timeline.after(this.#random.between(5, 60), () => resolve(timeline.now < deadline));
        }),
    };
    readOnly(whole, split(whole, groupOf), ports).then(
      (read) => {
        if (read.type === "read") {
          const results = read.results.map((result, at) => ({ ...result, at }));
          const answer = { succeeded: read.succeeded, failed: read.failed, results };
          const told = read.succeeded ? "committed" : "else";
          this.#tell(asked.id, asked.name, asked.invokedAt, { told, answer });
        }
        then();
      },
      () => then(),
    );
  }

  /** Reads what is just being written. */
  #watch(name: string, whole: Whole): void {
    const random = this.#random;
    this.#stage.timeline.after(random.between(0, 40), () => {
      if (this.#stage.isCalm) return;
      this.#readTogether(`${name}'s watcher`, random.pick(this.#clients), whole, () => {});
    });
  }

  #get(name: string, client: Client, key: string, then: () => void): void {
    const whole: Whole = { conditions: [], operations: [{ type: "get", key }], otherwise: [] };
    const asked = this.#note(name, client, whole, null, "", false, null);
    const request: GroupRequest = { type: "get", key, revision: null };
    this.#ask(asked.name, client, groupOf(key), request, this.#patience(), (answer, askedAt) => {
      if (answer?.type === "record") {
        const { record } = answer;
        const result = {
          at: 0,
          op: "get",
          key,
          revision: record?.revision ?? null,
          ...(record !== null && { value: record.value }),
        } as const;
        this.#tell(asked.id, asked.name, askedAt, {
          told: "committed",
          answer: { succeeded: true, failed: [], results: [result] },
        });
      }
      then();
    });
  }

  /** Reads a list, and puts a longer one on the condition that it is still the same. */
  #swap(name: string, client: Client, key: string, then: () => void): void {
    const request: GroupRequest = { type: "get", key, revision: null };
    this.#ask(name, client, groupOf(key), request, this.#patience(), (read) => {
      if (read?.type !== "record") {
        then();
        return;
      }
      const { record } = read;
      const list = record === null ? [] : (readJson(record.value) as readonly Json[]);
      const values = [this.#workload.nextValue()];
      const whole: Whole = {
        conditions: [],
        operations: [
          { type: "get", key },
          { type: "append", key, values },
        ],
        otherwise: [],
      };
      const asked = this.#note(name, client, whole, null, "", false, null);
      const write: WriteRequest = {
        type: "write",
        id: `w${++this.#writes}` as RequestId,
        copy: false,
        idempotency: null,
        conditions: [
          record === null
            ? { type: "exists", key, exists: false }
            : { type: "revision", key, among: [record.revision], negated: false },
        ],
        operations: [{ type: "put", key, value: jsonValue([...list, ...values]), ttlMs: null }],
      };
      this.#ask(asked.name, client, groupOf(key), write, this.#patience(), (answer, askedAt) => {
        if (answer?.type === "written") {
          const get = {
            at: 0,
            op: "get",
            key,
            revision: record?.revision ?? null,
            ...(record !== null && { value: record.value }),
          } as const;
          this.#tell(asked.id, asked.name, askedAt, {
            told: "committed",
            answer: { succeeded: true, failed: [], results: [get] },
          });
        } else if (answer !== null) {
          // Refused or failed: it has no effect, now or later.
          this.#tell(asked.id, asked.name, askedAt, { told: "refused", answer: null });
        }
        then();
      });
    });
  }

  #patience(): number {
    return this.#stage.isCalm ? DEADLINE_MS_MAX : this.#random.pick(this.#deadlines);
  }

  // --- the end

  /** T5: what is in doubt as the stage heals is so no more when all deadlines and a lease are over. */
  #expectEndOfDoubt(): void {
    const stage = this.#stage;
    const { clockSpreadMs } = stage.facts();
    const reached = new Map(this.#stage.leadersEnds().map(({ group, index }) => [group, index]));
    const boundMs =
      (DEADLINE_MS_MAX + RECOVERY_ALARMS * RECOVERY_PAUSE_MS_MAX + LEASE_MS) * (1 + DRIFT_BOUND) +
      clockSpreadMs;
    stage.timeline.after(boundMs, () => {
      for (const { group, oldestOpen } of this.#stage.leadersEnds()) {
        if (oldestOpen === null || oldestOpen > (reached.get(group) ?? 0)) continue;
        stage.find("T5", `group ${group}: the vote at ${oldestOpen} is in doubt for too long`);
      }
    });
  }

  /** Nothing is in doubt, and nobody has anything left to do (L3). */
  #checkRest(when: string): void {
    if (this.#stage.timeline.isEndless) return;
    this.#stage.checkSilence();
    for (const { group, oldestOpen } of this.#stage.leadersEnds()) {
      if (oldestOpen === null) continue;
      this.#stage.find("T5", `group ${group}: the vote at ${oldestOpen} is in doubt ${when}`);
    }
  }

  /** A write in every group, so that all of its members have what its leader has. */
  #writeAll(): Promise<void> {
    return this.#stage.together(
      this.#layout.groups.map((group) => (then) => {
        const operations = [
          { type: "put", key: `{${group}}end`, value: jsonValue("end"), ttlMs: null } as const,
        ];
        const id = `w${++this.#writes}` as RequestId;
        const write: WriteRequest = {
          type: "write",
          id,
          copy: false,
          idempotency: null,
          conditions: [],
          operations,
        };
        const client = this.#random.pick(this.#clients);
        this.#ask("auditor", client, group, write, DEADLINE_MS_MAX, () => then());
      }),
    );
  }

  /** Every key as it is in the end, told by leaders that have just woken. */
  async #readAll(): Promise<ReadonlyMap<string, Json> | null> {
    for (const member of this.#stage.allMembers()) member.crash();
    const last = new Map<string, Json>();
    const keys = [...this.#workload.lists, ...this.#layout.accounts];
    await this.#stage.together(
      keys.map((key) => (then) => {
        const client = this.#random.pick(this.#clients);
        const request: GroupRequest = { type: "get", key, revision: null };
        this.#ask("auditor", client, groupOf(key), request, DEADLINE_MS_MAX, (answer) => {
          if (answer?.type === "record") {
            const { record } = answer;
            last.set(key, record === null ? null : (readJson(record.value) ?? null));
          }
          then();
        });
      }),
    );
    return last.size === keys.length ? last : null;
  }

  #lookUpAll(): Promise<void> {
    const all = this.#transactions.filter(({ coordinated }) => coordinated);
    return this.#stage.together(
      all.map(({ id }) => (then) => {
        const client = this.#random.pick(this.#clients);
        this.#lookUp("auditor", client, id, true, () => then());
      }),
    );
  }

  // --- what is written down

  #note(
    client: string,
    worker: Client,
    whole: Whole,
    transfer: Transfer | null,
    anchor: string,
    coordinated: boolean,
    effect: string | null,
  ): AskedTransaction {
    const number = ++this.#names;
    const asked: AskedTransaction = {
      id: transactionId(this.#ulid(worker), anchor === "" ? `only-${number}` : anchor),
      name: `${client}'s t${number}`,
      effect: effect ?? `t${number}`,
      whole,
      transfer,
      invokedAt: this.#stage.timeline.now,
      coordinated,
    };
    this.#transactions.push(asked);
    return asked;
  }

  #ulid(worker: Client): string {
    const skewMs = this.#skewMs.get(worker) ?? 0;
    return drawUlid(EPOCH + this.#stage.timeline.now + skewMs, this.#random);
  }

  #tell(
    id: TransactionId,
    by: string,
    askedAt: number,
    word: Pick<Word, "told" | "answer"> | null,
  ): void {
    if (word === null) return;
    this.#words.push({ id, by, askedAt, toldAt: this.#stage.timeline.now, ...word });
    for (const { key, revision } of word.answer?.results ?? []) {
      this.#workload.learn(key, revision === null ? null : logIndex(revision));
    }
  }

  #ask(
    client: string,
    worker: Client,
    group: string,
    request: GroupRequest,
    deadlineMs: number,
    done: (answer: Answer | null, askedAt: number) => void,
  ): () => void {
    const { timeline, witnesses, isHealed } = this.#stage;
    const number = this.#operations.length;
    const operation = newOperation({ number, client, group, request }, timeline.now);
    this.#operations.push(operation);
    return worker.request(group, request, deadlineMs, (answer) => {
      if (answer !== null) {
        operation.answer = answer;
        operation.returnedAt = timeline.now;
        operation.witness = witnesses.get(answer) ?? null;
      } else if (isHealed && deadlineMs >= FAIR_MS) {
        const what = `nobody answered in a healed world: operation ${operation.number}`;
        this.#stage.find("progress", what);
      }
      done(answer, operation.invokedAt);
    });
  }
}

/** In a healed world every request is answered that has so long; a part of a whole may have less left. */
const FAIR_MS = 5_000;

/** How long locks are held once a client has its answer, where nothing goes wrong: until the participants hear. */
const RELEASE_MS = 200;

/** An alarm that rang in vain while nobody could be reached may ring again so late; and it may find nobody who leads. */
const RECOVERY_ALARMS = 2;
