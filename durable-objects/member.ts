/**
 * One copy of a group, as a Durable Object: ports and a host, nothing of its own.
 *
 * Every call names the group, since an object that another process woke may not know its own name; for the
 * alarm, which no call announces, the name is stored with the first alarm that is set.
 */
import { DurableObject } from "cloudflare:workers";
import { Host } from "../shared/host/host.ts";
import type { Ports } from "../shared/host/ports.ts";
import { ALARM_RETRY_MS } from "../shared/limits.ts";
import type {
  Answer,
  Caller,
  GroupRef,
  GroupRequest,
  OperatorAnswer,
  OperatorRequest,
} from "../shared/member/request.ts";
import type { WatcherOutput } from "../shared/member/watch.ts";
import type { PeerMessage, PeerReply } from "../shared/raft/messages.ts";
import type { Incarnation, Instant } from "../shared/types.ts";
import type { Watcher } from "../shared/watch/watcher.ts";
import { type Feeders, fanOutPort } from "./fan-out.ts";
import { KeptRef } from "./kept-ref.ts";
import { across } from "./outage.ts";
import type { Members } from "./reach.ts";
import { ObjectSql } from "./sql.ts";
import { Timer } from "./timer.ts";
import { Transport } from "./transport.ts";
import { WatchSockets } from "./watch-sockets.ts";
import { askOf, decodeWorkerMessage } from "./watch-wire.ts";

const GROUP = "group";

/** What a socket is opened for. */
export interface WatchAsk {
  readonly group: GroupRef;
  readonly watcher: Watcher;
}

export class Member extends DurableObject<Members & Feeders> {
  #host: Host | null = null;
  readonly #kept = new KeptRef<GroupRef>(this.ctx.storage, GROUP);
  /** What this life was called last that said anything new. */
  #named: GroupRef | null = null;
  /** How this life feeds the namespace's replicas; undefined where it has none. */
  #feeding: Ports["replicas"];
  readonly #watchers = new WatchSockets<GroupRef, Watcher>(this.ctx);

  /** Answers requests of one group, each in its place. */
  serve(
    group: GroupRef,
    requests: readonly GroupRequest[],
    caller: Caller,
  ): Answer[] | Promise<Answer[]> {
    return across(group.self, () => this.#hostOf(group).serve(requests, caller));
  }

  /** Answers an operator. */
  async operate(
    group: GroupRef,
    request: OperatorRequest,
    caller: Caller,
  ): Promise<OperatorAnswer> {
    return across(group.self, () => this.#hostOf(group).operate(request, caller));
  }

  /** Answers another member of the group. */
  async receive(group: GroupRef, message: PeerMessage): Promise<PeerReply> {
    return across(group.self, () => this.#hostOf(group).receive(message));
  }

  /** Opens a socket for a watch that {@link serve} has answered. */
  override async fetch(request: Request): Promise<Response> {
    const { group, watcher } = askOf(request) as WatchAsk;
    return across(group.self, () => {
      const host = this.#hostOf(group);
      const { id, response } = this.#watchers.open(group, watcher);
      host.openWatch(id, watcher);
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

  /** Rings at least once and up to a minute late; what fails is armed again. */
  override async alarm(): Promise<void> {
    const group = this.#kept.get();
    if (group === undefined) return;
    try {
      await (this.#host ?? this.#wake(group)).alarm();
    } catch (fault) {
      console.error(`alarm of group ${group.group} failed: ${fault}`);
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS);
    }
  }

  #tell({ id, keep, changes, position, end }: WatcherOutput): void {
    this.#watchers.sendChanges(id, changes);
    if (position !== null) this.#watchers.send(id, { type: "position", position });
    if (keep !== null) this.#watchers.keep(id, keep);
    if (end !== null) this.#watchers.close(id, end);
  }

  #hostOf(group: GroupRef): Host {
    const host = this.#host ?? this.#wake(group);
    const { replicas = [] } = group;
    // Whoever called before may have been older code, which knows of no replicas.
    const learns = this.#feeding === undefined && replicas.length > 0;
    if (this.#kept.called(group, learns) || learns) {
      this.#named = group;
      this.#feeding = fanOutPort(this.env, group);
      host.follow(replicas);
    }
    return host;
  }

  #wake(group: GroupRef): Host {
    this.#named = group;
    this.#feeding = fanOutPort(this.env, group);
    this.#host = new Host(group, this.#ports(group));
    return this.#host;
  }

  #ports(group: GroupRef): Ports {
    const { storage } = this.ctx;
    const transport = new Transport(this.env, group);
    const timer = new Timer(() => this.#host?.timer());
    const feeding = () => this.#feeding;
    return {
      get replicas() {
        return feeding();
      },
      watchers: {
        attached: () => this.#watchers.attached(),
        tell: (output) => this.#tell(output),
      },
      sql: new ObjectSql(storage.sql),
      confirm: () => storage.sync(),
      now: () => Date.now() as Instant,
      call: (to, message) => transport.call(to, message),
      relay: (to, requests, caller) => transport.relay(to, requests, caller),
      ask: (name, to, request, caller) => transport.ask(name, to, request, caller),
      setAlarm: (at) => {
        this.#kept.keep(this.#named ?? group);
        // A write like the others of its turn, and confirmed with them.
        void storage.setAlarm(at);
      },
      setTimer: (at) => timer.set(at),
      incarnation: crypto.randomUUID() as Incarnation,
      abort: (reason) => {
        this.ctx.abort(String(reason));
        throw reason;
      },
    };
  }
}
