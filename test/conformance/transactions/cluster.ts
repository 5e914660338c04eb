/**
 * Hosts of several groups on virtual time: every call takes one delay there and back, disks confirm at once, and calls,
 * rows and alarms are counted. Members can be stopped and started again with what their disks hold.
 */

import { groupOf } from "../../../shared/group.ts";
import { Host } from "../../../shared/host/host.ts";
import type { Ports } from "../../../shared/host/ports.ts";
import { ANSWER_MS, NOTICE_MS, timeToAnswer } from "../../../shared/limits.ts";
import type { Answer, GroupRequest } from "../../../shared/member/request.ts";
import type { FanOut } from "../../../shared/replica/feed.ts";
import { transactionId } from "../../../shared/transaction/id.ts";
import type { TransactRequest } from "../../../shared/transaction/request.ts";
import { split, type Whole } from "../../../shared/transaction/split.ts";
import {
  type Incarnation,
  type Instant,
  type LogIndex,
  ms,
  type Region,
  region,
  type TransactionId,
} from "../../../shared/types.ts";
import { NodeSql } from "../../../sim/node-sql.ts";
import { Timeline } from "../../../sim/timeline.ts";

/** A call's way there and back. */
export const DELAY_MS = 10;

const REGIONS = ["wnam", "enam", "weur", "eeur", "apac"].map(region);

class CountingSql extends NodeSql {
  rows = 0;

  override run(...statement: Parameters<NodeSql["run"]>): number {
    const rows = super.run(...statement);
    if (!statement[0].startsWith("CREATE") && !statement[0].startsWith("ALTER")) this.rows += rows;
    return rows;
  }
}

interface Member {
  readonly sql: CountingSql;
  host: Host | null;
  life: number;
  alarm: Instant | null;
  /** How often it was set, and how often it rang. */
  alarms: number;
  rings: number;
  /** The life in which it rings. */
  ringing: Host | null;
  down: boolean;
}

/** How soon the platform rings again where the object did not live to the end of a ring. */
const RING_AGAIN_MS = 2_000;

export class Cluster {
  readonly timeline = new Timeline();
  readonly regions: readonly Region[];
  readonly #members = new Map<string, Member>();
  readonly #replicas: readonly Region[];
  /** Calls between members, by what they carry. */
  calls: string[] = [];
  /** What went into the queue, and what replicas were asked. */
  readonly queue: FanOut[] = [];
  readonly notices: { readonly region: Region; readonly through: LogIndex }[] = [];
  /** How far replicas say they are; null where they cannot be asked. */
  replicaIndex: (region: Region, through: LogIndex) => LogIndex | null = (_, through) => through;
  /** Says of each call whether it is lost on its way. */
  loses: (to: string, type: string) => boolean = () => false;

  /** @param replicas regions of replicas, of which none is there but in name. */
  constructor(members: number, replicas: readonly Region[] = []) {
    this.regions = REGIONS.slice(0, members);
    this.#replicas = replicas;
  }

  get now(): Instant {
    return (1_700_000_000_000 + this.timeline.now) as Instant;
  }

  /** A member as it is, woken if need be. */
  member(group: string, at: Region = this.leader): Member {
    const name = `${group}@${at}`;
    const known = this.#members.get(name);
    const member: Member = known ?? {
      sql: new CountingSql(),
      host: null,
      life: 0,
      alarm: null,
      alarms: 0,
      rings: 0,
      ringing: null,
      down: false,
    };
    if (known === undefined) this.#members.set(name, member);
    return member;
  }

  get leader(): Region {
    const [first] = this.regions;
    if (first === undefined) throw new Error("a group has at least one member");
    return first;
  }

  rows(group: string): number[] {
    return this.regions.map((at) => this.member(group, at).sql.rows);
  }

  alarms(group: string): number {
    return this.regions.reduce((sum, at) => sum + this.member(group, at).alarms, 0);
  }

  rings(group: string): number {
    return this.regions.reduce((sum, at) => sum + this.member(group, at).rings, 0);
  }

  /** Whether what the alarm set off still goes on, which keeps the object in memory. */
  isRinging(group: string, at: Region): boolean {
    return this.member(group, at).ringing !== null;
  }

  /** The object leaves memory; its disk stays. */
  stop(group: string, at: Region = this.leader): void {
    const member = this.member(group, at);
    member.host = null;
    if (member.ringing === null) return;
    member.ringing = null;
    this.timeline.after(RING_AGAIN_MS, () => this.#ring(group, at));
  }

  /** Asks a group's leader, as a Worker does that shares its call with nobody. */
  async ask(group: string, request: GroupRequest, deadlineMs = 10_000): Promise<Answer> {
    const asked = this.begin(group, request, deadlineMs);
    await this.timeline.run(() => asked.answer !== null);
    if (asked.answer === null) throw new Error("nobody answered");
    return asked.answer;
  }

  /** The same, without waiting for the answer. */
  begin(group: string, request: GroupRequest, deadlineMs = 10_000): { answer: Answer | null } {
    const asked: { answer: Answer | null } = { answer: null };
    const caller = { deadlineMs: ms(deadlineMs), unreachable: [], alone: true };
    void this.#carry(group, this.leader, async (host) => host.serve([request], caller)).then(
      ([answer]) => {
        asked.answer = answer ?? null;
      },
    );
    return asked;
  }

  /** Lets everything that is under way end, alarms included. */
  async settle(): Promise<void> {
    await this.timeline.run(() => false);
  }

  /** Lets time pass. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.timeline.now + milliseconds;
    this.timeline.at(until, () => {});
    await this.timeline.run(() => this.timeline.now >= until);
  }

  #carry<T>(group: string, to: Region, call: (host: Host) => Promise<T>): Promise<T> {
    const half = DELAY_MS / 2;
    return new Promise((resolve, reject) => {
      this.timeline.after(half, () => {
        if (this.member(group, to).down) return;
        const host = this.#wake(group, to);
        call(host).then(
          (value) => {
            // An answer dies with the life that gives it.
            if (this.member(group, to).host !== host) return;
            this.timeline.after(half, () => resolve(value));
          },
          (fault) => this.timeline.after(half, () => reject(fault)),
        );
      });
    });
  }

  /** The platform never rings while it still waits for the ring before. */
  #ring(group: string, at: Region): void {
    const member = this.member(group, at);
    if (member.down) return;
    if (member.ringing !== null) {
      this.timeline.after(DELAY_MS, () => this.#ring(group, at));
      return;
    }
    const host = this.#wake(group, at);
    member.alarm = null;
    member.rings += 1;
    member.ringing = host;
    void host.alarm().then(() => {
      if (member.ringing === host) member.ringing = null;
    });
  }

  #wake(group: string, self: Region): Host {
    const member = this.member(group, self);
    member.host ??= new Host(
      {
        namespace: "n",
        group,
        members: this.regions,
        self,
        historyMs: ms(600_000),
        replicas: this.#replicas,
      },
      this.#ports(group, self, member, ++member.life),
    );
    return member.host;
  }

  #ports(group: string, self: Region, member: Member, life: number): Ports {
    const { timeline } = this;
    const name = `${group}@${self}`;
    const alive = () => member.life === life && member.host !== null && !member.down;
    let timer = 0;
    const within = <T>(deadlineMs: number, call: Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        timeline.after(deadlineMs, () => reject(new Error("no answer in time")));
        call.then(resolve, reject);
      });
    const send = <T>(
      to: string,
      at: Region,
      type: string,
      deadlineMs: number,
      call: (host: Host) => Promise<T>,
    ): Promise<T> => {
      if (!alive()) return new Promise(() => {});
      this.calls.push(`${type} ${name} → ${to}@${at}`);
      const lost = this.loses(`${to}@${at}`, type);
      return within(deadlineMs, lost ? new Promise<T>(() => {}) : this.#carry(to, at, call));
    };
    return {
      replicas: {
        send: async (message) => {
          this.queue.push(message);
        },
        notice: (region, through) => {
          this.notices.push({ region, through });
          const index = this.replicaIndex(region, through);
          return new Promise((resolve, reject) => {
            const hear = (tell: () => void) => () => alive() && tell();
            if (index !== null)
              timeline.after(
                DELAY_MS,
                hear(() => resolve(index)),
              );
            else
              timeline.after(
                NOTICE_MS,
                hear(() => reject(new Error("nobody is there"))),
              );
          });
        },
      },
      sql: member.sql,
      incarnation: `${name}#${life}` as Incarnation,
      now: () => this.now,
      confirm: () => (alive() ? Promise.resolve() : new Promise(() => {})),
      call: (to, message) => send(group, to, message.type, 1_000, (host) => host.receive(message)),
      relay: (to, requests, caller) =>
        send(group, to, "relay", caller.deadlineMs, async (host) =>
          host.serve(requests, { ...caller, deadlineMs: timeToAnswer(caller.deadlineMs) }),
        ),
      ask: async (other, to, request, caller) => {
        const [answer] = await send(
          other,
          to,
          request.type,
          caller.deadlineMs + ANSWER_MS,
          async (host) => host.serve([request], caller),
        );
        if (answer === undefined) throw new Error("a request has no answer");
        return answer;
      },
      setAlarm: (at) => {
        if (!alive()) return;
        member.alarm = at;
        member.alarms += 1;
        timeline.after(Math.max(0, at - this.now), () => {
          if (member.alarm === at) this.#ring(group, self);
        });
      },
      setTimer: (at) => {
        timer += 1;
        const set = timer;
        if (at === null) return;
        timeline.after(Math.max(0, at - this.now), () => {
          if (set === timer && alive()) member.host?.timer();
        });
      },
      abort: (reason) => {
        throw reason;
      },
    };
  }
}

let made = 0;

/** A new transaction, as a Worker sends it. */
export function transact(
  cluster: Cluster,
  whole: Partial<Whole>,
  more: Partial<
    Pick<TransactRequest, "deadlineMs" | "idempotency" | "explain" | "copy" | "id">
  > = {},
): TransactRequest & { anchor: string } {
  const parts = split({ conditions: [], operations: [], otherwise: [], ...whole }, groupOf);
  const anchor = parts[0]?.group ?? "";
  return {
    type: "transact",
    id: newId(cluster, anchor),
    copy: false,
    idempotency: null,
    parts,
    deadlineMs: ms(5_000),
    explain: false,
    ...more,
    anchor,
  };
}

/** Ids in the order in which they are made, and of their time. */
export function newId(cluster: Cluster, anchor: string): TransactionId {
  const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  let time = Math.floor(cluster.now);
  let text = "";
  for (let at = 0; at < 10; at++) {
    text = digits.charAt(time % 32) + text;
    time = Math.floor(time / 32);
  }
  return transactionId(`${text}${String(++made).padStart(16, "0")}`, anchor);
}
