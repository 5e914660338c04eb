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
import type { PrefixWatcher } from "../shared/replica/prefix-watcher.ts";
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
import type { PrefixAsk, PrefixOutput } from "../shared/replica/watching.ts";
import type { Instant, LogIndex } from "../shared/types.ts";
import { KeptRef } from "./kept-ref.ts";
import { across } from "./outage.ts";
import type { Members } from "./reach.ts";
import type { RemoteReplica, Replicas } from "./reach-replica.ts";
import { ReplicaTransport } from "./replica-transport.ts";
import { ObjectSql } from "./sql.ts";
import { WatchSockets } from "./watch-sockets.ts";
import { askOf, decodeWorkerMessage } from "./watch-wire.ts";

const REF = "replica";

/** What a socket is opened for. */
export interface PrefixSocketAsk {
  readonly ref: ReplicaRef;
  readonly ask: PrefixAsk;
}

export class Replica extends DurableObject<Members & Replicas> implements RemoteReplica {
  #host: ReplicaHost | null = null;
  readonly #kept = new KeptRef<ReplicaRef>(this.ctx.storage, REF);
  readonly #watchers = new WatchSockets<ReplicaRef, PrefixWatcher | null>(this.ctx);

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

  /** Opens a socket for a watch of a prefix. */
  override async fetch(request: Request): Promise<Response> {
    const { ref, ask } = askOf(request) as PrefixSocketAsk;
    return across(ref.self, () => {
      const host = this.#hostOf(ref);
      const { id, response } = this.#watchers.open(ref, null);
      host.openWatch(id, ask);
      return response;
    });
  }

  /** A watcher's Worker says something, and may have woken the object with it. */
  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    const message = decodeWorkerMessage(data);
    if (message === null) return;
    const { ref } = this.#watchers.attachmentOf(socket);
    this.#hostOf(ref).hearWatcher(this.#watchers.idOf(socket), message);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#forget(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#forget(socket);
  }

  #forget(socket: WebSocket): void {
    const id = this.#watchers.idOf(socket);
    this.#watchers.forget(id);
    this.#host?.closeWatch(id);
  }

  /** One that was opened and never told where its watch begins has a Worker that begins anew. */
  #attached(): { id: string; watcher: PrefixWatcher }[] {
    return this.#watchers
      .attached()
      .flatMap(({ id, watcher }) => (watcher === null ? [] : [{ id, watcher }]));
  }

  #tell({ id, keep, messages, end }: PrefixOutput): void {
    for (const message of messages) this.#watchers.send(id, message);
    if (keep !== null) this.#watchers.keep(id, keep);
    if (end !== null) this.#watchers.close(id, end);
  }

  /** Rings at least once and up to a minute late; what fails is armed again. */
  override async alarm(): Promise<void> {
    const ref = this.#kept.get();
    if (ref === undefined) return;
    try {
      await (this.#host ?? this.#wake(ref)).alarm();
    } catch (fault) {
      console.error(`alarm of the replica of ${ref.namespace} in ${ref.self} failed: ${fault}`);
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS);
    }
  }

  #hostOf(ref: ReplicaRef): ReplicaHost {
    const host = this.#host ?? this.#wake(ref);
    this.#kept.called(ref);
    return host;
  }

  #wake(ref: ReplicaRef): ReplicaHost {
    this.#host = new ReplicaHost(ref, this.#ports(ref));
    return this.#host;
  }

  #ports(ref: ReplicaRef): ReplicaPorts {
    const { storage } = this.ctx;
    const transport = new ReplicaTransport(this.env, ref);
    return {
      sockets: {
        attached: () => this.#attached(),
        tell: (output) => this.#tell(output),
        newStoreName: () => crypto.randomUUID().slice(0, 8),
      },
      sql: new ObjectSql(storage.sql),
      confirm: () => storage.sync(),
      now: () => Date.now() as Instant,
      sleep: (duration) => scheduler.wait(duration),
      ask: (group, to, request, caller) => transport.ask(group, to, request, caller),
      page: (from, request) => transport.page(from, request),
      setAlarm: (at) => {
        this.#kept.keep(ref);
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
