/** One member of a transcript's group: its disk, its life in memory, and what waits for the disk. */
import { DRIFT_BOUND, LEASE_MS } from "../../shared/limits.ts";
import type { MemberEvent } from "../../shared/member/event.ts";
import type { Output } from "../../shared/member/output.ts";
import { type MemberState, startMember } from "../../shared/member/state.ts";
import { step } from "../../shared/member/step.ts";
import { bornState } from "../../shared/raft/hard-state.ts";
import { formatTerm } from "../../shared/raft/term.ts";
import { Store } from "../../shared/store/store.ts";
import type { Write } from "../../shared/store/write.ts";
import { type Incarnation, type Instant, logIndex, ms, type Region } from "../../shared/types.ts";
import { NodeSql } from "../../sim/node-sql.ts";
import { formatEntry } from "./format.ts";

/** What tells of writes, and so waits until the disk has them. */
type OnceDurable = () => void;

export class GoldenMember {
  readonly self: Region;
  readonly #members: readonly Region[];
  readonly #historyMs: number;
  readonly #sql = new NodeSql();
  #store: Store;
  #state: MemberState;
  #lives = 0;
  #unconfirmed = false;
  #onceDurable: OnceDurable[] = [];

  constructor(self: Region, members: readonly Region[], historyMs: number, now: Instant) {
    this.self = self;
    this.#members = members;
    this.#historyMs = historyMs;
    this.#sql.run("BEGIN");
    [this.#store, this.#state] = this.#open(now);
  }

  #open(now: Instant): [Store, MemberState] {
    const store = new Store(this.#sql, bornState(this.self, this.#members[0] ?? this.self));
    this.#lives += 1;
    const config = {
      self: this.self,
      members: this.#members,
      incarnation: `${this.self}-${this.#lives}` as Incarnation,
      leaseMs: LEASE_MS,
      driftBound: DRIFT_BOUND,
    };
    return [store, startMember(config, "g", ms(this.#historyMs), store, now)];
  }

  /** Begins a new life with what the disk had confirmed. */
  restart(now: Instant): void {
    this.#sql.run("ROLLBACK");
    this.#sql.run("BEGIN");
    this.#unconfirmed = false;
    this.#onceDurable = [];
    [this.#store, this.#state] = this.#open(now);
  }

  get unconfirmed(): boolean {
    return this.#unconfirmed;
  }

  /** Takes an event in and carries its writes out; the rest of the output is the caller's. */
  take(event: MemberEvent): Output {
    const output = step(this.#state, event);
    for (const write of output.writes) this.#write(write);
    return output;
  }

  /** Has `tell` done once everything written so far is durable: at once, where it is already. */
  onceDurable(tell: OnceDurable): void {
    if (this.#unconfirmed) this.#onceDurable.push(tell);
    else tell();
  }

  /** The disk confirms everything written so far. */
  confirm(now: Instant): MemberEvent {
    this.#sql.run("COMMIT");
    this.#sql.run("BEGIN");
    this.#unconfirmed = false;
    const told = this.#onceDurable;
    this.#onceDurable = [];
    for (const tell of told) tell();
    return { type: "confirmed", now, through: this.#store.lastIndex, term: this.#store.lastTerm };
  }

  #write(write: Write): void {
    this.#unconfirmed = true;
    this.#store.write(write);
  }

  describe(): string {
    const { raft, held, parked, waiting } = this.#state;
    const { leadership, campaign, commitIndex, durableIndex } = raft;
    const role =
      leadership !== null
        ? `leads block ${leadership.block}, lease until ${Math.floor(leadership.leaseUntil)}`
        : campaign !== null
          ? `campaigns for block ${campaign.block}, again at ${campaign.againAt}`
          : "follows";
    const { baseIndex, lastIndex, lastTerm } = this.#store;
    const log = `log ${baseIndex}..${lastIndex} of ${formatTerm(lastTerm)}, durable ${durableIndex}, committed ${commitIndex}`;
    return `${role}; ${log}; ${held.length} held, ${parked.length} parked, ${waiting.length} waiting`;
  }

  log(): string[] {
    const first = logIndex(this.#store.baseIndex + 1);
    return this.#store.entries(first, Number.MAX_SAFE_INTEGER).map(formatEntry);
  }
}
