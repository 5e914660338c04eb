import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIST_BYTES_MAX, VALUE_BYTES_MAX } from "../limits.ts";
import type { StoredRecord } from "../store/entry.ts";
import type { KeyRange } from "../store/view.ts";
import { logIndex } from "../types.ts";
import { readPage } from "./page.ts";

/** A store that knows nothing but a sorted list of keys and their sizes. */
function storeOf(sizes: readonly number[], doubtful: string | null = null) {
  const records = sizes.map(
    (size, i): StoredRecord => ({
      key: String(i).padStart(5, "0"),
      revision: logIndex(i + 1),
      value: { bytes: new Uint8Array(size), contentType: "text/plain" },
      expiresAt: null,
    }),
  );
  let read = 0;
  return {
    records,
    bytesRead: () => read,
    list: ({ after, reverse, limit }: KeyRange) => {
      const ordered = reverse ? [...records].reverse() : records;
      const beyond = ordered.filter(
        ({ key }) => after === null || (reverse ? key < after : key > after),
      );
      const page = beyond.slice(0, limit);
      for (const record of page) read += record.value.bytes.byteLength;
      return {
        records: page,
        inDoubt: page.find((record) => record.key === doubtful)?.revision ?? null,
      };
    },
  };
}

const RANGE: KeyRange = {
  prefix: "",
  start: null,
  end: null,
  after: null,
  reverse: false,
  limit: 100,
};
const INDEX = logIndex(1);

describe("a page", () => {
  it("has as many keys as asked for, and says whether there are more", () => {
    fc.assert(
      fc.property(
        fc.nat(200),
        fc.integer({ min: 1, max: 150 }),
        fc.boolean(),
        (count, limit, reverse) => {
          const store = storeOf(new Array(count).fill(1));
          const { records, more } = readPage(store, { ...RANGE, limit, reverse }, true, INDEX);
          const all = reverse ? [...store.records].reverse() : store.records;
          expect(records).toEqual(all.slice(0, limit));
          expect(more).toBe(count > limit);
        },
      ),
    );
  });

  it("ends early where its values would be too many bytes, and holds little more than it gives", () => {
    const store = storeOf(new Array(100).fill(VALUE_BYTES_MAX));
    const { records, more } = readPage(store, RANGE, true, INDEX);
    expect(records).toHaveLength(LIST_BYTES_MAX / VALUE_BYTES_MAX);
    expect(more).toBe(true);
    expect(store.bytesRead()).toBeLessThanOrEqual(4 * LIST_BYTES_MAX);
  });

  it("gives at least one key", () => {
    const { records, more } = readPage(storeOf([2 * LIST_BYTES_MAX, 1]), RANGE, true, INDEX);
    expect(records).toHaveLength(1);
    expect(more).toBe(true);
  });

  it("without values is as long as asked for, whatever their size", () => {
    const store = storeOf(new Array(50).fill(VALUE_BYTES_MAX));
    const { records, more } = readPage(store, RANGE, false, INDEX);
    expect(records).toHaveLength(50);
    expect(more).toBe(false);
    for (const { value } of records) expect(value.bytes.byteLength).toBe(0);
    expect(records[7]?.value.contentType).toBe("text/plain");
  });

  it("is in doubt where any of what it read is", () => {
    const inDoubt = (doubtful: string | null, limit: number) =>
      readPage(storeOf(new Array(100).fill(1), doubtful), { ...RANGE, limit }, true, INDEX)
        .inDoubt !== null;
    expect(inDoubt(null, 100)).toBe(false);
    for (const key of ["00000", "00031", "00032", "00079"]) expect(inDoubt(key, 80)).toBe(true);
    expect(inDoubt("00081", 80)).toBe(false);
  });
});
