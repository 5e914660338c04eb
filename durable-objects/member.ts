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
import type { PeerMessage, PeerReply } from "../shared/raft/messages.ts";
import type { Incarnation, Instant } from "../shared/types.ts";
import { type Feeders, fanOutPort } from "./fan-out.ts";
import { across } from "./outage.ts";
import type { Members } from "./reach.ts";
import { ObjectSql } from "./sql.ts";
import { Timer } from "./timer.ts";
import { Transport } from "./transport.ts";

const GROUP = "group";

export class Member extends DurableObject<Members & Feeders> {
  #host: Host | null = null;

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

  /** Rings at least once and up to a minute late; what fails is armed again. */
  override async alarm(): Promise<void> {
    const group = this.ctx.storage.kv.get<GroupRef>(GROUP);
    if (group === undefined) return;
    try {
      await this.#hostOf(group).alarm();
    } catch (fault) {
      console.error(`alarm of group ${group.group} failed: ${fault}`);
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS);
    }
  }

  #hostOf(group: GroupRef): Host {
    this.#host ??= new Host(group, this.#ports(group));
    return this.#host;
  }

  #ports(group: GroupRef): Ports {
    const { storage } = this.ctx;
    const transport = new Transport(this.env, group);
    const timer = new Timer(() => this.#host?.timer());
    const replicas = fanOutPort(this.env, group);
    return {
      ...(replicas && { replicas }),
      sql: new ObjectSql(storage.sql),
      confirm: () => storage.sync(),
      now: () => Date.now() as Instant,
      call: (to, message) => transport.call(to, message),
      relay: (to, requests, caller) => transport.relay(to, requests, caller),
      ask: (name, to, request, caller) => transport.ask(name, to, request, caller),
      setAlarm: (at) => {
        if (storage.kv.get(GROUP) === undefined) storage.kv.put(GROUP, group);
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
