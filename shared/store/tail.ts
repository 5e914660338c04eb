/**
 * The log's tail within one turn: the store, and before it the entries not yet handed to the disk.
 *
 * Requests that arrive together are evaluated one after the other, each against what the one before did,
 * and only then are messages sent and rows written, in that order: on the platform a message sent after a
 * write waits until the disk has it, and a leader's own write should run beside its followers'.
 */
import { REQUEST_COPY_MS, REQUESTS_KEPT_MIN } from "../limits.ts";
import type { Term } from "../raft/term.ts";
import type { TransactionEffect } from "../transaction/effects.ts";
import { type Facts, factsOf } from "../transaction/facts.ts";
import { OpenVotes } from "../transaction/open-votes.ts";
import { requestIdOf } from "../transaction/request.ts";
import type { Instant, LogIndex, RequestId, Revision, TransactionId } from "../types.ts";
import type { Entry, StoredAnswer, StoredRecord } from "./entry.ts";
import { RecentRequests } from "./recent-requests.ts";
import type { SnapshotPart } from "./snapshot.ts";
import type { StoreView, TransactionEntry } from "./view.ts";

export class Tail {
  readonly #store: StoreView;
  #entries: Entry[] = [];
  #recent: RecentRequests | null = null;
  #votes: OpenVotes | null = null;
  /** Keys that a vote resolved in this turn has changed, by the vote. */
  readonly #resolved = new Map<string, LogIndex>();
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

  /** A key as of the tail. Read once a turn: a write looks at its keys to lock, to expire and to evaluate them. */
  record(key: string): StoredRecord | null {
    const known = this.#records.get(key);
    if (known !== undefined) return known;
    const vote = this.#resolved.get(key);
    const record = vote === undefined ? this.#store.record(key) : this.versionAt(key, vote);
    this.#records.set(key, record);
    return record;
  }

  /** A key's version of one revision, in effect or not. */
  versionAt(key: string, revision: Revision): StoredRecord | null {
    if (revision <= this.#store.lastIndex) return this.#store.versionAt(key, revision);
    const entry = this.#entries[revision - this.#store.lastIndex - 1];
    return entry === undefined ? null : versionOf(entry, key);
  }

  answer(idempotencyKey: string): StoredAnswer | null {
    const entry = this.#entries.find((one) => one.idempotency?.key === idempotencyKey);
    const outcome = entry?.outcome ?? outcomeOf(entry?.transaction);
    if (entry?.idempotency && outcome) {
      const { idempotency, index, at } = entry;
      return { fingerprint: idempotency.fingerprint, index, at, outcome };
    }
    return this.#store.answer(idempotencyKey);
  }

  /** The votes that are open at the tail, and the locks they hold. */
  get openVotes(): OpenVotes {
    if (this.#votes === null) {
      this.#votes = new OpenVotes();
      const oldest = this.#store.oldestOpen(this.#store.lastIndex);
      if (oldest !== null) {
        for (const entry of this.#store.transactionEntries(oldest)) this.#votes.add(entry);
      }
      for (const entry of this.#entries) this.#votes.add(asTransactionEntry(entry));
    }
    return this.#votes;
  }

  /**
   * What the log says about a transaction.
   * @param thorough looks through all of the log, not only where a transaction that is under way must stand
   */
  transaction(id: TransactionId, thorough: boolean): Facts {
    const request = requestIdOf(id);
    const stored = thorough ? this.#store.entriesOfTransaction(id) : this.#recentOf(request);
    const open = this.openVotes.of(id);
    const found = new Map<LogIndex, TransactionEntry>();
    // An entry of the log says all that it did; what is kept beside the log is a part of it.
    for (const entry of this.#store.keptOfTransaction(id)) found.set(entry.index, entry);
    for (const entry of stored) found.set(entry.index, entry);
    if (open !== null) found.set(open.index, asTransactionEntry(this.#entryAt(open.index)));
    for (const entry of this.#entries) {
      if (entry.request === request) found.set(entry.index, asTransactionEntry(entry));
    }
    return factsOf([...found.values()].sort((a, b) => a.index - b.index));
  }

  #recentOf(request: RequestId): TransactionEntry[] {
    return this.#recentRequests()
      .find(request)
      .filter((index) => index > this.#store.baseIndex)
      .map((index) => asTransactionEntry(this.#entryAt(index)));
  }

  /** The entry that answered a request, if it is recent enough for a copy of the request to live. */
  entryOfRequest(request: RequestId): Entry | null {
    const index = this.#recentRequests().find(request).at(-1);
    if (index === undefined || index <= this.#store.baseIndex) return null;
    return this.#entryAt(index);
  }

  #entryAt(index: LogIndex): Entry {
    return this.#entries[index - this.#store.lastIndex - 1] ?? this.#store.entryAt(index);
  }

  /** What this member appended as a follower is not among them, so a new leader reads them anew. */
  forgetRecent(): void {
    this.#recent = null;
    this.#votes = null;
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

  append(appended: Entry): void {
    // Loaded before the entry is among those it is loaded from.
    const votes = this.openVotes;
    const { transaction } = appended;
    if (transaction !== undefined) this.#resolve(transaction);
    if (transaction !== undefined) votes.add(asTransactionEntry(appended));
    const { oldest } = votes;
    const entry = oldest === null ? appended : { ...appended, oldestOpen: oldest };
    this.#entries.push(entry);
    this.#recent?.add(entry);
    if (!hasVote(transaction)) this.#takeEffect(entry);
  }

  /** What a vote's intents come to, now that it is resolved. */
  #resolve(effects: readonly TransactionEffect[]): void {
    for (const effect of effects) {
      if (effect.type !== "resolve" || !effect.committed) continue;
      for (const { key, write } of this.openVotes.at(effect.vote)?.effect.locks ?? []) {
        if (!write) continue;
        this.#resolved.set(key, effect.vote);
        this.#records.delete(key);
      }
    }
  }

  #takeEffect(entry: Entry): void {
    for (const { key } of entry.effects) this.#records.set(key, versionOf(entry, key));
  }

  /** The pending entries, for the disk; the tail is the store's again once they are written. */
  take(): Entry[] {
    const entries = this.#entries;
    if (entries.length > 0) this.#entries = [];
    if (this.#records.size > 0) this.#records.clear();
    if (this.#resolved.size > 0) this.#resolved.clear();
    return entries;
  }
}

/** What an entry made of a key; null where it deleted it. */
function versionOf(entry: Entry, key: string): StoredRecord | null {
  const effect = entry.effects.find((one) => one.key === key);
  if (effect === undefined || effect.type === "delete") return null;
  const { value, expiresAt } = effect;
  return { key, revision: entry.index, value, expiresAt };
}

const hasVote = (effects: Entry["transaction"]): boolean =>
  effects?.some(({ type }) => type === "vote") ?? false;

const outcomeOf = (effects: Entry["transaction"]) =>
  effects?.find((effect) => effect.type === "outcome");

const asTransactionEntry = ({ index, at, transaction = [] }: Entry): TransactionEntry => ({
  index,
  at,
  effects: transaction,
});
