/**
 * One life of a member's object in memory: the deployed host, on the world's ports.
 *
 * It ends by a crash between any two of its effects, by the host's own abort, or by eviction; nothing in memory
 * outlives it. A life that another one has superseded goes on from memory for a while, but its storage refuses
 * it (DESIGN.md §8).
 */
import { Host } from "../shared/host/host.ts";
import type { Ports } from "../shared/host/ports.ts";
import type { GroupRef } from "../shared/member/request.ts";
import type { SqlRow, SqlValue } from "../shared/store/sql.ts";
import type { Incarnation, Instant } from "../shared/types.ts";
import type { Disk } from "./disk.ts";

/** The world's own end of a life; not a fault of the code that is simulated. */
export class LifeOver extends Error {
  override readonly name = "LifeOver";
}

/** What a life's ports do in the world. */
export interface Surroundings
  extends Pick<Ports, "now" | "call" | "relay" | "ask" | "setAlarm" | "setTimer"> {
  readonly disk: Disk;
  /** The life is over, before or in the middle of its turn. */
  ended(reason: unknown): void;
}

export class Life {
  readonly incarnation: Incarnation;
  readonly host: Host;
  readonly #around: Surroundings;
  #state: "running" | "superseded" | "ended" = "running";
  #effectsLeft = Number.POSITIVE_INFINITY;

  constructor(group: GroupRef, incarnation: Incarnation, around: Surroundings) {
    this.incarnation = incarnation;
    this.#around = around;
    this.host = new Host(group, this.#ports());
  }

  get isOver(): boolean {
    return this.#state === "ended";
  }

  get isSuperseded(): boolean {
    return this.#state === "superseded";
  }

  /** Lets it have `effects` more effects, and crash in the middle of the next. */
  crashAfter(effects: number): void {
    this.#effectsLeft = effects;
  }

  supersede(): void {
    if (this.#state === "running") this.#state = "superseded";
  }

  end(reason: unknown): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#around.ended(reason);
  }

  /** Runs `turn` unless this life is over or ends in it; then nobody hears of it. */
  run(turn: () => void): void {
    if (this.isOver) return;
    try {
      turn();
    } catch (fault) {
      this.end(fault);
    }
    if (this.#state === "running") this.#around.disk.seal();
  }

  #ports(): Ports {
    const { disk, now, call, relay, ask, setAlarm, setTimer } = this.#around;
    return {
      incarnation: this.incarnation,
      now,
      sql: {
        all: (query: string, ...bindings: SqlValue[]): SqlRow[] => {
          this.#needStorage();
          return disk.all(query, bindings);
        },
        run: (statement: string, ...bindings: SqlValue[]): number => {
          this.#effect();
          this.#needStorage();
          return disk.run(statement, bindings);
        },
      },
      confirm: () => {
        this.#effect();
        this.#needStorage();
        return this.#whileAlive(disk.confirm());
      },
      call: (to, message) => {
        this.#effect();
        return this.#whileAlive(call(to, message));
      },
      relay: (to, requests, caller) => {
        this.#effect();
        return this.#whileAlive(relay(to, requests, caller));
      },
      ask: (group, to, request, caller) => {
        this.#effect();
        return this.#whileAlive(ask(group, to, request, caller));
      },
      setAlarm: (at: Instant) => {
        this.#effect();
        this.#needStorage();
        setAlarm(at);
      },
      setTimer: (at) => {
        if (!this.isOver) setTimer(at);
      },
      abort: (reason): never => {
        this.end(reason);
        throw reason;
      },
    };
  }

  #effect(): void {
    this.#needLife();
    this.#effectsLeft -= 1;
    if (this.#effectsLeft >= 0) return;
    this.end(new LifeOver("crashed between two effects"));
    this.#needLife();
  }

  #needLife(): void {
    if (this.isOver) throw new LifeOver("the object is gone");
  }

  #needStorage(): void {
    this.#needLife();
    if (this.isSuperseded) throw new LifeOver("the storage belongs to another instance");
  }

  /** A promise that never settles once this life is over: nobody is left to go on. */
  #whileAlive<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => {
          if (!this.isOver) resolve(value);
        },
        (fault) => {
          if (!this.isOver) reject(fault);
        },
      );
    });
  }
}
