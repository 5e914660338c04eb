// A participant: values, and beside them what transactions that are prepared will make of them. A prepared row is
// the lock of its key; what finds one there is refused.
import { DurableObject } from "cloudflare:workers";
import type { Operation, Part } from "../transaction.mts";
import type { Env } from "./worker.mts";

/** `locked`: by another transaction. `failed`: a condition does not hold. Both leave nothing behind. */
export type Vote = "prepared" | "locked" | "failed";

export class Participant extends DurableObject<Env> {
  readonly #sql: SqlStorage;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS prepared (key TEXT PRIMARY KEY, id TEXT, value TEXT) WITHOUT ROWID;
    `);
  }

  /** Every key of a condition is written as well, so that the locks of writes are all it needs. */
  prepare(id: string, { conditions, operations }: Part): Vote {
    if (operations.some(({ key }) => this.#isLocked(key))) return "locked";
    const holds = conditions.every(({ key, atLeast }) => Number(this.get(key)) >= atLeast);
    if (!holds) return "failed";
    for (const operation of operations) {
      this.#sql.exec(
        "INSERT INTO prepared (key, id, value) VALUES (?, ?, ?)",
        operation.key,
        id,
        this.#valueAfter(operation),
      );
    }
    return "prepared";
  }

  commit(id: string): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO record (key, value) SELECT key, value FROM prepared WHERE id = ?",
      id,
    );
    this.#release(id);
  }

  abort(id: string): void {
    this.#release(id);
  }

  get(key: string): string | null {
    const [row] = this.#sql.exec("SELECT value FROM record WHERE key = ?", key);
    return row === undefined ? null : (row["value"] as string);
  }

  #release(id: string): void {
    this.#sql.exec("DELETE FROM prepared WHERE id = ?", id);
  }

  #isLocked(key: string): boolean {
    const [row] = this.#sql.exec("SELECT 1 FROM prepared WHERE key = ?", key);
    return row !== undefined;
  }

  #valueAfter(operation: Operation): string {
    if (operation.op === "put") return JSON.stringify(operation.value);
    return String(Number(this.get(operation.key)) + operation.by);
  }
}
