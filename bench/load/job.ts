// What the harness asks of the load process, and what it answers: plain data, sent between processes.

/** One request that a client sends, again and again or in turn with others. */
export interface LoadRequest {
  method: "GET" | "PUT" | "POST";
  path: string;
  /** The next number takes the place of `{n}` in it: SQLite writes nothing where a row stays as it is. */
  body?: string;
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
   * What is sent. `cycle`: all of them in turn, each client in an order of its own.
   * `numbered`: the one request, with the next number in place of `{n}`, so never the same twice.
   */
  requests:
    | { kind: "cycle"; requests: readonly LoadRequest[] }
    | { kind: "numbered"; request: LoadRequest };
  /** The statuses that count as an answer; any other is a failure. */
  expected: readonly number[];
}

/** How it went. */
export interface LoadResult {
  /** Answers with an expected status. */
  answered: number;
  /** Everything else, by what it was: a status, or a fault of the connection. Empty when all is well. */
  failures: Readonly<Record<string, number>>;
  elapsedMs: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** The share of one processor that the load process took: near 1, it is what limits. */
  generatorLoad: number;
}
