/**
 * A life of an object in memory: it ends by a crash between any two of its effects, by its own abort, or by eviction, and
 * nothing in memory outlives it. One that another instance has superseded goes on from memory for a while, but its storage
 * refuses it (DESIGN.md §8).
 */
import type { SqlRow, SqlValue } from "../shared/store/sql.ts";
import type { Disk } from "./disk.ts";

/** The world's own end of a life; not a fault of the code that is simulated. */
export class LifeOver extends Error {
  override readonly name = "LifeOver";
}

export class Mortal {
  readonly #disk: Disk;
  readonly #ended: (reason: unknown) => void;
  #state: "running" | "superseded" | "ended" = "running";
  #effectsLeft = Number.POSITIVE_INFINITY;

  /** @param ended is called as it ends, before or in the middle of its turn. */
  constructor(disk: Disk, ended: (reason: unknown) => void) {
    this.#disk = disk;
    this.#ended = ended;
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
    this.#ended(reason);
  }

  /** Runs `turn` unless this life is over or ends in it; then nobody hears of it. */
  run(turn: () => void): void {
    if (this.isOver) return;
    try {
      turn();
    } catch (fault) {
      this.end(fault);
    }
    this.seal();
  }

  /** Ends the turn under way, where the storage is still its own. */
  protected seal(): void {
    if (this.#state === "running") this.#disk.seal();
  }

  protected all(query: string, bindings: readonly SqlValue[]): SqlRow[] {
    this.needStorage();
    return this.#disk.all(query, bindings);
  }

  protected write(statement: string, bindings: readonly SqlValue[]): number {
    this.effect();
    this.needStorage();
    return this.#disk.run(statement, bindings);
  }

  protected confirm(): Promise<void> {
    this.effect();
    this.needStorage();
    return this.whileAlive(this.#disk.confirm());
  }

  protected abort(reason: unknown): never {
    this.end(reason);
    throw reason;
  }

  protected effect(): void {
    this.#needLife();
    this.#effectsLeft -= 1;
    if (this.#effectsLeft >= 0) return;
    this.end(new LifeOver("crashed between two effects"));
    this.#needLife();
  }

  protected needStorage(): void {
    this.#needLife();
    if (this.isSuperseded) throw new LifeOver("the storage belongs to another instance");
  }

  /** A promise that never settles once this life is over: nobody is left to go on. */
  protected whileAlive<T>(promise: Promise<T>): Promise<T> {
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

  #needLife(): void {
    if (this.isOver) throw new LifeOver("the object is gone");
  }
}
