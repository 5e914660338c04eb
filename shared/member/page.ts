/**
 * One page of a list: as many keys as asked for, and no more bytes than one answer may carry.
 *
 * Values may be a thousand times their keys. They are read a few at a time, so that a page never holds much more
 * than it gives, and a page that grows too large ends early; whoever asked goes on behind its last key.
 */
import { LIST_BYTES_MAX } from "../limits.ts";
import type { StoredRecord } from "../store/entry.ts";
import type { KeyRange, StoreView } from "../store/view.ts";
import type { LogIndex } from "../types.ts";

/** Records read at a time: with the largest values, four times what a page may carry. */
const STRIDE = 32;

const NO_BYTES = new Uint8Array();

export interface Page {
  readonly records: readonly StoredRecord[];
  /** True where there are further keys in the range. */
  readonly more: boolean;
  /** Whether a vote that is not resolved stands in the way of what was read: the page, and at most a stride behind it. */
  readonly inDoubt: LogIndex | null;
}

/** @param values whether records come with their bytes; without, each comes as an empty value. */
export function readPage(
  store: Pick<StoreView, "list">,
  range: KeyRange,
  values: boolean,
  index: LogIndex,
): Page {
  const records: StoredRecord[] = [];
  let inDoubt: LogIndex | null = null;
  let { after } = range;
  let bytes = 0;
  for (;;) {
    // One more than fits tells whether there is more.
    const limit = Math.min(STRIDE, range.limit - records.length + 1);
    const read = store.list({ ...range, after, limit }, index);
    inDoubt ??= read.inDoubt;
    for (const record of read.records) {
      const size = values ? record.value.bytes.byteLength : 0;
      const full = records.length >= range.limit;
      if (full || (records.length > 0 && bytes + size > LIST_BYTES_MAX)) {
        return { records, more: true, inDoubt };
      }
      bytes += size;
      records.push(values ? record : { ...record, value: { ...record.value, bytes: NO_BYTES } });
    }
    if (read.records.length < limit) return { records, more: false, inDoubt };
    after = records.at(-1)?.key ?? after;
  }
}
