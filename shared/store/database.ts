/** A group's database as the parts of its store use it: tables made with their first row, rows written counted. */
import { Schema, type Table } from "./schema.ts";
import type { Sql, SqlRow, SqlValue } from "./sql.ts";

export class Database {
  readonly #sql: Sql;
  readonly #schema: Schema;
  #rowsWritten = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#schema = new Schema(sql);
  }

  /** Whether the table is there; a no has been looked up (L2). */
  has(table: Table): boolean {
    return this.#schema.has(table);
  }

  /** The same as far as this instance knows: enough where nothing is answered from it alone. */
  knows(table: Table): boolean {
    return this.#schema.knows(table);
  }

  /** Makes the table, where it is not there. */
  ensure(table: Table): void {
    this.#schema.ensure(table);
  }

  all(query: string, ...bindings: SqlValue[]): SqlRow[] {
    return this.#sql.all(query, ...bindings);
  }

  run(statement: string, ...bindings: SqlValue[]): void {
    this.#rowsWritten += this.#sql.run(statement, ...bindings);
  }

  /** How many rows were written since this was last asked. */
  takeRowsWritten(): number {
    const rows = this.#rowsWritten;
    this.#rowsWritten = 0;
    return rows;
  }

  /** What is kept under a name; null where nothing is. */
  meta<T>(name: string): T | null {
    if (!this.knows("meta")) return null;
    const row = this.all("SELECT value FROM meta WHERE name = ?", name)[0];
    return row ? (JSON.parse(row.value as string) as T) : null;
  }

  setMeta(name: string, value: unknown): void {
    this.ensure("meta");
    this.run(
      "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)",
      name,
      JSON.stringify(value),
    );
  }

  forgetMeta(name: string): void {
    if (this.knows("meta")) this.run("DELETE FROM meta WHERE name = ?", name);
  }
}
