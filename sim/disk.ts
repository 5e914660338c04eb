/**
 * A member's disk: a database whose writes count only once they are confirmed, a turn at a time.
 *
 * What one turn writes is atomic, and turns become durable in order (DESIGN.md §8). At a crash some prefix of the
 * unconfirmed turns survives. Each turn is a SQLite savepoint, so a crash is a rollback to the first turn lost. The
 * durable alarm is a write like any other and goes back with its turn.
 */

import { planted } from "../shared/planted.ts";
import type { Sql, SqlRow, SqlValue } from "../shared/store/sql.ts";
import type { Instant } from "../shared/types.ts";
import type { NodeSql } from "./node-sql.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";

/** How a disk behaves; the faults of a run decide. */
export interface DiskManner {
  /** How long a turn takes until it is durable, in milliseconds. */
  latency(): number;
  /** Whether the disk fails instead of confirming. */
  fails(): boolean;
  /** Whether the member crashes while a turn is on its way to the disk. */
  crashes(): boolean;
  /** The log up to `through` is about to be compacted. */
  compacts(sql: Sql, through: number): void;
}

interface Waiter {
  resolve(): void;
  reject(fault: Error): void;
}

interface Turn {
  readonly alarmBefore: Instant | null;
  readonly rowsBefore: number;
  state: "written" | "durable" | "failed" | "lost";
  /** Those who wait until this turn and all before it are durable. */
  waiters: Waiter[];
}

/** How the store begins to compact. Were it worded otherwise, every compaction would show as a gap in the log. */
const COMPACTION = "SELECT idx, at, body FROM log WHERE idx <= ? ORDER BY idx";

const FAILED = "the disk failed";

export class DiskFault extends Error {
  override readonly name = "DiskFault";
}

export class Disk {
  readonly #sql: NodeSql;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #manner: DiskManner;
  readonly #crashMember: () => void;
  #turns: Turn[] = [];
  #open = false;
  #durableAt = 0;
  #alarm: Instant | null = null;
  /** When the platform rings again, because a ring came to nothing: no write of the object's, and lost with none. */
  #again: Instant | null = null;
  /** Rows written by turns that are still there. */
  #rows = 0;

  constructor(
    sql: NodeSql,
    timeline: Timeline,
    random: Random,
    manner: DiskManner,
    crashMember: () => void,
  ) {
    this.#sql = sql;
    this.#timeline = timeline;
    this.#random = random;
    this.#manner = manner;
    this.#crashMember = crashMember;
  }

  get alarm(): Instant | null {
    return this.#alarm ?? this.#again;
  }

  get rowsWritten(): number {
    return this.#rows;
  }

  get unconfirmedTurns(): number {
    return this.#turns.filter((turn) => turn.state !== "durable").length;
  }

  all(query: string, bindings: readonly SqlValue[]): SqlRow[] {
    if (query === COMPACTION) this.#manner.compacts(this.#sql, Number(bindings[0]));
    return this.#sql.all(query, ...bindings);
  }

  run(statement: string, bindings: readonly SqlValue[]): number {
    this.#begin();
    const rows = this.#sql.run(statement, ...bindings);
    this.#rows += rows;
    return rows;
  }

  /** A look past the members at what is there, for those who check them. */
  inspect(): Sql {
    return this.#sql;
  }

  setAlarm(at: Instant | null): void {
    this.#begin();
    this.#alarm = at;
  }

  /** The alarm rings, which forgets it. */
  ring(): void {
    this.#again = null;
    this.setAlarm(null);
  }

  /** A ring came to nothing: it comes again, unless an alarm that was set stands for it. */
  ringAgain(at: Instant): void {
    this.#again = at;
  }

  /** Ends the turn under way: what it wrote travels to the disk as one. */
  seal(): void {
    if (!this.#open) return;
    this.#open = false;
    const turn = this.#turns.at(-1);
    if (turn === undefined) return;
    this.#durableAt = Math.max(this.#durableAt, this.#timeline.now + this.#manner.latency());
    this.#timeline.at(this.#durableAt, () => this.#settle(turn));
    if (!this.#manner.crashes()) return;
    this.#timeline.at(this.#random.between(this.#timeline.now, this.#durableAt), this.#crashMember);
  }

  /** Resolves when every turn so far is durable. */
  confirm(): Promise<void> {
    this.seal();
    const last = this.#turns.at(-1);
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      if (last?.state === "written") last.waiters.push(waiter);
      // It failed before anybody waited for it.
      else if (last?.state === "failed")
        this.#timeline.after(0, () => reject(new DiskFault(FAILED)));
      else this.#timeline.after(0, resolve);
    });
  }

  /**
   * A crash, seen from the disk: the turn under way is gone, and of those not confirmed any suffix may be. Whoever
   * waited for a turn that survived may be told so, if the instance is still there to hear it.
   */
  crash(): void {
    if (this.#open) {
      this.#open = false;
      this.#undo(this.#turns.length - 1);
    }
    const confirmed = this.#turns.filter((turn) => turn.state === "durable").length;
    const unconfirmed = this.#turns.length - confirmed;
    let survive = confirmed + this.#survivors(unconfirmed);
    if (planted("disk-loses-confirmed") && this.#random.chance(0.5)) survive = 0;
    this.#undo(survive);
    for (const turn of this.#turns) {
      turn.state = "durable";
      const told = this.#random.chance(0.5);
      for (const waiter of turn.waiters) {
        if (told) this.#timeline.after(this.#random.between(0, 50), waiter.resolve);
      }
      turn.waiters = [];
    }
    this.#release();
  }

  #begin(): void {
    if (this.#open) return;
    this.#sql.run(`SAVEPOINT turn_${this.#turns.length}`);
    this.#turns.push({
      alarmBefore: this.#alarm,
      rowsBefore: this.#rows,
      state: "written",
      waiters: [],
    });
    this.#open = true;
  }

  #survivors(unconfirmed: number): number {
    if (unconfirmed === 0 || this.#random.chance(0.4)) return 0;
    return this.#random.below(unconfirmed + 1);
  }

  /** Takes back the turns from the `first` on. */
  #undo(first: number): void {
    const lost = this.#turns.splice(first);
    const [oldest] = lost;
    if (oldest === undefined) return;
    this.#sql.run(`ROLLBACK TO turn_${first}`);
    this.#sql.run(`RELEASE turn_${first}`);
    this.#alarm = oldest.alarmBefore;
    this.#rows = oldest.rowsBefore;
    for (const turn of lost) turn.state = "lost";
  }

  #settle(turn: Turn): void {
    if (turn.state !== "written") return;
    const before = this.#turns[this.#turns.indexOf(turn) - 1];
    if (before?.state === "failed" || this.#manner.fails()) {
      turn.state = "failed";
      for (const waiter of turn.waiters) waiter.reject(new DiskFault(FAILED));
      turn.waiters = [];
      return;
    }
    turn.state = "durable";
    for (const waiter of turn.waiters) waiter.resolve();
    turn.waiters = [];
    if (!this.#open && this.#turns.at(-1) === turn) this.#release();
  }

  /** Makes what is durable part of the database for good. */
  #release(): void {
    if (this.#turns.length > 0) this.#sql.run("RELEASE turn_0");
    this.#turns = [];
  }
}
