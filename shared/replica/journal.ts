/**
 * What was written and is not confirmed yet. Whatever a replica tells waits for it, so that no crash can take back what
 * somebody has seen.
 */
import { planted } from "../planted.ts";
import type { Sql } from "../store/sql.ts";
import type { Instant } from "../types.ts";
import type { ReplicaPorts } from "./ports.ts";

type Ports = Pick<ReplicaPorts, "sql" | "setAlarm" | "confirm" | "abort">;

export class Journal {
  readonly #ports: Ports;
  /** Writes so far, and how many of them are confirmed. */
  #written = 0;
  #confirmed = 0;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** The database, as everything that writes to it must use it. */
  get sql(): Sql {
    const { sql } = this.#ports;
    return {
      all: (query, ...bindings) => sql.all(query, ...bindings),
      run: (statement, ...bindings) => {
        this.#written += 1;
        return sql.run(statement, ...bindings);
      },
    };
  }

  /** The alarm is a write like the others. */
  setAlarm(at: Instant): void {
    this.#written += 1;
    this.#ports.setAlarm(at);
  }

  /** Resolves once everything written before this call is confirmed. */
  async settled(): Promise<void> {
    const written = this.#written;
    if (this.#confirmed >= written || planted("replica-tells-before-durable")) return;
    try {
      await this.#ports.confirm();
    } catch (fault) {
      // What the disk did not confirm may or may not be there; only a new life can tell.
      this.#ports.abort(fault);
    }
    this.#confirmed = Math.max(this.#confirmed, written);
  }

  /** Runs what reads or writes in one turn. Whatever it throws ends this life before its writes can be confirmed. */
  turn<T>(work: () => T): T {
    try {
      return work();
    } catch (violation) {
      this.#ports.abort(violation);
    }
  }
}
