/**
 * Positions in a group's log, as a watch counts them: everything up to an entry was delivered, or its first changes too.
 *
 * A transaction's writes stand at the entry that made them visible, not at its vote; so a position says nothing of
 * revisions. Members of a group count alike, since their logs are alike (R2) and an entry's changes have one order.
 */
import { type LogIndex, logIndex, nextIndex, ORIGIN, previousIndex } from "../types.ts";

export interface Position {
  readonly index: LogIndex;
  /** How many of the entry's changes were delivered; null where all were. */
  readonly changes: number | null;
}

export const START: Position = { index: ORIGIN, changes: null };

/** Everything up to and with this entry. */
export const through = (index: LogIndex): Position => ({ index, changes: null });

/** The entry that holds, or may hold, the next change. */
export const nextEntry = ({ index, changes }: Position): LogIndex =>
  changes === null ? nextIndex(index) : index;

/** The last entry of which everything was delivered. */
export const wholeEntries = ({ index, changes }: Position): LogIndex =>
  changes === null ? index : previousIndex(index);

/** Whether `one` is behind `other` in the log. */
export const isAfter = (one: Position, other: Position): boolean =>
  one.index === other.index
    ? (one.changes ?? Infinity) > (other.changes ?? Infinity)
    : one.index > other.index;

export const formatPosition = ({ index, changes }: Position): string =>
  changes === null ? String(index) : `${index}.${changes}`;

/** The position a text names; null where it names none. */
export function parsePosition(text: string): Position | null {
  const parts = /^(0|[1-9]\d{0,14})(?:\.([1-9]\d{0,8}))?$/.exec(text);
  if (parts === null) return null;
  const [, index, changes] = parts;
  if (index === "0" && changes !== undefined) return null;
  return {
    index: logIndex(Number(index)),
    changes: changes === undefined ? null : Number(changes),
  };
}
