// What the harness asks of the load process, and what it answers: plain data, sent between processes.
import type { Watched } from "./watch.ts";

/**
 * Each time a request is sent, the next number takes this one's place in its path and body: for keys that nobody has
 * used, and because SQLite writes nothing where a row stays as it is.
 */
export const NUMBER = "{n}";

/** One request that a client sends, again and again or in turn with others. */
export interface LoadRequest {
  method: "GET" | "PUT" | "POST";
  path: string;
  body?: string;
  /** Sent with this one, beside those that all have. */
  headers?: Readonly<Record<string, string>>;
  /** A put, whose answer tells the key and its revision: it is timed until the job's watch shows that. */
  isWatched?: true;
}

/** Where it is looked for what puts have written, while the load goes on and after it. */
export interface Watch {
  /** A list that shows keys with their revisions. */
  path: string;
  /** How often it is asked for. */
  everyMs: number;
  /** How long to go on after the load, until everything is there. */
  patienceMs: number;
  /** It is told of in so many stretches of this length; what is behind the last one is not. */
  windows: number;
  windowMs: number;
}

/** Load of one kind for a time. */
export interface LoadJob {
  port: number;
  /** Sent with every request. */
  headers: Readonly<Record<string, string>>;
  /** Clients, each with a connection of its own and one request under way. */
  clients: number;
  durationMs: number;
  /**
   * What the clients send in turn, each in an order of its own. `all`: every client all of them. `dealt`: every
   * client those that were dealt to it, as cards are, so that no other sends them while there are enough.
   */
  requests: { to: "all" | "dealt"; requests: readonly LoadRequest[] };
  /** The statuses that count as an answer. */
  expected: readonly number[];
  /** Statuses that are no failure either, but say that others were in the way; any further one is a failure. */
  conflicts: readonly number[];
  watch?: Watch;
}

/** How it went. */
export interface LoadResult {
  /** Answers with an expected status. */
  answered: number;
  /** Answers with a status that says that others were in the way; in no other figure but `slowestMs`. */
  conflicts: number;
  /** Everything else, by what it was: a status, or a fault of the connection. Empty when all is well. */
  failures: Readonly<Record<string, number>>;
  elapsedMs: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** The longest that any client waited, a request counting that was still under way at the end. */
  slowestMs: number;
  /** The share of one processor that the load process took: near 1, it is what limits. */
  generatorLoad: number;
  /** Where the job had a watch. */
  watched?: Watched;
}
