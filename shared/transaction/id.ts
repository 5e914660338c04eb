/**
 * Transaction ids: when a transaction was made, a part left to chance, and its anchor.
 *
 * `<ULID>.<anchor>`: a ULID (github.com/ulid/spec) sorts as text by time, so the order of ids is the order of ages
 * (wait-die), and a range of ids a span of time. Behind it stands the anchor's group, percent-encoded with `~` in
 * the percent sign's place, so that whoever holds an id knows whom to ask, and can put it into a path as it is.
 */
import type { Instant, TransactionId } from "../types.ts";

const ULID_CHARS = 26;
const TIME_CHARS = 10;
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SHAPE = /^[0-7][0-9A-HJKMNP-TV-Z]{25}\..{1,1536}$/s;

/** @param ulid drawn when the transaction was made. */
export function transactionId(ulid: string, anchor: string): TransactionId {
  const name = encodeURIComponent(anchor).replaceAll("~", "%7E").replaceAll("%", "~");
  return `${ulid}.${name}` as TransactionId;
}

/** The id that `text` says; null where it is none of ours. */
export function parseTransactionId(text: string): TransactionId | null {
  if (!SHAPE.test(text)) return null;
  try {
    const id = text as TransactionId;
    return transactionId(text.slice(0, ULID_CHARS), anchorOf(id)) === text ? id : null;
  } catch {
    // What stands behind the point is no group's name.
    return null;
  }
}

/** The group that coordinates the transaction. */
export function anchorOf(id: TransactionId): string {
  return decodeURIComponent(id.slice(ULID_CHARS + 1).replaceAll("~", "%"));
}

/** When the transaction was made, on the clock of the Worker that made it. */
export function madeAt(id: TransactionId): Instant {
  let time = 0;
  for (const digit of id.slice(0, TIME_CHARS)) time = time * DIGITS.length + DIGITS.indexOf(digit);
  return time as Instant;
}

/** The text before which all ids of transactions stand that were made at `through` or before. */
export function idBoundary(through: Instant): string {
  let text = "";
  for (let rest = Math.floor(through) + 1; text.length < TIME_CHARS; rest = Math.floor(rest / 32)) {
    text = DIGITS.charAt(rest % DIGITS.length) + text;
  }
  return text;
}

/** Whether one transaction is older than another: it began first, and so may wait for it (wait-die). */
export const isOlder = (one: TransactionId, other: TransactionId): boolean => one < other;
