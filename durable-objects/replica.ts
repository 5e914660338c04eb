/**
 * The replica of one namespace in one region, as a Durable Object: ports and a host, nothing of its own.
 *
 * Every call names the replica, since an object that another process woke may not know its own name; for the alarm,
 * which no call announces, the name is stored with the first alarm that is set.
 */
import { DurableObject } from "cloudflare:workers";
import { ALARM_RETRY_MS } from "../shared/limits.ts";
import type { FanOut, ReplicaRef } from "../shared/replica/feed.ts";
import { ReplicaHost } from "../shared/replica/host.ts";
import type { ReplicaPorts } from "../shared/replica/ports.ts";
import type {
  GroupPageAnswer,
  GroupPageRequest,
  ReplicaList,
  ReplicaListAnswer,
  ReplicaRead,
  ReplicaReadAnswer,
  ReplicaStatus,
} from "../shared/replica/request.ts";
import type { GroupIndex } from "../shared/replica/store.ts";
import type { Instant, LogIndex } from "../shared/types.ts";
import { across } from "./outage.ts";
import type { Members } from "./reach.ts";
import type { RemoteReplica, Replicas } from "./reach-replica.ts";
import { ReplicaTransport } from "./replica-transport.ts";
import { ObjectSql } from "./sql.ts";

const REF = "replica";

export class Replica extends DurableObject<Members & Replicas> implements RemoteReplica {
  #host: ReplicaHost | null = null;

  /** Takes in what the queue brought. Gives the index that each group has here, durably. */
  async apply(ref: ReplicaRef, batch: readonly FanOut[]): Promise<GroupIndex[]> {
    return across(ref.self, () => this.#hostOf(ref).apply(batch));
  }

  /** Somebody knows that the group has this index. Gives the one it has here, durably. */
  async notice(ref: ReplicaRef, group: string, through: LogIndex): Promise<LogIndex> {
    return across(ref.self, () => this.#hostOf(ref).notice(group, through));
  }

  /** Reads keys of one group. */
  async read(ref: ReplicaRef, read: ReplicaRead): Promise<ReplicaReadAnswer> {
    return across(ref.self, () => this.#hostOf(ref).read(read));
  }

  /** Lists keys of the whole namespace. */
  async list(ref: ReplicaRef, list: ReplicaList): Promise<ReplicaListAnswer> {
    return across(ref.self, () => this.#hostOf(ref).list(list));
  }

  /** How far the replica is, with some groups and altogether. */
  async status(ref: ReplicaRef, groups: readonly string[]): Promise<ReplicaStatus> {
    return across(ref.self, () => this.#hostOf(ref).status(groups));
  }

  /** Some of the groups known here, for another region's replica. */
  async page(ref: ReplicaRef, request: GroupPageRequest): Promise<GroupPageAnswer> {
    return across(ref.self, () => this.#hostOf(ref).page(request));
  }

  /** Rings at least once and up to a minute late; what fails is armed again. */
  override async alarm(): Promise<void> {
    const ref = this.ctx.storage.kv.get<ReplicaRef>(REF);
    if (ref === undefined) return;
    try {
      await this.#hostOf(ref).alarm();
    } catch (fault) {
      console.error(`alarm of the replica of ${ref.namespace} in ${ref.self} failed: ${fault}`);
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS);
    }
  }

  #hostOf(ref: ReplicaRef): ReplicaHost {
    this.#host ??= new ReplicaHost(ref, this.#ports(ref));
    return this.#host;
  }

  #ports(ref: ReplicaRef): ReplicaPorts {
    const { storage } = this.ctx;
    const transport = new ReplicaTransport(this.env, ref);
    return {
      sql: new ObjectSql(storage.sql),
      confirm: () => storage.sync(),
      now: () => Date.now() as Instant,
      sleep: (duration) => scheduler.wait(duration),
      ask: (group, to, request, caller) => transport.ask(group, to, request, caller),
      page: (from, request) => transport.page(from, request),
      setAlarm: (at) => {
        if (storage.kv.get(REF) === undefined) storage.kv.put(REF, ref);
        // A write like the others of its turn, and confirmed with them.
        void storage.setAlarm(at);
      },
      abort: (reason) => {
        this.ctx.abort(String(reason));
        throw reason;
      },
    };
  }
}
