/**
 * The votes a group has cast and not seen resolved, and the locks they hold.
 *
 * Kept in memory by a leader, as a fold of its log: an entry says which open vote is the oldest (`oldestOpen`), so a
 * leader that wakes reads the log from there, and a group without one reads nothing. Locks are held from the vote to
 * its resolution, read locks too (DESIGN.md §6). Owns T2's other half: what is open stays open until it is resolved.
 */
import { assert } from "../assert.ts";
import type { Attempt, Instant, LogIndex, TransactionId } from "../types.ts";
import type { Lock, RecordEffect, TransactionEffect, VoteEffect } from "./effects.ts";

export interface OpenVote {
  readonly index: LogIndex;
  /** When it was appended. */
  readonly at: Instant;
  readonly effect: VoteEffect;
  /** Where this group is the anchor. */
  readonly record: RecordEffect | null;
}

/** An entry, as far as votes go. */
interface VotingEntry {
  readonly index: LogIndex;
  readonly at: Instant;
  readonly effects: readonly TransactionEffect[];
}

export class OpenVotes {
  /** In the log's order. */
  readonly #votes = new Map<LogIndex, OpenVote>();
  readonly #ofTransaction = new Map<TransactionId, OpenVote>();
  readonly #ofKey = new Map<string, OpenVote[]>();
  #version = 0;

  /** Rises with each vote and each resolution. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#votes.size;
  }

  get oldest(): LogIndex | null {
    for (const index of this.#votes.keys()) return index;
    return null;
  }

  all(): OpenVote[] {
    return [...this.#votes.values()];
  }

  at(index: LogIndex): OpenVote | null {
    return this.#votes.get(index) ?? null;
  }

  /** The transaction's open vote; of its attempts only one can be open. */
  of(id: TransactionId): OpenVote | null {
    return this.#ofTransaction.get(id) ?? null;
  }

  /** The first open vote that locks the key, to write where only writers matter. */
  holder(key: string, onlyWriters: boolean): OpenVote | null {
    const votes = this.#ofKey.get(key);
    if (votes === undefined) return null;
    return votes.find((vote) => !onlyWriters || writes(vote, key)) ?? null;
  }

  /** The open votes of other transactions whose locks exclude these. */
  conflicting(id: TransactionId | null, locks: readonly Lock[]): OpenVote[] {
    const found = new Set<OpenVote>();
    for (const { key, write } of locks) {
      for (const vote of this.#ofKey.get(key) ?? []) {
        if (vote.effect.id !== id && (write || writes(vote, key))) found.add(vote);
      }
    }
    return [...found];
  }

  /** The open record that came with an idempotency key. */
  withIdempotencyKey(key: string): OpenVote | null {
    return this.all().find((vote) => vote.record?.idempotency?.key === key) ?? null;
  }

  add({ index, at, effects }: VotingEntry): void {
    let record: RecordEffect | null = null;
    for (const effect of effects) {
      if (effect.type === "resolve") this.#close(effect.vote);
      if (effect.type === "record") record = effect;
      if (effect.type === "vote") this.#open({ index, at, effect, record });
    }
  }

  #open(vote: OpenVote): void {
    const other = this.#ofTransaction.get(vote.effect.id);
    assert(
      other === undefined,
      "T2",
      "two votes of a transaction are open",
      other?.index,
      vote.index,
    );
    this.#version += 1;
    this.#votes.set(vote.index, vote);
    this.#ofTransaction.set(vote.effect.id, vote);
    for (const { key } of vote.effect.locks) {
      const votes = this.#ofKey.get(key);
      if (votes === undefined) this.#ofKey.set(key, [vote]);
      else votes.push(vote);
    }
  }

  #close(index: LogIndex): void {
    const vote = this.#votes.get(index);
    if (vote === undefined) return;
    this.#version += 1;
    this.#votes.delete(index);
    this.#ofTransaction.delete(vote.effect.id);
    for (const { key } of vote.effect.locks) {
      const left = (this.#ofKey.get(key) ?? []).filter((one) => one !== vote);
      if (left.length === 0) this.#ofKey.delete(key);
      else this.#ofKey.set(key, left);
    }
  }
}

const writes = ({ effect }: OpenVote, key: string): boolean =>
  effect.locks.some((lock) => lock.key === key && lock.write);

/** The attempt an open vote was cast in. */
export const attemptOf = (vote: OpenVote): Attempt => vote.effect.attempt;
