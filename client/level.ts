/** How consistent a read must be, as the service takes it. */
import type { ConsistencyLevel } from "./api.ts";
import type { CallOptions } from "./options.ts";
import type { Scope } from "./scope.ts";
import type { Call } from "./transport.ts";

export interface ReadOptions extends CallOptions {
  /** How consistent the answer must be; it may be more, never less. `strong`, and in a session `session`, by default. */
  readonly consistency?: ConsistencyLevel | undefined;
  /** How old the answer may be: with it the level is `bounded`. */
  readonly maxStalenessMs?: number | undefined;
}

/** The query of a read at its level. */
export function levelOf(
  { seen }: Scope,
  { consistency, maxStalenessMs }: ReadOptions,
): NonNullable<Call["query"]> {
  const usual = seen.isSession ? "session" : undefined;
  const level = consistency ?? (maxStalenessMs === undefined ? usual : "bounded");
  return { consistency: level, max_staleness_ms: maxStalenessMs };
}
