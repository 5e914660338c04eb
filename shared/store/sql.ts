/**
 * The database port: a synchronous SQLite connection, and nothing more of a platform.
 *
 * Two adapters implement it, the Durable Object's `ctx.storage.sql` and Node's `node:sqlite`, so that the
 * statements which run in production are the ones the simulator crashes and the tests explore.
 */

/** What SQLite stores. A blob comes back as either form, whichever the adapter's runtime makes. */
export type SqlValue = string | number | null | Uint8Array | ArrayBuffer;

export type SqlRow = Readonly<Record<string, SqlValue>>;

export interface Sql {
  /** Runs a query and returns its rows. */
  all(query: string, ...bindings: SqlValue[]): SqlRow[];
  /** Runs one statement that writes, and returns how many rows it wrote, index rows included. */
  run(statement: string, ...bindings: SqlValue[]): number;
}
