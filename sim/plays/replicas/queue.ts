/**
 * What leads from leaders to replicas: a queue that loses, repeats, delays and forgets, its consumer, and the calls by
 * which leaders ask replicas how far they are.
 */
import { NOTICE_MS, PEER_CALL_MS } from "../../../shared/limits.ts";
import type { FanOut } from "../../../shared/replica/feed.ts";
import type { GroupIndex } from "../../../shared/replica/store.ts";
import type { LogIndex, Region } from "../../../shared/types.ts";
import type { ReplicaFeed, SimMember } from "../../member.ts";
import type { Random } from "../../random.ts";
import type { Stage } from "../../stage.ts";
import { exchange } from "./exchange.ts";
import type { SimReplica } from "./replica.ts";

/** What goes wrong with the queue; probabilities are per message. */
export interface QueuePlan {
  readonly usualMs: number;
  readonly loss: number;
  readonly repetition: number;
  readonly lateness: number;
  readonly lateMsMax: number;
  /** How long its consumer gathers. */
  readonly gatherMs: number;
  /** How often, per second, it forgets all that waits, and how often nobody can put anything into it for a while. */
  readonly restarts: number;
  readonly outages: number;
}

export function drawQueue(random: Random): QueuePlan {
  const maybe = (value: number): number => (random.chance(0.5) ? value * random.next() : 0);
  return {
    usualMs: random.pick([5, 100, 1_000]),
    loss: random.pick([0, maybe(0.3), maybe(1)]),
    repetition: maybe(0.5),
    lateness: maybe(0.4),
    lateMsMax: random.pick([2_000, 20_000, 180_000]),
    gatherMs: random.pick([0, 50, 1_000]),
    restarts: maybe(0.1),
    outages: maybe(0.1),
  };
}

const HEALTHY: QueuePlan = {
  usualMs: 5,
  loss: 0,
  repetition: 0,
  lateness: 0,
  lateMsMax: 0,
  gatherMs: 5,
  restarts: 0,
  outages: 0,
};

const BATCH_MAX = 10;
/** As the deployed consumer waits, and asks for messages again. */
const APPLY_PATIENCE_MS = 3_000;
const RETRY_MS = 10_000;
const DELIVERIES_MAX = 4;

interface Message {
  readonly message: FanOut;
  readonly deliveries: number;
}

export class Queue implements ReplicaFeed {
  readonly #stage: Stage;
  readonly #replicas: ReadonlyMap<Region, SimReplica>;
  readonly #random: Random;
  /** Where its consumer runs. */
  readonly #region: Region;
  #plan: QueuePlan;
  #ready: Message[] = [];
  #gathering = false;
  /** Raised as it forgets. */
  #era = 0;
  #outUntil = 0;
  /** Whether nothing put into it comes out. */
  #dead = false;
  /** The replicas that leaders may ask. */
  #asked: ReadonlySet<Region>;

  constructor(
    stage: Stage,
    replicas: ReadonlyMap<Region, SimReplica>,
    at: Region,
    plan: QueuePlan,
    random: Random,
  ) {
    this.#stage = stage;
    this.#replicas = replicas;
    this.#region = at;
    this.#plan = plan;
    this.#random = random;
    this.#asked = new Set(replicas.keys());
  }

  get plan(): QueuePlan {
    return this.#plan;
  }

  heal(): void {
    this.#plan = HEALTHY;
    this.#outUntil = 0;
  }

  /** Whether nothing that is put into it comes out, and what waits is forgotten. */
  set dead(dead: boolean) {
    this.#dead = dead;
    if (dead) this.forget();
  }

  /** The replicas that leaders may ask from now on; a call to another one is lost. */
  allowNotices(regions: Iterable<Region>): void {
    this.#asked = new Set(regions);
  }

  forget(): void {
    this.#note("forgets");
    this.#era += 1;
    this.#ready = [];
    this.#gathering = false;
  }

  breakDown(forMs: number): void {
    this.#note(`takes nothing for ${forMs.toFixed(0)} ms`);
    this.#outUntil = this.#stage.timeline.now + forMs;
  }

  send(from: SimMember, message: FanOut): Promise<void> {
    const { timeline } = this.#stage;
    const { entries, group, through } = message;
    this.#note(`${from.name} sends ${entries.length} entries of ${group} through ${through}`);
    const out = timeline.now < this.#outUntil;
    const takesMs = this.#random.between(1, 20);
    return new Promise((resolve, reject) => {
      timeline.after(PEER_CALL_MS, () => reject(new Error("the queue gives no answer")));
      if (out) {
        if (this.#random.chance(0.5)) timeline.after(takesMs, () => reject(new Error("no queue")));
        return;
      }
      timeline.after(takesMs, () => {
        this.#accept(message);
        if (!this.#random.chance(this.#plan.loss / 4)) resolve();
      });
    });
  }

  notice(from: SimMember, to: Region, through: LogIndex): Promise<LogIndex> {
    const replica = this.#replicaIn(to);
    return exchange<LogIndex>(this.#stage, from.region, to, NOTICE_MS, (reply) => {
      if (!this.#asked.has(to) || from.isStopped) return;
      replica.call((host) => host.notice(from.group, through), reply);
    });
  }

  #accept(message: FanOut): void {
    const { loss, repetition } = this.#plan;
    if (this.#dead || this.#random.chance(loss)) return;
    const times = this.#random.chance(repetition) ? 2 : 1;
    for (let time = 0; time < times; time++) this.#wait(this.#delay(), { message, deliveries: 0 });
  }

  #delay(): number {
    const { usualMs, lateness, lateMsMax } = this.#plan;
    const usual = usualMs * this.#random.between(0.2, 2);
    return this.#random.chance(lateness) ? usual + this.#random.between(0, lateMsMax) : usual;
  }

  #wait(forMs: number, waiting: Message): void {
    const era = this.#era;
    this.#stage.timeline.after(forMs, () => {
      if (this.#era !== era) return;
      this.#ready.push(waiting);
      this.#gather();
    });
  }

  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    const era = this.#era;
    this.#stage.timeline.after(this.#random.between(0, this.#plan.gatherMs), () => {
      if (this.#era !== era) return;
      this.#gathering = false;
      const batch = this.#ready.splice(0, BATCH_MAX);
      if (this.#ready.length > 0) this.#gather();
      this.#consume(batch, era).catch((fault) => this.#stage.broken("queue", fault));
    });
  }

  /** Calls every region's replica; brings the batch again while one has not taken it in, and at last as a notice. */
  async #consume(batch: readonly Message[], era: number): Promise<void> {
    const messages = batch.map(({ message, deliveries }) =>
      deliveries < DELIVERIES_MAX ? message : { ...message, entries: [] },
    );
    const regions = [...this.#replicas.keys()];
    const taken = await Promise.all(
      regions.map((region) =>
        this.#apply(region, messages).then(
          () => true,
          () => false,
        ),
      ),
    );
    if (taken.every(Boolean) || this.#era !== era) return;
    for (const { message, deliveries } of batch) {
      if (deliveries < DELIVERIES_MAX) {
        this.#wait(RETRY_MS, { message, deliveries: deliveries + 1 });
      }
    }
  }

  #apply(region: Region, batch: readonly FanOut[]): Promise<GroupIndex[]> {
    const replica = this.#replicaIn(region);
    this.#note(`brings ${batch.length} to ${region}`);
    return exchange(this.#stage, this.#region, region, APPLY_PATIENCE_MS, (reply) =>
      replica.call((host) => host.apply(batch), reply),
    );
  }

  #replicaIn(region: Region): SimReplica {
    const replica = this.#replicas.get(region);
    if (replica === undefined) throw new Error(`no replica in ${region}`);
    return replica;
  }

  #note(what: string): void {
    this.#stage.trace.note(this.#stage.timeline.now, "queue", what);
  }
}
