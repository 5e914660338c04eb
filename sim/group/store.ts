/**
 * A member's store in memory: an image that a write replaces, never changes.
 *
 * A crash is then a step back to an earlier image, and thousands of short runs a second are possible. The real store
 * has its own tests and the simulation of the whole service; here the protocol alone is searched.
 */
import { assert } from "../../shared/assert.ts";
import type { HardState } from "../../shared/raft/hard-state.ts";
import { TERM_ZERO, type Term } from "../../shared/raft/term.ts";
import type { Entry, StoredAnswer, StoredRecord } from "../../shared/store/entry.ts";
import type { RequestPlace } from "../../shared/store/recent-requests.ts";
import type { SnapshotCursor, SnapshotPart } from "../../shared/store/snapshot.ts";
import type { Listed, Look, StagedSnapshot, StoreView } from "../../shared/store/view.ts";
import type { Write } from "../../shared/store/write.ts";
import { type Instant, type LogIndex, logIndex, ORIGIN } from "../../shared/types.ts";

/** What is on a disk. */
export interface Image {
  readonly hard: HardState;
  readonly base: { readonly index: LogIndex; readonly term: Term; readonly at: Instant };
  /** All entries from index 1 on. Those up to the base are hidden from the member; the checks look at them. */
  readonly log: readonly Entry[];
  readonly staged: StagedSnapshot | null;
}

export const emptyImage = (hard: HardState): Image => ({
  hard,
  base: { index: ORIGIN, term: TERM_ZERO, at: 0 as Instant },
  log: [],
  staged: null,
});

/** Storage refuses an instance that another one has superseded (DESIGN.md §8). */
export class StorageRefused extends Error {
  override readonly name = "StorageRefused";
}

/** Every snapshot has two parts. */
const SECOND_PART: SnapshotCursor = { table: "answers", id: "" };

export class ImageStore implements StoreView {
  image: Image;
  /** True once another instance has taken over: from then on every look at storage fails. */
  refused = false;
  /** What cannot be cut off, nor read, without the world hearing of it. */
  readonly #history: (index: LogIndex, term: Term) => readonly Entry[];

  readonly #batch: number;

  /**
   * @param history the entries up to an index and term, for one that is sent a snapshot of them
   * @param batch how many entries are read at once
   */
  constructor(
    image: Image,
    history: (index: LogIndex, term: Term) => readonly Entry[],
    batch: number,
  ) {
    this.image = image;
    this.#batch = batch;
    this.#history = history;
  }

  get hardState(): HardState {
    return this.image.hard;
  }

  get staged(): StagedSnapshot | null {
    this.#look();
    return this.image.staged;
  }

  get baseIndex(): LogIndex {
    return this.image.base.index;
  }

  get lastIndex(): LogIndex {
    return logIndex(this.image.log.length);
  }

  get lastTerm(): Term {
    return this.#termOf(this.lastIndex) ?? TERM_ZERO;
  }

  get lastAt(): Instant {
    return this.image.log.at(-1)?.at ?? this.image.base.at;
  }

  termAt(index: LogIndex): Term | null {
    if (index !== this.lastIndex && index !== this.baseIndex) this.#look();
    return this.#termOf(index);
  }

  readTerm(index: LogIndex): Term | null {
    this.#look();
    return this.#termOf(index);
  }

  timeAt(index: LogIndex): Instant {
    this.#look();
    const entry = index > this.baseIndex ? this.image.log[index - 1] : undefined;
    return entry?.at ?? this.image.base.at;
  }

  /** Few at a time, as if their values were large. */
  entries(from: LogIndex): Entry[] {
    this.#look();
    if (from <= this.baseIndex) throw new Error(`entry ${from} is not in the log`);
    return this.image.log.slice(from - 1, from - 1 + this.#batch);
  }

  snapshotPart(_through: LogIndex, after: SnapshotCursor | null): SnapshotPart {
    this.#look();
    return { rows: [], next: after === null ? SECOND_PART : null };
  }

  record(key: string): StoredRecord | null {
    return this.recordAt(key, this.lastIndex);
  }

  recordAt(key: string, index: LogIndex): StoredRecord | null {
    this.#look();
    return recordIn(this.image.log, key, index);
  }

  requestsSince(): RequestPlace[] {
    this.#look();
    return this.image.log
      .slice(this.baseIndex)
      .flatMap(({ request, index, at }) => (request === null ? [] : [{ request, index, at }]));
  }

  list(): Listed {
    this.#look();
    return { records: [], inDoubt: null };
  }

  // No transaction comes here: what concerns them is always empty.
  readonly horizon = 0 as Instant;

  look(key: string, index: LogIndex): Look {
    return { record: this.recordAt(key, index), intent: null };
  }

  versionAt(): null {
    return null;
  }

  lastChange(): null {
    return null;
  }

  oldestOpen(): null {
    return null;
  }

  transactionEntries(): [] {
    return [];
  }

  entriesOfTransaction(): [] {
    return [];
  }

  keptOfTransaction(): [] {
    return [];
  }

  outcomesThrough(): [] {
    return [];
  }

  entryAt(index: LogIndex): Entry {
    const [entry] = this.entries(index);
    if (entry === undefined) throw new Error(`entry ${index} is not in the log`);
    return entry;
  }

  answer(): StoredAnswer | null {
    this.#look();
    return null;
  }

  locks(): StoredRecord[] {
    return [];
  }

  overdue(): string[] {
    this.#look();
    return [];
  }

  nextExpiry(): Instant | null {
    this.#look();
    return null;
  }

  /** Nothing grows old in so short a run; the scheduler compacts when it likes. */
  lastIndexBefore(): LogIndex | null {
    return null;
  }

  write(write: Write): void {
    this.#look();
    const { image } = this;
    switch (write.type) {
      case "append":
        assert(
          write.entries[0]?.index === this.lastIndex + 1,
          "R2",
          "a gap",
          write,
          this.lastIndex,
        );
        this.image = { ...image, log: [...image.log, ...write.entries] };
        break;
      case "truncate":
        assert(write.last >= this.baseIndex, "R3", "what is compacted is cut", write, image.base);
        this.image = { ...image, log: image.log.slice(0, write.last) };
        break;
      case "hard-state":
        this.image = { ...image, hard: write.state };
        break;
      case "stage":
        this.image = { ...image, staged: write.staged };
        break;
      case "install": {
        const { lastIndex: index, lastTerm: term, at } = write;
        const log = this.#history(index, term);
        this.image = { ...image, log, base: { index, term, at }, staged: null };
        break;
      }
      case "compact": {
        const term = this.#termOf(write.through) ?? TERM_ZERO;
        const at = this.timeAt(write.through);
        this.image = { ...image, base: { index: write.through, term, at } };
        break;
      }
      case "forget-answers":
        break;
    }
  }

  #termOf(index: LogIndex): Term | null {
    if (index === this.baseIndex) return this.image.base.term;
    if (index < this.baseIndex) return null;
    return this.image.log[index - 1]?.term ?? null;
  }

  #look(): void {
    if (this.refused) throw new StorageRefused("the storage belongs to another instance");
  }
}

/** A key as of `index`, in a log that nothing was removed from. */
export function recordIn(log: readonly Entry[], key: string, index: number): StoredRecord | null {
  for (let at = Math.min(index, log.length); at > 0; at--) {
    const entry = log[at - 1];
    for (const effect of entry?.effects ?? []) {
      if (effect.key !== key || entry === undefined) continue;
      if (effect.type === "delete") return null;
      const { value, expiresAt } = effect;
      return { key, revision: entry.index, value, expiresAt };
    }
  }
  return null;
}
