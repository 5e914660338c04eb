/**
 * The log of each group as its disk has it, gathered before compaction takes it away: what the checkers hold
 * clients' histories against.
 *
 * Compaction never takes an entry younger than the time a request id is remembered, so reading the log more often
 * than that misses none that lasted.
 */
import { bornState } from "../shared/raft/hard-state.ts";
import type { Entry } from "../shared/store/entry.ts";
import { Store } from "../shared/store/store.ts";
import { nextIndex } from "../shared/types.ts";
import type { SimMember } from "./member.ts";

/** Reading the log this often, in milliseconds of true time, misses nothing. */
export const ARCHIVE_EVERY_MS = 20_000;

export interface GroupLog {
  readonly group: string;
  /** Every entry that lasted, in order. */
  readonly entries: readonly Entry[];
  /** What each member's own log had in the end. */
  readonly members: readonly (readonly Entry[])[];
}

export class Archive {
  readonly #entries = new Map<number, Entry>();
  #lastIndex = 0;

  gather(member: SimMember): void {
    const { region, disk } = member;
    const store = new Store(disk.inspect(), bornState(region, region));
    this.#lastIndex = store.lastIndex;
    const first = nextIndex(store.baseIndex);
    for (const entry of store.entries(first, Number.POSITIVE_INFINITY)) {
      this.#entries.set(entry.index, entry);
    }
  }

  /** Every entry that lasted, in order, as of the last time it was gathered. */
  entries(): Entry[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.index <= this.#lastIndex)
      .sort((a, b) => a.index - b.index);
  }
}
