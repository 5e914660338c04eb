/**
 * The store against a twin that keeps every entry in an array and works everything out anew.
 *
 * Written for any database, since the same holds on Node's and on an object's.
 */
import fc from "fast-check";
import { bornState } from "../../shared/raft/hard-state.ts";
import type { Term } from "../../shared/raft/term.ts";
import type { Effect, Entry, StoredAnswer, StoredRecord } from "../../shared/store/entry.ts";
import type { Sql } from "../../shared/store/sql.ts";
import { Store } from "../../shared/store/store.ts";
import type { KeyRange } from "../../shared/store/view.ts";
import { type Instant, logIndex, type RequestId, region } from "../../shared/types.ts";

type Step =
  | {
      readonly type: "append";
      readonly effects: readonly Effect[];
      readonly laterMs: number;
      readonly idempotencyKey: string | null;
      readonly nextWake: boolean;
    }
  | { readonly type: "truncate" | "compact"; readonly part: number }
  | { readonly type: "forget"; readonly before: number }
  | { readonly type: "reopen" };

/** Questions that are asked of both, of times and ranges drawn with the steps. */
interface Questions {
  readonly range: KeyRange;
  readonly time: number;
}

const BORN = bornState(region("wnam"), region("wnam"));
const KEYS = ["a", "a/1", "a/2", "b", "é", "\u{ffff}", "\u{10000}"];
const encoder = new TextEncoder();

export class Twin {
  entries: Entry[] = [];
  base = 0;
  forgottenBefore = 0;

  recordsAt(index: number): Map<string, StoredRecord> {
    const records = new Map<string, StoredRecord>();
    for (const { index: revision, effects } of this.entries.slice(0, index)) {
      for (const effect of effects) {
        const { key } = effect;
        if (effect.type === "delete") records.delete(key);
        else records.set(key, { key, revision, value: effect.value, expiresAt: effect.expiresAt });
      }
    }
    return records;
  }

  list(range: KeyRange, index: number): StoredRecord[] {
    const { prefix, start, end, after, reverse, limit } = range;
    const inside = [...this.recordsAt(index).values()].filter(
      ({ key }) =>
        key.startsWith(prefix) &&
        (start === null || order(key, start) >= 0) &&
        (end === null || order(key, end) < 0) &&
        (after === null || (reverse ? order(key, after) < 0 : order(key, after) > 0)),
    );
    inside.sort((a, b) => order(a.key, b.key));
    if (reverse) inside.reverse();
    return inside.slice(0, limit);
  }

  answer(key: string): StoredAnswer | null {
    const entry = this.entries.findLast((one) => one.idempotency?.key === key);
    if (!entry?.idempotency || entry.outcome === null || entry.at < this.forgottenBefore)
      return null;
    const { index, at, outcome } = entry;
    return { fingerprint: entry.idempotency.fingerprint, index, at, outcome };
  }
}

/** Text in the order of its bytes in UTF-8, which is that of its code points. */
function order(a: string, b: string): number {
  const [one, other] = [[...a], [...b]];
  for (const [at, point] of one.entries()) {
    const against = other[at];
    if (against === undefined) return 1;
    const by = (point.codePointAt(0) ?? 0) - (against.codePointAt(0) ?? 0);
    if (by !== 0) return by;
  }
  return one.length - other.length;
}

const key = fc.constantFrom(...KEYS);
const effect: fc.Arbitrary<Effect> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(key, fc.nat(9), fc.option(fc.integer({ min: 1, max: 40 }))).map(
      ([of, value, expiresAt]): Effect => ({
        type: "put",
        key: of,
        value: { bytes: encoder.encode("v".repeat(value)), contentType: `text/${value}` },
        expiresAt: expiresAt === null ? null : (expiresAt as Instant),
      }),
    ),
  },
  { weight: 1, arbitrary: key.map((of): Effect => ({ type: "delete", key: of, expired: false })) },
);
const idempotencyKey: fc.Arbitrary<string | null> = fc.option(fc.constantFrom("k1", "k2", "k3"), {
  freq: 2,
});
const append: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("append" as const),
  effects: fc.uniqueArray(effect, { maxLength: 4, selector: (one) => one.key }),
  laterMs: fc.nat(5),
  idempotencyKey,
  nextWake: fc.boolean(),
});
const cut = (type: "truncate" | "compact"): fc.Arbitrary<Step> =>
  fc.nat(10).map((part): Step => ({ type, part }));
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: append },
    { weight: 1, arbitrary: cut("truncate") },
    { weight: 1, arbitrary: cut("compact") },
    { weight: 1, arbitrary: fc.nat(30).map((before): Step => ({ type: "forget", before })) },
    { weight: 1, arbitrary: fc.constant<Step>({ type: "reopen" }) },
  ),
  { maxLength: 30 },
);
const maybeKey = fc.option(key, { freq: 3 });
const questions: fc.Arbitrary<Questions> = fc.record({
  range: fc.record({
    prefix: fc.constantFrom("", "", "a", "a/", "\u{ffff}", "\u{10000}"),
    start: maybeKey,
    end: maybeKey,
    after: maybeKey,
    reverse: fc.boolean(),
    limit: fc.integer({ min: 1, max: 8 }),
  }),
  time: fc.nat(45),
});

/** Compares two values; throws where they differ. */
export type Same = (found: unknown, expected: unknown) => void;

/** Runs the property; `open` gives an empty database each time. */
export function storeProperty(open: () => Sql, same: Same, numRuns: number): void {
  fc.assert(
    fc.property(steps, questions, (of, asked) => {
      const sql = open();
      const twin = new Twin();
      let store = new Store(sql, BORN);
      for (const step of of) {
        if (step.type === "reopen") store = new Store(sql, BORN);
        else take(step, store, twin);
      }
      compare(store, twin, asked, same);
      compare(new Store(sql, BORN), twin, asked, same);
    }),
    { numRuns },
  );
}

function take(step: Exclude<Step, { type: "reopen" }>, store: Store, twin: Twin): void {
  const last = twin.entries.length;
  const between = (part: number): number =>
    twin.base + Math.round(((last - twin.base) * part) / 10);
  switch (step.type) {
    case "append": {
      const entry = nextEntry(step, twin);
      store.append([entry]);
      twin.entries.push(entry);
      break;
    }
    case "truncate": {
      // A leader never cuts off what answers a key that an older answer was forgotten for.
      const to = between(step.part);
      if (to === last || twin.entries.slice(to).some((one) => one.idempotency !== null)) break;
      twin.entries.length = to;
      store.truncate(logIndex(to));
      break;
    }
    case "compact":
      if (between(step.part) === twin.base) break;
      twin.base = between(step.part);
      store.compact(logIndex(twin.base));
      break;
    case "forget":
      twin.forgottenBefore = Math.max(twin.forgottenBefore, step.before);
      store.forgetAnswers(step.before as Instant);
      break;
  }
}

function nextEntry(step: Extract<Step, { type: "append" }>, twin: Twin): Entry {
  const before = twin.entries.at(-1);
  const index = twin.entries.length + 1;
  const { idempotencyKey } = step;
  const wake = (before?.term.wake ?? 0) + (step.nextWake ? 1 : 0);
  const at = Math.max((before?.at ?? 0) + step.laterMs, twin.forgottenBefore);
  return {
    index: logIndex(index),
    term: { block: 1, wake } as unknown as Term,
    at: at as Instant,
    request: (index % 3 === 0 ? null : `q${index}`) as RequestId | null,
    effects: step.effects,
    outcome: idempotencyKey === null ? null : { succeeded: true, results: [] },
    idempotency: idempotencyKey === null ? null : { key: idempotencyKey, fingerprint: `${index}` },
  };
}

function compare(store: Store, twin: Twin, { range, time }: Questions, same: Same): void {
  const { entries, base } = twin;
  const last = entries.length;
  same([store.baseIndex, store.lastIndex, store.lastAt], [base, last, entries.at(-1)?.at ?? 0]);
  same(store.entries(logIndex(base + 1), 1_000_000), entries.slice(base));
  for (let index = base; index <= last; index++) {
    const at = logIndex(index);
    const records = twin.recordsAt(index);
    for (const of of KEYS) same(store.recordAt(of, at), records.get(of) ?? null);
    same(store.list(range, at), twin.list(range, index));
    if (index > 0) same(store.termAt(at), entries[index - 1]?.term);
    if (index > 0) same(store.timeAt(at), entries[index - 1]?.at);
  }
  const current = [...twin.recordsAt(last).values()];
  const ends = current.flatMap(({ key: of, expiresAt }) =>
    expiresAt === null ? [] : [{ of, expiresAt }],
  );
  const overdue = ends.filter((one) => one.expiresAt <= time).map((one) => one.of);
  same(store.overdue(time as Instant, 100).sort(), overdue.sort());
  const ahead = ends.filter((one) => one.expiresAt > time).map((one) => one.expiresAt as number);
  same(store.nextExpiry(time as Instant), ahead.length === 0 ? null : Math.min(...ahead));
  for (const of of ["k1", "k2", "k3"]) same(store.answer(of), twin.answer(of));
  const old = entries.filter((one) => one.index > base && one.at < time).at(-1);
  same(store.lastIndexBefore(time as Instant), old?.index ?? null);
}
