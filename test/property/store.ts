/**
 * The store against a twin that keeps every entry in an array and works everything out anew.
 *
 * Written for any database, since the same holds on Node's and on an object's.
 */
import fc from "fast-check";
import { bornState } from "../../shared/raft/hard-state.ts";
import type { Entry } from "../../shared/store/entry.ts";
import type { SnapshotPart } from "../../shared/store/snapshot.ts";
import type { Sql } from "../../shared/store/sql.ts";
import { Store } from "../../shared/store/store.ts";
import {
  type Incarnation,
  type Instant,
  type LogIndex,
  logIndex,
  nextIndex,
  region,
} from "../../shared/types.ts";
import {
  entryOf,
  IDEMPOTENCY_KEYS,
  IDS,
  KEYS,
  type Questions,
  questions,
  type Step,
  steps,
} from "./store-steps.ts";
import { order, Twin } from "./store-twin.ts";

const BORN = bornState(region("wnam"), region("wnam"));

const TABLES = ["log", "records", "answers", "transactions", "meta"];
const STAGED = ["staged_records", "staged_answers", "staged_transactions"];

/** Compares two values; throws where they differ. */
export type Same = (found: unknown, expected: unknown) => void;

/** Runs the property; `open` gives a database each time, of which all that was there may be thrown away. */
export function storeProperty(open: () => Sql, same: Same, numRuns: number): void {
  const empty = () => {
    const sql = open();
    for (const table of [...TABLES, ...STAGED]) sql.run(`DROP TABLE IF EXISTS ${table}`);
    return sql;
  };
  fc.assert(
    fc.property(steps, questions, (of, asked) => {
      let sql = empty();
      const twin = new Twin();
      let store = new Store(sql, BORN);
      for (const step of of) {
        if (step.type === "reopen") {
          store = new Store(sql, BORN);
        } else if (step.type === "snapshot") {
          const sent = send(store, step.bytesMax);
          sql = empty();
          store = receive(new Store(sql, BORN), sent);
          store.forgetAnswers(twin.forgottenBefore as Instant);
        } else {
          take(step, store, twin);
        }
      }
      compare(store, sql, twin, asked, same);
      compare(new Store(sql, BORN), sql, twin, asked, same);
    }),
    { numRuns },
  );
}

/** Everything a member is sent whose log does not meet this one's. */
function send(store: Store, bytesMax: number) {
  const parts: SnapshotPart[] = [];
  let after = null;
  do {
    const part = store.snapshotPart(store.baseIndex, after, bytesMax);
    parts.push(part);
    after = part.next;
  } while (after !== null);
  const { baseIndex: index } = store;
  const term = store.termAt(index);
  if (term === null) throw new Error("a base without a term");
  return { parts, index, term, at: store.timeAt(index), log: entriesBehind(store, index) };
}

function receive(store: Store, { parts, index, term, at, log }: ReturnType<typeof send>): Store {
  // It holds something else: entries that came to nothing.
  store.append(log.map((entry, place) => elsewhere(entry, logIndex(place + 1))));
  for (const [place, part] of parts.entries()) {
    const incarnation = "one" as Incarnation;
    store.stage({ lastIndex: index, lastTerm: term, incarnation, nextPart: place + 1 }, part.rows);
  }
  store.install(index, term, at);
  store.append(log);
  return store;
}

/** An entry at another index, where it resolves nothing. */
function elsewhere({ transaction, ...entry }: Entry, index: LogIndex): Entry {
  const left = transaction?.filter((effect) => effect.type !== "resolve");
  return { ...entry, index, ...(left && { transaction: left }) };
}

const entriesBehind = (store: Store, index: LogIndex) =>
  store.entries(nextIndex(index), Number.POSITIVE_INFINITY);

function take(
  step: Exclude<Step, { type: "reopen" | "snapshot" }>,
  store: Store,
  twin: Twin,
): void {
  const last = twin.entries.length;
  const between = (least: number, part: number): number =>
    least + Math.round(((last - least) * part) / 10);
  switch (step.type) {
    case "append": {
      const entry = entryOf(step, twin);
      store.append([entry]);
      twin.entries.push(entry);
      break;
    }
    case "truncate": {
      // A leader never cuts off what answers a key that an older answer was forgotten for.
      const to = between(twin.committed, step.part);
      if (to === last || twin.entries.slice(to).some((one) => one.idempotency !== null)) break;
      twin.entries.length = to;
      store.truncate(logIndex(to));
      break;
    }
    case "compact": {
      // Whoever compacts sees to it that every vote there is resolved, by an entry that is committed.
      const open = twin.openVotes(last)[0] ?? Number.POSITIVE_INFINITY;
      const through = Math.min(between(twin.base, step.part), open - 1);
      if (through <= twin.base) break;
      twin.base = through;
      twin.committed = Math.max(twin.committed, through, twin.resolvedBy(through));
      store.compact(logIndex(through));
      break;
    }
    case "forget":
      twin.forgottenBefore = Math.max(twin.forgottenBefore, step.before);
      store.forgetAnswers(step.before as Instant);
      break;
  }
}

function compare(store: Store, sql: Sql, twin: Twin, asked: Questions, same: Same): void {
  const { entries, base } = twin;
  const last = entries.length;
  same([store.baseIndex, store.lastIndex, store.lastAt], [base, last, entries.at(-1)?.at ?? 0]);
  same(store.entries(logIndex(base + 1), 1_000_000), entries.slice(base));
  for (let index = base; index <= last; index++) {
    const at = logIndex(index);
    for (const of of KEYS) compareKey(store, twin, of, at, same);
    same(store.list(asked.range, at), twin.list(asked.range, index));
    if (index > 0) same(store.termAt(at), entries[index - 1]?.term);
    if (index > 0) same(store.timeAt(at), entries[index - 1]?.at);
    same(store.oldestOpen(at), index > base ? (twin.openVotes(index)[0] ?? null) : null);
    same(store.transactionEntries(nextIndex(at)), twin.entriesWithoutAnswers(index + 1));
  }
  const rows = sql.all("SELECT name FROM sqlite_master WHERE name = 'records'").length
    ? sql.all("SELECT key, revision, resolved FROM records ORDER BY key, revision")
    : [];
  same(rows.map(Object.values), twin.rows([...KEYS].sort(order)));
  for (const of of IDEMPOTENCY_KEYS) same(store.answer(of), twin.answer(of));
  compareTimes(store, twin, asked.time, same);
  compareTransactions(store, twin, same);
}

function compareKey(store: Store, twin: Twin, key: string, index: LogIndex, same: Same): void {
  const { lastIndex } = store;
  same(store.look(key, index), twin.look(key, index));
  same(store.recordAt(key, index), twin.recordAt(key, index));
  same(store.recordAt(key, index, lastIndex), twin.recordAt(key, index, lastIndex));
  if (index > twin.base) same(store.versionAt(key, index), twin.versionAt(key, index));
  // Of what was before the base only as much is remembered as reading it needs.
  const found = store.lastChange(key, index) ?? 0;
  const touched = twin.lastChange(key, index) ?? 0;
  if (touched > twin.base) same(found, touched);
  else same(found <= touched, true);
}

function compareTimes(store: Store, twin: Twin, time: number, same: Same): void {
  const ends = twin.expiring(KEYS);
  const overdue = ends.filter((one) => one.expiresAt <= time).map((one) => one.key);
  same(store.overdue(time as Instant, 100).sort(), overdue.sort());
  const ahead = ends.filter((one) => one.expiresAt > time).map((one) => one.expiresAt);
  same(store.nextExpiry(time as Instant), ahead.length === 0 ? null : Math.min(...ahead));
  const old = twin.entries.filter((one) => one.index > twin.base && one.at < time).at(-1);
  same(store.lastIndexBefore(time as Instant), old?.index ?? null);
}

function compareTransactions(store: Store, twin: Twin, same: Same): void {
  same(store.horizon, twin.horizon);
  for (const id of IDS) {
    same(store.entriesOfTransaction(id), twin.entriesOf(id));
    same(store.keptOfTransaction(id), twin.keptOf(id));
  }
  for (const [through, limit] of [
    [2, 100],
    [3, 2],
  ] as const) {
    same(
      store.outcomesThrough(through as Instant, limit),
      twin.outcomesThrough(IDS, through, limit),
    );
  }
}
