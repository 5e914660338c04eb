/** What a group's keys were at every index: the fold of its log, deliberately simple. */
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
}

export class Fold {
  readonly #versions = new Map<string, Version[]>();

  constructor(entries: readonly Entry[]) {
    for (const { index, effects } of entries) {
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
        const versions = this.#versions.get(effect.key);
        if (versions === undefined) this.#versions.set(effect.key, [{ index, record }]);
        else versions.push({ index, record });
      }
    }
  }

  at(key: string, index: number): FoldedRecord | null {
    const versions = this.#versions.get(key) ?? [];
    return versions.findLast((version) => version.index <= index)?.record ?? null;
  }

  list(range: KeyRange, index: number): FoldedRecord[] {
    return keysInRange(range, [...this.#versions.keys()])
      .map((key) => this.at(key, index))
      .filter((record) => record !== null)
      .slice(0, range.limit);
  }
}
