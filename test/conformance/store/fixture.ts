/** Entries and stores for the suites of this folder, which run on whichever database they are given. */
import { bornState } from "../../../shared/raft/hard-state.ts";
import type { Term } from "../../../shared/raft/term.ts";
import type { Effect, Entry } from "../../../shared/store/entry.ts";
import type { Sql } from "../../../shared/store/sql.ts";
import { Store } from "../../../shared/store/store.ts";
import type { KeyRange } from "../../../shared/store/view.ts";
import type {
  HorizonEffect,
  OutcomeEffect,
  RefusalEffect,
  ResolveEffect,
  VoteEffect,
} from "../../../shared/transaction/effects.ts";
import { idBoundary, transactionId } from "../../../shared/transaction/id.ts";
import {
  type Attempt,
  type Block,
  type Instant,
  logIndex,
  type RequestId,
  region,
  type TransactionId,
  type Value,
  type Wake,
} from "../../../shared/types.ts";

/** Makes an empty database. */
export type OpenSql = () => Sql;

export const at = (value: number): Instant => value as Instant;
export const request = (id: string): RequestId => id as RequestId;
export const BORN = bornState(region("weur"), region("weur"));

export const openStore = (sql: Sql): Store => new Store(sql, BORN);

export function termOf(text: string): Term {
  const [block, wake] = text.split(".");
  return { block: Number(block) as Block, wake: Number(wake) as Wake };
}

export function textValue(text: string): Value {
  return { bytes: new TextEncoder().encode(text), contentType: "text/plain" };
}

export const put = (key: string, text: string, expiresAt: number | null = null): Effect => ({
  type: "put",
  key,
  value: textValue(text),
  expiresAt: expiresAt === null ? null : at(expiresAt),
});

export const gone = (key: string, expired = false): Effect => ({ type: "delete", key, expired });

/** An entry at `index`, by default of term 1.1 and appended at 1,000 times its index. */
export function entry(index: number, effects: Effect[], changes: Partial<Entry> = {}): Entry {
  return {
    index: logIndex(index),
    term: termOf("1.1"),
    at: at(index * 1_000),
    request: null,
    effects,
    outcome: null,
    idempotency: null,
    ...changes,
  };
}

export const attempt = (value: number): Attempt => value as Attempt;

/** The id of a transaction made at `time`. */
export const idAt = (time: number, tail = "0"): TransactionId =>
  transactionId(`${idBoundary(at(time - 1))}${"0".repeat(15)}${tail}`, "anchor");

export const ID = idAt(5_000);

export const vote = (changes: Partial<VoteEffect> = {}): VoteEffect => ({
  type: "vote",
  id: ID,
  attempt: attempt(1),
  locks: [],
  failed: [],
  fault: null,
  results: [],
  otherwise: [],
  recoverAt: at(9_000),
  ...changes,
});

export const resolve = (index: number, committed: boolean): ResolveEffect => ({
  type: "resolve",
  id: ID,
  attempt: attempt(1),
  vote: logIndex(index),
  committed,
});

export const refusal = (id: TransactionId = ID, of = 1): RefusalEffect => ({
  type: "refusal",
  id,
  attempt: attempt(of),
});

export const horizon = (
  through: number,
  upTo: number = Number.MAX_SAFE_INTEGER,
): HorizonEffect => ({
  type: "horizon",
  upTo: logIndex(upTo),
  through: at(through),
});

export const ended = (
  status: OutcomeEffect["status"],
  changes: Partial<OutcomeEffect> = {},
): OutcomeEffect => ({
  type: "outcome",
  id: ID,
  attempt: attempt(1),
  status,
  final: true,
  votes: {},
  answer:
    status === "aborted" ? null : { succeeded: status === "committed", failed: [], results: [] },
  fault: status === "aborted" ? { code: "deadline-exceeded", detail: "too late" } : null,
  ...changes,
});

/** A store whose log holds an entry for each of these lists of effects. */
export function storeOf(sql: Sql, ...effects: Effect[][]): Store {
  const store = openStore(sql);
  store.append(effects.map((one, place) => entry(place + 1, one)));
  return store;
}

export const all = (changes: Partial<KeyRange> = {}): KeyRange => ({
  prefix: "",
  start: null,
  end: null,
  after: null,
  reverse: false,
  limit: 1_000,
  ...changes,
});

/** A key's value as text, as of an index; null where it is absent. */
export function textAt(store: Store, key: string, index: number = store.lastIndex): string | null {
  const record = store.recordAt(key, logIndex(index));
  return record === null ? null : new TextDecoder().decode(record.value.bytes);
}

/** A database that counts how often it is looked at, and the bytes of the blobs it gives. */
export class CountingSql implements Sql {
  readonly #sql: Sql;
  looks = 0;
  bytes = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  all(...query: Parameters<Sql["all"]>): ReturnType<Sql["all"]> {
    this.looks += 1;
    const rows = this.#sql.all(...query);
    for (const value of rows.flatMap(Object.values)) {
      if (value instanceof Uint8Array) this.bytes += value.byteLength;
    }
    return rows;
  }

  run(...statement: Parameters<Sql["run"]>): number {
    return this.#sql.run(...statement);
  }
}

/** Every row of every table, for comparing two databases. */
export function dump(sql: Sql): Record<string, unknown[]> {
  const tables = sql.all(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%ROWID%'",
  );
  const rows = tables.map(({ name }): [string, unknown[]] => [
    String(name),
    sql.all(`SELECT * FROM ${name} ORDER BY 1, 2`),
  ]);
  return Object.fromEntries(rows.filter(([, of]) => of.length > 0));
}
