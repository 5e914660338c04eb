/**
 * Finding where two logs part, from one (index, term) of the other.
 *
 * Two facts: terms never fall along a log, and whoever holds an entry of a term holds all that its leader wrote before
 * it in that term, as that leader has it (R2). Source: Raft §5.3, with the conflict hint of etcd's raft.
 */
import { planted } from "../planted.ts";
import type { LogView } from "../store/view.ts";
import { type LogIndex, logIndex, previousIndex } from "../types.ts";
import { compareTerms, sameTerm, type Term } from "./term.ts";

export type LogTerms = Pick<LogView, "lastIndex" | "baseIndex" | "termAt">;

/** One end of a log: an index, and the term there. */
export interface LogPoint {
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
}

/** The last index up to `index` whose term is at most `term`; one below the base where there is none. */
export function lastAtMost(log: LogTerms, index: LogIndex, term: Term): LogIndex {
  let low: number = log.baseIndex - 1;
  let high: number = Math.min(index, log.lastIndex);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const found = log.termAt(logIndex(middle));
    if (found !== null && compareTerms(found, term) <= 0) low = middle;
    else high = middle - 1;
  }
  return logIndex(low);
}

export interface Parting {
  /** The index up to which the logs are sure to be the same; null where the point does not tell. */
  readonly match: LogIndex | null;
  /** The highest index at which they may be the same: where to try next. Below the base, only a snapshot helps. */
  readonly upTo: LogIndex;
}

/** Compares this log with a point that another one holds. */
export function part(log: LogTerms, point: LogPoint): Parting {
  if (planted("match-from-length-alone")) {
    const shorter = logIndex(Math.min(point.lastIndex, log.lastIndex));
    return { match: shorter, upTo: shorter };
  }
  if (point.lastIndex < log.baseIndex) return { match: null, upTo: point.lastIndex };
  const upTo = lastAtMost(log, point.lastIndex, point.lastTerm);
  const own = log.termAt(upTo);
  if (own === null) return { match: null, upTo: previousIndex(log.baseIndex) };
  return { match: sameTerm(own, point.lastTerm) ? upTo : null, upTo };
}
