import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Effect, Entry, StoredRecord } from "../../../shared/store/entry.ts";
import { logIndex } from "../../../shared/types.ts";
import { all, at, entry, gone, type OpenSql, openStore, put } from "./fixture.ts";

type Step =
  | { readonly type: "append"; readonly effects: Effect[] }
  | { readonly type: "truncate" | "compact"; readonly part: number }
  | { readonly type: "reopen" };

/** A store that keeps every entry and works everything out anew. */
class Twin {
  entries: Entry[] = [];
  base = 0;

  recordsAt(index: number): StoredRecord[] {
    const records = new Map<string, StoredRecord>();
    for (const { index: revision, effects } of this.entries.slice(0, index)) {
      for (const effect of effects) {
        const { key } = effect;
        if (effect.type === "delete") records.delete(key);
        else records.set(key, { key, revision, value: effect.value, expiresAt: effect.expiresAt });
      }
    }
    return [...records.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  overdue(now: number): string[] {
    const current = this.recordsAt(this.entries.length);
    return current
      .filter((one) => one.expiresAt !== null && one.expiresAt <= now)
      .map((one) => one.key);
  }
}

const effect = fc
  .tuple(fc.constantFrom("a", "b", "c"), fc.nat(3), fc.option(fc.nat(9)))
  .map(
    ([key, kind, expiresAt]): Effect => (kind === 0 ? gone(key) : put(key, `${kind}`, expiresAt)),
  );
const effects = fc.uniqueArray(effect, { maxLength: 3, selector: (one) => one.key });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: effects.map((of): Step => ({ type: "append", effects: of })) },
  { weight: 1, arbitrary: fc.nat(9).map((part): Step => ({ type: "truncate", part })) },
  { weight: 1, arbitrary: fc.nat(9).map((part): Step => ({ type: "compact", part })) },
  { weight: 1, arbitrary: fc.constant<Step>({ type: "reopen" }) },
);

export function twinSuite(open: OpenSql): void {
  describe("whatever is appended, cut off and compacted", () => {
    it("the store is what a simple twin of it is", () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
          const sql = open();
          const twin = new Twin();
          let store = openStore(sql);
          for (const one of steps) {
            const between = (part: number) =>
              twin.base + Math.floor(((twin.entries.length - twin.base) * part) / 9);
            switch (one.type) {
              case "append": {
                const next = entry(twin.entries.length + 1, one.effects);
                store.append([next]);
                twin.entries.push(next);
                break;
              }
              case "truncate":
                if (between(one.part) === twin.entries.length) break;
                twin.entries.length = between(one.part);
                store.truncate(logIndex(twin.entries.length));
                break;
              case "compact":
                if (between(one.part) === twin.base) break;
                twin.base = between(one.part);
                store.compact(logIndex(twin.base));
                break;
              case "reopen":
                store = openStore(sql);
                break;
            }
          }
          expect([store.baseIndex, store.lastIndex]).toEqual([twin.base, twin.entries.length]);
          expect(store.entries(logIndex(twin.base + 1), 1_000_000)).toEqual(
            twin.entries.slice(twin.base),
          );
          for (let index = twin.base; index <= twin.entries.length; index++) {
            const records = twin.recordsAt(index);
            expect(store.list(all(), logIndex(index))).toEqual({ records, inDoubt: null });
          }
          expect(store.overdue(at(5), 10).sort()).toEqual(twin.overdue(5));
          expect(store.lastAt).toBe(twin.entries.at(-1)?.at ?? 0);
        }),
        { numRuns: 200 },
      );
    });
  });
}
