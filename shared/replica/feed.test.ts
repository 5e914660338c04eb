import { serialize } from "node:v8";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Instant, logIndex } from "../types.ts";
import { bytesOf, type Change, type FeedEntry } from "./feed.ts";

const index = fc.integer({ min: 0, max: 2 ** 50 }).map(logIndex);
const at = fc.integer({ min: 0, max: 2 ** 45 }) as unknown as fc.Arbitrary<Instant>;
const key = fc.string({ unit: "binary", minLength: 1, maxLength: 512 });

const change: fc.Arbitrary<Change> = fc.record({
  key,
  revision: index,
  value: fc.option(
    fc.record({
      bytes: fc.uint8Array({ maxLength: 2_000 }),
      contentType: fc.string({ unit: "grapheme-ascii", maxLength: 255 }),
    }),
  ),
  expiresAt: fc.option(at),
});

const entry: fc.Arbitrary<FeedEntry> = fc
  .record({
    index,
    at,
    changes: fc.array(change, { maxLength: 5 }),
    keys: fc.option(fc.array(key, { maxLength: 20 })),
    closes: fc.option(fc.array(index, { maxLength: 20 })),
  })
  .map(({ keys, closes, ...rest }) => ({
    ...rest,
    ...(keys && { opens: { vote: rest.index, keys } }),
    ...(closes && { closes }),
  }));

it("a message is counted as no smaller than the queue's own form of it", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
      expect(serialize(entries).byteLength).toBeLessThanOrEqual(bytesOf(entries) + 64);
    }),
  );
});
