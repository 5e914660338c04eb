/** The database port on Node's own SQLite, for the simulator and for tests. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Sql, SqlRow, SqlValue } from "../shared/store/sql.ts";

export class NodeSql implements Sql {
  readonly #database = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, StatementSync>();

  all(query: string, ...bindings: SqlValue[]): SqlRow[] {
    return this.#prepare(query).all(...bindings.map(bindable)) as SqlRow[];
  }

  run(statement: string, ...bindings: SqlValue[]): number {
    return Number(this.#prepare(statement).run(...bindings.map(bindable)).changes);
  }

  #prepare(query: string): StatementSync {
    const known = this.#statements.get(query);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(query);
    this.#statements.set(query, statement);
    return statement;
  }
}

function bindable(value: SqlValue): string | number | null | Uint8Array {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value;
}
