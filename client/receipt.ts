/** The receipt: what an answer rests on, and what it cost. */
import type { ConsistencyLevel } from "./api.ts";

export interface Receipt {
  /** The level in fact delivered: the one asked for, or a higher one. */
  readonly consistency: ConsistencyLevel;
  /** The key's revision; where it is absent, the index of its group that the answer rests on. Null where there is none. */
  readonly revision: number | null;
  /** The region that answered. */
  readonly region: string;
  /** The leader's term, `block.wake`, where a leader answered. */
  readonly term: string | null;
  /** How old the answer can be at most; null where nothing proves it. */
  readonly stalenessMs: number | null;
  /** What the client has seen now; a session sends it back by itself. */
  readonly bookmark: string | null;
  /** Object calls and rows that the answer cost. */
  readonly cost: { readonly calls: number; readonly rows: number };
  /** True where this is the first answer to the idempotency key, told again. */
  readonly replayed: boolean;
  readonly requestId: string;
}

/** What comes with its receipt. */
export interface Receipted {
  readonly receipt: Receipt;
}

export function receiptOf(headers: Headers): Receipt {
  const cost = headers.get("Holdfast-Cost") ?? "";
  return {
    // What the service does not say can only be the least.
    consistency: (headers.get("Holdfast-Consistency") ?? "eventual") as ConsistencyLevel,
    revision: numberIn(headers.get("Holdfast-Revision")),
    region: headers.get("Holdfast-Region") ?? "",
    term: headers.get("Holdfast-Term"),
    stalenessMs: numberIn(headers.get("Holdfast-Staleness-Ms")),
    bookmark: headers.get("Holdfast-Bookmark"),
    cost: { calls: countIn(cost, "calls"), rows: countIn(cost, "rows") },
    replayed: headers.get("Holdfast-Replayed") === "true",
    requestId: headers.get("Holdfast-Request-Id") ?? "",
  };
}

const numberIn = (text: string | null): number | null =>
  text !== null && /^\d+$/.test(text) ? Number(text) : null;

const countIn = (text: string, name: string): number =>
  Number(new RegExp(`\\b${name}=(\\d+)`).exec(text)?.[1] ?? 0);
