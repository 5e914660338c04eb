/** The first answers to idempotency keys: a row each, beside the log, which they outlive (I1). */
import { type Instant, type LogIndex, logIndex } from "../types.ts";
import { asInstant } from "./columns.ts";
import type { Database } from "./database.ts";
import type { Entry, StoredAnswer, WriteOutcome } from "./entry.ts";
import { type PackedEffect, pack, unpack } from "./transaction-codec.ts";

type PackedOutcome = Extract<PackedEffect, { type: "outcome" }>;

export class Answers {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  find(idempotencyKey: string): StoredAnswer | null {
    if (!this.#db.knows("answers")) return null;
    const row = this.#db.all(
      "SELECT fingerprint, idx, at, outcome FROM answers WHERE id = ?",
      idempotencyKey,
    )[0];
    if (row === undefined) return null;
    const outcome = JSON.parse(row.outcome as string) as WriteOutcome | PackedOutcome;
    return {
      fingerprint: row.fingerprint as string,
      index: logIndex(row.idx as number),
      at: asInstant(row.at),
      outcome: "type" in outcome ? unpack(outcome) : outcome,
    };
  }

  /** Keeps what the entry answers, a write or a transaction. */
  apply({ index, at, idempotency, outcome, transaction }: Entry): void {
    if (idempotency === null) return;
    const ended = transaction?.find((effect) => effect.type === "outcome");
    const answer = outcome ?? (ended ? pack(ended) : null);
    if (answer === null) return;
    this.#db.ensure("answers");
    this.#db.run(
      "INSERT OR REPLACE INTO answers (id, fingerprint, idx, at, outcome) VALUES (?, ?, ?, ?, ?)",
      idempotency.key,
      idempotency.fingerprint,
      index,
      at,
      JSON.stringify(answer),
    );
  }

  /** Undoes the entries behind `last`. */
  truncate(last: LogIndex): void {
    if (this.#db.knows("answers")) this.#db.run("DELETE FROM answers WHERE idx > ?", last);
  }

  forgetBefore(before: Instant): void {
    if (this.#db.knows("answers")) this.#db.run("DELETE FROM answers WHERE at < ?", before);
  }
}
