/**
 * The database port on a Durable Object's SQLite.
 *
 * Rows written come from the cursor, which counts index rows too, as the bill does.
 */
import type { Sql, SqlRow, SqlValue } from "../shared/store/sql.ts";

export class ObjectSql implements Sql {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  all(query: string, ...bindings: SqlValue[]): SqlRow[] {
    return this.#sql.exec<Record<string, SqlStorageValue>>(query, ...bindings).toArray();
  }

  run(statement: string, ...bindings: SqlValue[]): number {
    return this.#sql.exec(statement, ...bindings).rowsWritten;
  }
}
