/**
 * What a group's keys were at every index: the fold of its log, deliberately simple.
 *
 * A version that was only voted for counts from the entry that resolves the vote as committed, at the vote's revision.
 */
import type { Entry } from "../../shared/store/entry.ts";
import type { KeyRange } from "../../shared/store/view.ts";
import { text } from "../history.ts";
import { keysInRange } from "./range.ts";

export interface FoldedRecord {
  readonly key: string;
  readonly revision: number;
  readonly value: string;
  readonly expiresAt: number | null;
}

interface Version {
  readonly index: number;
  readonly record: FoldedRecord | null;
  /** From where on it counts: its own index, or where its vote is resolved; infinite where it never does. */
  from: number;
  /** From where on it is known whether it counts. */
  decided: number;
}

export class Fold {
  readonly #versions = new Map<string, Version[]>();

  /** @param entries the whole log, from its first entry on. */
  constructor(entries: readonly Entry[]) {
    const votes = new Map<number, Version[]>();
    for (const { index, effects, transaction = [] } of entries) {
      for (const effect of transaction) {
        if (effect.type !== "resolve") continue;
        for (const version of votes.get(effect.vote) ?? []) {
          version.decided = index;
          if (effect.committed) version.from = index;
        }
        // What is resolved stays so (T2).
        votes.delete(effect.vote);
      }
      const voted = transaction.some((effect) => effect.type === "vote");
      for (const effect of effects) {
        const record =
          effect.type === "delete"
            ? null
            : {
                key: effect.key,
                revision: index,
                value: text(effect.value.bytes),
                expiresAt: effect.expiresAt,
              };
        const from = voted ? Number.POSITIVE_INFINITY : index;
        const version: Version = { index, record, from, decided: from };
        const versions = this.#versions.get(effect.key);
        if (versions === undefined) this.#versions.set(effect.key, [version]);
        else versions.push(version);
        if (voted) votes.set(index, [...(votes.get(index) ?? []), version]);
      }
    }
  }

  /** @param asOf up to where votes count as resolved. */
  at(key: string, index: number, asOf: number = index): FoldedRecord | null {
    const versions = this.#versions.get(key) ?? [];
    return versions.findLast((one) => one.index <= index && one.from <= asOf)?.record ?? null;
  }

  /** Whether a version of the key stands at or below `index` that was voted for, and not resolved there. */
  inDoubt(key: string, index: number): boolean {
    const versions = this.#versions.get(key) ?? [];
    return versions.some((one) => one.index <= index && one.decided > index);
  }

  list(range: KeyRange, index: number): FoldedRecord[] {
    return keysInRange(range, [...this.#versions.keys()])
      .map((key) => this.at(key, index))
      .filter((record) => record !== null)
      .slice(0, range.limit);
  }
}
