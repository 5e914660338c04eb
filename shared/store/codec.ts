/**
 * How an entry's row is written: JSON without the values, which live in `records`.
 *
 * Every body carries a version, because old and new code run side by side for minutes in a deployment. One that
 * concerns transactions has the second, so that code which knows nothing of them stops at it; any other has the first.
 */

import type { Term } from "../raft/term.ts";
import type { TransactionEffect } from "../transaction/effects.ts";
import { type LogIndex, logIndex, type RequestId, type Revision } from "../types.ts";
import { asInstant } from "./columns.ts";
import type { Entry, Idempotency, StoredRecord, WriteOutcome } from "./entry.ts";
import type { SqlRow, SqlValue } from "./sql.ts";
import { type PackedEffect, pack, unpack } from "./transaction-codec.ts";

const VERSION_PLAIN = 1;
const VERSION_TRANSACTION = 2;

/** Whether a body concerns transactions, for the database to tell by itself. */
export const CONCERNS_TRANSACTIONS = `substr(body, 1, 7) = '{"v":${VERSION_TRANSACTION},'`;

/** An effect as its row keeps it: `p`ut, `d`elete or e`x`pire, and the key. */
type EffectMark = readonly ["p" | "d" | "x", string];

/** A body that was read. */
export interface Body {
  readonly v: number;
  readonly e?: readonly EffectMark[];
  readonly o?: WriteOutcome;
  readonly i?: Idempotency;
  readonly t?: readonly PackedEffect[];
  /** The oldest vote that is not resolved. */
  readonly u?: LogIndex;
}

export function encodeBody(entry: Entry): string {
  const { transaction, oldestOpen } = entry;
  const plain = transaction === undefined && oldestOpen === undefined;
  const body: Body = {
    // First, where CONCERNS_TRANSACTIONS looks for it.
    v: plain ? VERSION_PLAIN : VERSION_TRANSACTION,
    ...(entry.effects.length > 0 && {
      e: entry.effects.map((effect): EffectMark => {
        if (effect.type === "put") return ["p", effect.key];
        return [effect.expired ? "x" : "d", effect.key];
      }),
    }),
    ...(entry.outcome && { o: entry.outcome }),
    ...(entry.idempotency && { i: entry.idempotency }),
    ...(transaction && { t: transaction.map(pack) }),
    ...(oldestOpen !== undefined && { u: oldestOpen }),
  };
  return JSON.stringify(body);
}

export function parseBody(text: SqlValue | undefined): Body {
  const body = JSON.parse(String(text)) as Body;
  if (body.v !== VERSION_PLAIN && body.v !== VERSION_TRANSACTION) {
    throw new Error(`log entry of unknown version ${body.v}`);
  }
  return body;
}

/** The keys an entry changed, or voted to change. */
export const changedKeys = (body: Body): string[] => (body.e ?? []).map(([, key]) => key);

export const transactionOf = (body: Body): TransactionEffect[] => (body.t ?? []).map(unpack);

export const oldestOpenOf = (body: Body): LogIndex | null => body.u ?? null;

/** Puts an entry together again from its row and the records it wrote. */
export function decodeEntry(
  row: SqlRow,
  versionAt: (key: string, revision: Revision) => StoredRecord | null,
): Entry {
  const body = parseBody(row.body);
  const index = logIndex(row.idx as number);
  return {
    index,
    term: termOf(row),
    at: asInstant(row.at),
    request: row.request as RequestId | null,
    effects: (body.e ?? []).map(([mark, key]) => {
      if (mark !== "p") return { type: "delete", key, expired: mark === "x" };
      const record = versionAt(key, index);
      if (record === null) throw new Error(`the value of entry ${index} is not there`);
      return { type: "put", key, value: record.value, expiresAt: record.expiresAt };
    }),
    ...(body.t && { transaction: transactionOf(body) }),
    ...(body.u !== undefined && { oldestOpen: body.u }),
    outcome: body.o ?? null,
    idempotency: body.i ?? null,
  };
}

export function termOf(row: SqlRow): Term {
  return { block: row.block, wake: row.wake } as unknown as Term;
}
