/**
 * A store that keeps every entry in an array, for good, and works every answer out anew.
 *
 * It knows of no table, no row and no cache: what it says of an index follows from the entries alone.
 */
import type { Entry, StoredAnswer, StoredRecord } from "../../shared/store/entry.ts";
import type { KeyRange, Listed, Look, TransactionEntry } from "../../shared/store/view.ts";
import type { OutcomeEffect, TransactionEffect } from "../../shared/transaction/effects.ts";
import { madeAt } from "../../shared/transaction/id.ts";
import { type LogIndex, logIndex, type TransactionId } from "../../shared/types.ts";

/** What one entry made of one key. */
interface Version {
  readonly revision: number;
  readonly record: StoredRecord | null;
  readonly votedFor: boolean;
  /** Where its vote is resolved; infinite where it is not. */
  readonly resolvedAt: number;
  readonly committed: boolean;
}

export class Twin {
  entries: Entry[] = [];
  base = 0;
  /** Nothing at or below it is cut off any more. */
  committed = 0;
  forgottenBefore = 0;

  get horizon(): number {
    const throughs = this.effects("horizon").map(({ effect }) => effect.through);
    return Math.max(0, ...throughs);
  }

  recordAt(key: string, index: number, asOf: number = index): StoredRecord | null {
    const counts = (one: Version) => one.revision <= index && isInEffect(one, asOf);
    return this.#versions(key).findLast(counts)?.record ?? null;
  }

  look(key: string, index: number): Look {
    const pending = this.#versions(key).find(
      (one) => one.revision <= index && isPending(one, index),
    );
    const record = this.recordAt(key, index);
    if (pending === undefined) return { record, intent: null };
    const known = pending.resolvedAt <= this.entries.length;
    const resolvedAt = known ? logIndex(pending.resolvedAt) : null;
    return { record, intent: { vote: logIndex(pending.revision), resolvedAt } };
  }

  versionAt(key: string, revision: number): StoredRecord | null {
    return this.#versions(key).find((one) => one.revision === revision)?.record ?? null;
  }

  lastChange(key: string, index: number): number | null {
    const touched = this.#versions(key).flatMap((one) => [one.revision, one.resolvedAt]);
    const until = touched.filter((one) => one <= index);
    return until.length === 0 ? null : Math.max(...until);
  }

  list({ prefix, start, end, after, reverse, limit }: KeyRange, index: number): Listed {
    const keys = [...new Set(this.entries.flatMap((one) => one.effects.map(({ key }) => key)))];
    const inside = keys.filter(
      (key) =>
        key.startsWith(prefix) &&
        (start === null || order(key, start) >= 0) &&
        (end === null || order(key, end) < 0) &&
        (after === null || (reverse ? order(key, after) < 0 : order(key, after) > 0)),
    );
    inside.sort(order);
    if (reverse) inside.reverse();
    const listed: { records: StoredRecord[]; inDoubt: LogIndex | null } = {
      records: [],
      inDoubt: null,
    };
    for (const key of inside) {
      if (listed.records.length === limit) break;
      const { record, intent } = this.look(key, index);
      if (record !== null) listed.records.push(record);
      if (intent !== null) listed.inDoubt ??= intent.vote;
    }
    return listed;
  }

  /** The keys whose time to live runs at the tail, and until when. */
  expiring(keys: readonly string[]): { key: string; expiresAt: number }[] {
    const last = this.entries.length;
    return keys.flatMap((key) => {
      const { record, intent } = this.look(key, last);
      if (record === null || record.expiresAt === null || intent !== null) return [];
      return [{ key, expiresAt: record.expiresAt as number }];
    });
  }

  /** The votes that are open at an index. */
  openVotes(index: number): number[] {
    return this.effects("vote")
      .map((one) => one.index)
      .filter((vote) => vote <= index && this.#resolution(vote).at > index);
  }

  /** The furthest entry that resolves a vote at or below `through`. */
  resolvedBy(through: number): number {
    const votes = this.effects("vote").filter((one) => one.index <= through);
    return Math.max(0, ...votes.map((one) => this.#resolution(one.index).at));
  }

  transactionEntries(from: number): TransactionEntry[] {
    return this.entries
      .filter((one) => one.index >= from && one.index > this.base && one.transaction !== undefined)
      .map(({ index, at, transaction = [] }) => ({ index, at, effects: transaction }));
  }

  /** The same as a store reads many of them: without answers. */
  entriesWithoutAnswers(from: number): TransactionEntry[] {
    return this.transactionEntries(from).map((entry) => ({
      ...entry,
      effects: entry.effects.map((one) =>
        one.type === "outcome" ? { ...one, answer: null } : one,
      ),
    }));
  }

  entriesOf(id: TransactionId): TransactionEntry[] {
    const of = this.entries.filter((one) => one.request === (id as string)).map((one) => one.index);
    return this.transactionEntries(0).filter((one) => of.includes(one.index));
  }

  keptOf(id: TransactionId): TransactionEntry[] {
    if (madeAt(id) <= this.horizon) return [];
    const kept: TransactionEntry[] = [];
    const seen = new Set<string>();
    for (const { index, at, transaction = [] } of this.entries) {
      for (const effect of transaction) {
        if (effect.type !== "refusal" && effect.type !== "outcome") continue;
        if (effect.id !== id || !this.#isKept(effect, index)) continue;
        // One attempt's abort, and what the whole id came to, are two words.
        const whole = effect.type === "refusal" || effect.final;
        const slot = `${effect.type} ${effect.attempt} ${whole}`;
        if (!seen.has(slot)) kept.push({ index, at, effects: [effect] });
        seen.add(slot);
      }
    }
    return kept;
  }

  outcomesThrough(
    ids: readonly TransactionId[],
    through: number,
    limit: number,
  ): TransactionEffect[] {
    return [...ids]
      .sort()
      .filter((id) => madeAt(id) <= through)
      .flatMap((id) => this.keptOf(id))
      .filter((one) => one.index <= this.base)
      .flatMap((one) => one.effects)
      .filter((effect): effect is OutcomeEffect => effect.type === "outcome")
      .map((effect) => ({ ...effect, answer: null }))
      .sort((a, b) => {
        if (a.id !== b.id) return a.id < b.id ? -1 : 1;
        return a.attempt - b.attempt || Number(a.final) - Number(b.final);
      })
      .slice(0, limit);
  }

  answer(key: string): StoredAnswer | null {
    const entry = this.entries.findLast((one) => one.idempotency?.key === key);
    if (!entry?.idempotency || entry.at < this.forgottenBefore) return null;
    const { index, at, transaction = [] } = entry;
    const outcome = entry.outcome ?? transaction.find((effect) => effect.type === "outcome");
    if (outcome === undefined) return null;
    return { fingerprint: entry.idempotency.fingerprint, index, at, outcome };
  }

  /** The rows of `records` that the base and what is behind it need: key, revision, and the column `resolved`. */
  rows(keys: readonly string[]): [string, number, number | null][] {
    return keys.flatMap((key) => {
      const versions = this.#versions(key);
      const atBase = versions.findLast(
        (one) => one.revision <= this.base && isInEffect(one, this.base),
      );
      return versions
        .filter(
          (one) =>
            one.revision > this.base ||
            isPending(one, this.base) ||
            (one === atBase && one.record !== null),
        )
        .map((one): [string, number, number | null] => [key, one.revision, columnOf(one)]);
    });
  }

  effects<Type extends TransactionEffect["type"]>(type: Type) {
    return this.entries.flatMap(({ index, transaction = [] }) =>
      transaction
        .filter(
          (effect): effect is Extract<TransactionEffect, { type: Type }> => effect.type === type,
        )
        .map((effect) => ({ index: index as LogIndex, effect })),
    );
  }

  #isKept(effect: TransactionEffect, index: number): boolean {
    if (effect.type === "refusal") return true;
    if (effect.type !== "outcome") return false;
    return (effect.final && effect.status === "aborted") || index <= this.base;
  }

  #resolution(vote: number): { at: number; committed: boolean } {
    const found = this.effects("resolve").find(({ effect }) => effect.vote === vote);
    if (found === undefined) return { at: Number.POSITIVE_INFINITY, committed: false };
    return { at: found.index, committed: found.effect.committed };
  }

  #versions(key: string): Version[] {
    return this.entries.flatMap(({ index, effects, transaction = [] }) =>
      effects
        .filter((effect) => effect.key === key)
        .map((effect): Version => {
          const record =
            effect.type === "delete"
              ? null
              : { key, revision: index, value: effect.value, expiresAt: effect.expiresAt };
          const votedFor = transaction.some((one) => one.type === "vote");
          const { at, committed } = votedFor
            ? this.#resolution(index)
            : { at: Number.POSITIVE_INFINITY, committed: true };
          return { revision: index, record, votedFor, resolvedAt: at, committed };
        }),
    );
  }
}

const isInEffect = (one: Version, asOf: number): boolean =>
  !one.votedFor || (one.committed && one.resolvedAt <= asOf);

const isPending = (one: Version, asOf: number): boolean => one.votedFor && one.resolvedAt > asOf;

function columnOf({ votedFor, resolvedAt, committed }: Version): number | null {
  if (!votedFor) return null;
  if (resolvedAt === Number.POSITIVE_INFINITY) return 0;
  return committed ? resolvedAt : -resolvedAt;
}

/** Text in the order of its bytes in UTF-8, which is that of its code points. */
export function order(a: string, b: string): number {
  const [one, other] = [[...a], [...b]];
  for (const [at, point] of one.entries()) {
    const against = other[at];
    if (against === undefined) return 1;
    const by = (point.codePointAt(0) ?? 0) - (against.codePointAt(0) ?? 0);
    if (by !== 0) return by;
  }
  return one.length - other.length;
}
