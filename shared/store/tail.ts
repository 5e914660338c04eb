/**
 * The log's tail within one turn: the store, and before it the entries not yet handed to the disk.
 *
 * Requests that arrive together are evaluated one after the other, each against what the one before did,
 * and only then are messages sent and rows written, in that order: on the platform a message sent after a
 * write waits until the disk has it, and a leader's own write should run beside its followers'.
 */
import { REQUEST_COPY_MS, REQUESTS_KEPT_MIN } from "../limits.ts";
import type { Term } from "../raft/term.ts";
import type { Instant, LogIndex, RequestId } from "../types.ts";
import type { Entry, StoredAnswer, StoredRecord } from "./entry.ts";
import { RecentRequests } from "./recent-requests.ts";
import type { SnapshotPart } from "./snapshot.ts";
import type { StoreView } from "./view.ts";

export class Tail {
  readonly #store: StoreView;
  #entries: Entry[] = [];
  #recent: RecentRequests | null = null;
  readonly #records = new Map<string, StoredRecord | null>();

  constructor(store: StoreView) {
    this.#store = store;
  }

  get lastIndex(): LogIndex {
    return this.#entries.at(-1)?.index ?? this.#store.lastIndex;
  }

  get lastTerm(): Term {
    return this.#entries.at(-1)?.term ?? this.#store.lastTerm;
  }

  get lastAt(): Instant {
    return this.#entries.at(-1)?.at ?? this.#store.lastAt;
  }

  get baseIndex(): LogIndex {
    return this.#store.baseIndex;
  }

  termAt(index: LogIndex): Term | null {
    if (index <= this.#store.lastIndex) return this.#store.termAt(index);
    return this.#entries[index - this.#store.lastIndex - 1]?.term ?? null;
  }

  timeAt(index: LogIndex): Instant {
    const pending = this.#entries[index - this.#store.lastIndex - 1];
    return pending?.at ?? this.#store.timeAt(index);
  }

  snapshotPart(...asked: Parameters<StoreView["snapshotPart"]>): SnapshotPart {
    return this.#store.snapshotPart(...asked);
  }

  /** Entries from `from` on, the pending ones behind the stored; up to about `bytesMax` of stored values. */
  entries(from: LogIndex, bytesMax: number): Entry[] {
    const stored = from <= this.#store.lastIndex ? this.#store.entries(from, bytesMax) : [];
    const reached = stored.at(-1)?.index ?? this.#store.lastIndex;
    if (reached < this.#store.lastIndex) return stored;
    return stored.concat(this.#entries.filter((entry) => entry.index >= from));
  }

  /** The entries not yet taken, oldest first. */
  get pending(): readonly Entry[] {
    return this.#entries;
  }

  record(key: string): StoredRecord | null {
    const pending = this.#records.get(key);
    return pending !== undefined ? pending : this.#store.record(key);
  }

  answer(idempotencyKey: string): StoredAnswer | null {
    const entry = this.#entries.find((one) => one.idempotency?.key === idempotencyKey);
    if (entry?.idempotency && entry.outcome) {
      const { idempotency, index, at, outcome } = entry;
      return { fingerprint: idempotency.fingerprint, index, at, outcome };
    }
    return this.#store.answer(idempotencyKey);
  }

  /** The entry that answered a request, if it is recent enough for a copy of the request to live. */
  entryOfRequest(request: RequestId): Entry | null {
    const index = this.#recentRequests().find(request);
    if (index === null || index <= this.#store.baseIndex) return null;
    return this.entries(index, 0)[0] ?? null;
  }

  /** What this member appended as a follower is not among them, so a new leader reads them anew. */
  forgetRecent(): void {
    this.#recent = null;
  }

  #recentRequests(): RecentRequests {
    if (this.#recent === null) {
      // From the log's own end, for its times may be another machine's.
      const since = (this.#store.lastAt - REQUEST_COPY_MS) as Instant;
      this.#recent = new RecentRequests(this.#store.requestsSince(since, REQUESTS_KEPT_MIN));
      for (const entry of this.#entries) this.#recent.add(entry);
    }
    return this.#recent;
  }

  append(entry: Entry): void {
    this.#entries.push(entry);
    this.#recent?.add(entry);
    for (const effect of entry.effects) {
      this.#records.set(
        effect.key,
        effect.type === "delete"
          ? null
          : {
              key: effect.key,
              revision: entry.index,
              value: effect.value,
              expiresAt: effect.expiresAt,
            },
      );
    }
  }

  /** The pending entries, for the disk; the tail is the store's again once they are written. */
  take(): Entry[] {
    const entries = this.#entries;
    if (entries.length > 0) {
      this.#entries = [];
      this.#records.clear();
    }
    return entries;
  }
}
