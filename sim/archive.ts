/**
 * The log of each group, with what compaction took from it: what clients' histories are held against.
 *
 * Whatever a member compacts is committed, so reading it just before it goes misses nothing and keeps nothing that
 * could still be lost.
 */
import { bornState } from "../shared/raft/hard-state.ts";
import { compareTerms, TERM_ZERO, type Term } from "../shared/raft/term.ts";
import type { Entry } from "../shared/store/entry.ts";
import type { Sql } from "../shared/store/sql.ts";
import { Store } from "../shared/store/store.ts";
import { nextIndex, type Region } from "../shared/types.ts";

export interface GroupLog {
  readonly group: string;
  /** Every entry that lasted, in order. */
  readonly entries: readonly Entry[];
  /** What each member's own log had in the end. */
  readonly members: readonly (readonly Entry[])[];
}

export class Archive {
  readonly #compacted = new Map<number, Entry>();

  /** Keeps what a member is about to compact. */
  keep(sql: Sql, through: number): void {
    for (const entry of readLog(sql)) {
      if (entry.index <= through) this.#compacted.set(entry.index, entry);
    }
  }

  /** The group's whole log, as its members have it in the end: after the healing the furthest is the last leader's. */
  close(group: string, disks: readonly Sql[]): GroupLog {
    const members = disks.map(readLog);
    const entries = new Map<number, Entry>();
    // A member that was sent a snapshot lacks what others still have; the furthest one's word counts most.
    const inOrder = [...members].sort(compareLogs);
    for (const log of inOrder) {
      for (const entry of log) entries.set(entry.index, entry);
    }
    for (const [index, entry] of this.#compacted) entries.set(index, entry);
    const lastIndex = inOrder.at(-1)?.at(-1)?.index ?? 0;
    const lasting = [...entries.values()].filter((entry) => entry.index <= lastIndex);
    return { group, entries: lasting.sort((a, b) => a.index - b.index), members };
  }
}

/** How far the log goes of the member that was elected last, and the oldest vote that is open there. */
export function leadersEnd(
  disks: ReadonlyMap<Region, Sql>,
  first: Region,
): { readonly index: number; readonly oldestOpen: number | null } {
  let latest = -1;
  let end: { index: number; oldestOpen: number | null } = { index: 0, oldestOpen: null };
  for (const [self, sql] of disks) {
    const store = new Store(sql, bornState(self, first));
    const won = store.hardState.won ?? 0;
    if (won <= latest) continue;
    latest = won;
    const index = store.lastIndex;
    end = { index, oldestOpen: store.oldestOpen(index) };
  }
  return end;
}

function readLog(sql: Sql): Entry[] {
  // The log says nothing of who is asked to read it; any region will do.
  const store = new Store(sql, bornState("" as Region, "" as Region));
  return store.entries(nextIndex(store.baseIndex), Number.POSITIVE_INFINITY);
}

/** Negative, zero or positive, as `a` ends before, with or behind `b`. */
function compareLogs(a: readonly Entry[], b: readonly Entry[]): number {
  const lastTerm = (log: readonly Entry[]): Term => log.at(-1)?.term ?? TERM_ZERO;
  const lastIndex = (log: readonly Entry[]): number => log.at(-1)?.index ?? 0;
  return compareTerms(lastTerm(a), lastTerm(b)) || lastIndex(a) - lastIndex(b);
}
