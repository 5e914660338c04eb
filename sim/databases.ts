/**
 * Databases that are lent out and come back empty.
 *
 * A run makes several databases and throws them away. Wrapping each loan in a transaction that is rolled back
 * gives an empty database again, tables and all, and keeps the prepared statements.
 */
import { NodeSql } from "./node-sql.ts";

export class Databases {
  readonly #free: NodeSql[] = [];
  readonly #lent: NodeSql[] = [];

  take(): NodeSql {
    const sql = this.#free.pop() ?? new NodeSql();
    sql.run("BEGIN");
    this.#lent.push(sql);
    return sql;
  }

  /** Ends every loan. */
  reclaim(): void {
    for (const sql of this.#lent) {
      sql.run("ROLLBACK");
      this.#free.push(sql);
    }
    this.#lent.length = 0;
  }
}
