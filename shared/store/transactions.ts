/**
 * What is kept of transactions beside the log, in rows `(id, attempt, kind)`.
 *
 * A refusal and a final abort are rows at once, so that what must be found before anything is appended is found without
 * looking through the log. A committed outcome would cost each transaction a row more; the log has it, and compaction
 * moves it here. So it does with the abort of a single attempt: no attempt is ever counted twice, however late a copy of
 * its request comes.
 *
 * A horizon is a row as well, under no id, and takes effect twice. What it covers is not told any more from the moment
 * its entry is appended; but the rows go only when that entry is compacted, hence committed. So cutting it
 * off brings everything back as it was, and a snapshot carries it like any other row. Along the log horizons only move
 * on, both in time and in the index up to which they were looked at.
 */
import { planted } from "../planted.ts";
import type { OutcomeEffect, TransactionEffect } from "../transaction/effects.ts";
import { idBoundary } from "../transaction/id.ts";
import { type Instant, type LogIndex, logIndex, type TransactionId } from "../types.ts";
import { asInstant } from "./columns.ts";
import type { Database } from "./database.ts";
import type { SqlRow } from "./sql.ts";
import { type PackedEffect, pack, unpack } from "./transaction-codec.ts";
import type { TransactionEntry } from "./view.ts";

/** The id of horizons' rows, before all others; their attempt is their entry's index. */
const NO_ID = "";

/** The kind of rows that say how one attempt of several ended. */
const ATTEMPT_ABORTED = "attempt";

/** A horizon's row: it covers what was made at `through` or before, of the entries up to `upTo`. */
interface Horizon {
  readonly index: number;
  readonly through: Instant;
  readonly upTo: number;
}

const NO_HORIZON: Horizon = { index: 0, through: 0 as Instant, upTo: 0 };

export class Transactions {
  readonly #db: Database;
  /** Null where it has to be looked up. */
  #horizon: Horizon | null = null;

  constructor(db: Database) {
    this.#db = db;
  }

  get horizon(): Instant {
    return this.#furthest.through;
  }

  get #furthest(): Horizon {
    this.#horizon ??= furthestOf(this.#horizons());
    return this.#horizon;
  }

  /** What is kept of a transaction, by index; nothing where it is forgotten. */
  find(id: TransactionId): TransactionEntry[] {
    if (!this.#db.knows("transactions")) return [];
    const { through, upTo } = this.#furthest;
    return this.#db
      .all("SELECT idx, at, body FROM transactions WHERE id = ? ORDER BY idx", id)
      .filter((row) => id >= firstBeyond(through) || (row.idx as number) > upTo)
      .map((row) => ({
        index: logIndex(row.idx as number),
        at: asInstant(row.at),
        effects: [effectOf(row)],
      }));
  }

  outcomesThrough(through: Instant, base: LogIndex, limit: number): OutcomeEffect[] {
    if (!this.#db.knows("transactions")) return [];
    return this.#db
      .all(
        `SELECT json_replace(body, '$.answer', NULL) AS body FROM transactions
         WHERE id > ? AND id < ? AND kind IN ('outcome', '${ATTEMPT_ABORTED}') AND (id >= ? OR idx > ?) AND idx <= ?
         ORDER BY id, attempt LIMIT ?`,
        NO_ID,
        idBoundary(through),
        firstBeyond(this.#furthest.through),
        this.#furthest.upTo,
        base,
        limit,
      )
      .map(effectOf)
      .filter((effect) => effect.type === "outcome");
  }

  /** Keeps what an entry does that must be found at once. */
  apply(entry: TransactionEntry): void {
    for (const effect of entry.effects) {
      if (effect.type === "horizon") {
        this.#keep(NO_ID, entry.index, effect, entry);
        this.#horizon = null;
      } else if (effect.type === "refusal" || (isFinal(effect) && effect.status === "aborted")) {
        this.#keep(effect.id, effect.attempt, effect, entry);
      }
    }
  }

  /** Keeps the outcomes of an entry that the log is about to forget. */
  move(entry: TransactionEntry): void {
    for (const effect of entry.effects) {
      if (effect.type === "outcome") this.#keep(effect.id, effect.attempt, effect, entry);
    }
  }

  /** Undoes the entries behind `last`. */
  truncate(last: LogIndex): void {
    if (this.#db.knows("transactions"))
      this.#db.run("DELETE FROM transactions WHERE idx > ?", last);
    this.#horizon = null;
  }

  /** Carries out the furthest horizon whose entry the log is about to forget. */
  compact(through: LogIndex): void {
    const settled = this.#horizons().filter((one) => one.index <= through);
    if (settled.length === 0) return;
    const furthest = furthestOf(settled);
    for (const { index } of settled) {
      if (index === furthest.index) continue;
      this.#db.run("DELETE FROM transactions WHERE id = ? AND attempt = ?", NO_ID, index);
    }
    this.#db.run(
      "DELETE FROM transactions WHERE id > ? AND id < ? AND idx <= ?",
      NO_ID,
      idBoundary(furthest.through),
      furthest.upTo,
    );
  }

  /** All that is there has been replaced. */
  replaced(): void {
    this.#horizon = null;
  }

  #horizons(): Horizon[] {
    if (!this.#db.knows("transactions")) return [];
    return this.#db
      .all("SELECT idx, body FROM transactions WHERE id = ?", NO_ID)
      .flatMap((row): Horizon[] => {
        const effect = effectOf(row);
        return effect.type === "horizon"
          ? [{ index: row.idx as number, through: effect.through, upTo: effect.upTo }]
          : [];
      });
  }

  /**
   * The first word counts (T2). The abort of one attempt is a word of its own kind: that of the whole id may follow it, under the
   * same attempt.
   */
  #keep(id: string, attempt: number, effect: TransactionEffect, entry: TransactionEntry): void {
    const one = effect.type === "outcome" && !effect.final;
    this.#db.ensure("transactions");
    this.#db.run(
      "INSERT OR IGNORE INTO transactions (id, attempt, kind, idx, at, body) VALUES (?, ?, ?, ?, ?, ?)",
      id,
      attempt,
      one && !planted("abort-hidden-by-its-attempts") ? ATTEMPT_ABORTED : effect.type,
      entry.index,
      entry.at,
      JSON.stringify(pack(effect)),
    );
  }
}

const furthestOf = (horizons: readonly Horizon[]): Horizon =>
  horizons.reduce((a, b) => (b.through >= a.through ? b : a), NO_HORIZON);

/** The least id that was made later. */
const firstBeyond = (through: Instant): string => (through === 0 ? NO_ID : idBoundary(through));

const isFinal = (effect: TransactionEffect): effect is OutcomeEffect =>
  effect.type === "outcome" && effect.final;

const effectOf = (row: SqlRow): TransactionEffect =>
  unpack(JSON.parse(row.body as string) as PackedEffect);
