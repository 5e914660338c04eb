/**
 * How an entry's row is written: JSON without the values, which live in `records`.
 *
 * Every body carries a version, because old and new code run side by side for minutes in a deployment.
 */

import type { Term } from "../raft/term.ts";
import { type LogIndex, logIndex, type RequestId } from "../types.ts";
import { asInstant } from "./columns.ts";
import type { Entry, Idempotency, StoredRecord, WriteOutcome } from "./entry.ts";
import type { SqlRow } from "./sql.ts";

const BODY_VERSION = 1;

/** An effect as its row keeps it: `p`ut, `d`elete or e`x`pire, and the key. */
type EffectMark = readonly ["p" | "d" | "x", string];

interface Body {
  readonly v: number;
  readonly e?: readonly EffectMark[];
  readonly o?: WriteOutcome;
  readonly i?: Idempotency;
}

export function encodeBody(entry: Entry): string {
  const body: Body = {
    v: BODY_VERSION,
    ...(entry.effects.length > 0 && {
      e: entry.effects.map((effect): EffectMark => {
        if (effect.type === "put") return ["p", effect.key];
        return [effect.expired ? "x" : "d", effect.key];
      }),
    }),
    ...(entry.outcome && { o: entry.outcome }),
    ...(entry.idempotency && { i: entry.idempotency }),
  };
  return JSON.stringify(body);
}

function parseBody(text: unknown): Body {
  const body = JSON.parse(String(text)) as Body;
  if (body.v !== BODY_VERSION) throw new Error(`log entry of unknown version ${body.v}`);
  return body;
}

/** The keys an entry changed. */
export function changedKeys(body: unknown): string[] {
  return (parseBody(body).e ?? []).map(([, key]) => key);
}

/** Puts an entry together again from its row and the records it wrote. */
export function decodeEntry(
  row: SqlRow,
  recordAt: (key: string, index: LogIndex) => StoredRecord | null,
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
      const record = recordAt(key, index);
      if (record?.revision !== index) throw new Error(`the value of entry ${index} is not there`);
      return { type: "put", key, value: record.value, expiresAt: record.expiresAt };
    }),
    outcome: body.o ?? null,
    idempotency: body.i ?? null,
  };
}

export function termOf(row: SqlRow): Term {
  return { block: row.block, wake: row.wake } as unknown as Term;
}
