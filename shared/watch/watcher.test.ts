import { describe, expect, it } from "vitest";
import { Violation } from "../assert.ts";
import type { FeedEntry } from "../replica/feed.ts";
import { addMs, type Instant, logIndex, ms } from "../types.ts";
import {
  WATCH_PIECES_MAX,
  WATCH_SLOW_MS,
  WATCH_WINDOW_BYTES,
  WATCH_WINDOW_CHANGES,
} from "./limits.ts";
import { type Position, START, through } from "./position.ts";
import type { Selector } from "./selector.ts";
import { type Advanced, advance, newWatcher, type Watcher } from "./watcher.ts";
import { take } from "./window.ts";

const NOW = 1_000 as Instant;
const ALL: Selector = { type: "prefix", prefix: "" };

const entry = (index: number, keys: readonly string[], bytes = 1): FeedEntry => ({
  index: logIndex(index),
  at: NOW,
  changes: keys.map((key) => ({
    key,
    revision: logIndex(index),
    value: { bytes: new Uint8Array(bytes), contentType: "text/plain" },
    expiresAt: null,
  })),
});

/** A log of these entries, read one at a time. */
const logOf =
  (entries: readonly FeedEntry[], base = 0) =>
  (from: number) =>
    from <= base ? null : entries.slice(from - 1, from);

const shown = ({ changes }: Advanced) => changes.map(({ position, key }) => `${position} ${key}`);

function all(watcher: Watcher, entries: readonly FeedEntry[], commit = entries.length): Advanced {
  return advance(watcher, logOf(entries), logIndex(commit), NOW);
}

const watching = (selector: Selector = ALL, position: Position = START, values = true): Watcher =>
  newWatcher(selector, values, position);

describe("what is sent", () => {
  const entries = [entry(1, ["a"]), entry(2, []), entry(3, ["a", "b", "a/c"]), entry(4, ["b"])];

  it("is every change up to the commit index, and nothing beyond it (W2)", () => {
    expect(shown(all(watching(), entries, 3))).toEqual(["1 a", "3.1 a", "3.2 b", "3 a/c"]);
    expect(shown(all(watching(), entries, 0))).toEqual([]);
  });

  it("is of a key that key alone, and of a prefix what starts with it", () => {
    expect(shown(all(watching({ type: "key", key: "b" }), entries))).toEqual(["3 b", "4 b"]);
    const a = all(watching({ type: "prefix", prefix: "a" }), entries);
    // The last of an entry's that the watch is of stands for all of the entry.
    expect(shown(a)).toEqual(["1 a", "3.1 a", "3 a/c"]);
    expect(a.watcher.position).toEqual(through(logIndex(4)));
  });

  it("is never of a lock or an election, but to whoever watches that one", () => {
    const lock = "\u{10ffff}lock/x";
    const mixed = [entry(1, ["a", lock, "b"])];
    expect(shown(all(watching(), mixed))).toEqual(["1.1 a", "1 b"]);
    expect(shown(all(watching({ type: "prefix", prefix: lock }), mixed))).toEqual([]);
    expect(shown(all(watching({ type: "key", key: lock }), mixed))).toEqual([`1 ${lock}`]);
  });

  it("goes on within an entry", () => {
    const behind = watching(ALL, { index: logIndex(3), changes: 2 });
    expect(shown(all(behind, entries))).toEqual(["3 a/c", "4 b"]);
  });

  it("has no values where none are wanted, and tells a deletion from a put all the same", () => {
    const gone = { key: "k", revision: logIndex(2), value: null, expiresAt: null };
    const deleted = [entry(1, ["k"], 9), { ...entry(2, []), changes: [gone] }];
    const { changes } = all(watching(ALL, START, false), deleted);
    expect(changes.map(({ value }) => value?.bytes.byteLength ?? null)).toEqual([0, null]);
  });
});

describe("the window", () => {
  const many = Array.from({ length: WATCH_WINDOW_CHANGES + 50 }, (_, at) => entry(at + 1, ["k"]));
  /** Looks again until there is nothing more to send. */
  function settle(watcher: Watcher, entries: readonly FeedEntry[], now = NOW): Advanced {
    let result = advance(watcher, logOf(entries), logIndex(entries.length), now);
    const changes = [...result.changes];
    while (result.more) {
      result = advance(result.watcher, logOf(entries), logIndex(entries.length), now);
      changes.push(...result.changes);
    }
    return { ...result, changes };
  }

  it("is not exceeded, and moves as changes are taken", () => {
    const first = settle(watching(), many);
    expect(first.changes).toHaveLength(WATCH_WINDOW_CHANGES);
    expect(first.end).toBeNull();
    const second = settle(take(first.watcher, { changes: 10, bytes: 0 }), many);
    expect(second.changes.map(({ revision }) => revision)).toEqual(
      many.slice(WATCH_WINDOW_CHANGES, WATCH_WINDOW_CHANGES + 10).map(({ index }) => index),
    );
  });

  it("counts bytes too, and lets the largest value through", () => {
    const large = [1, 2, 3].map((index) => entry(index, ["k"], WATCH_WINDOW_BYTES));
    const { changes, watcher } = settle(watching(), large);
    expect(changes).toHaveLength(1);
    expect(settle(take(watcher, watcher.sent), large).changes).toHaveLength(1);
  });

  it("believes no more taken than was sent, and nothing taken back", () => {
    const { watcher } = settle(watching(), many);
    expect(take(watcher, { changes: 9_999, bytes: 1e9 }).taken).toEqual(watcher.sent);
    const some = take(watcher, { changes: 100, bytes: 500 });
    expect(take(some, { changes: 50, bytes: 100 }).taken).toEqual(some.taken);
  });

  it("that stays full cuts off, with a position to resume from", () => {
    const full = settle(watching(), many).watcher;
    expect(full.fullSince).toBe(NOW);
    const soon = addMs(NOW, ms(WATCH_SLOW_MS - 1));
    const waiting = settle(full, many, soon);
    expect(waiting.end).toBeNull();
    const late = addMs(NOW, WATCH_SLOW_MS);
    const position = String(WATCH_WINDOW_CHANGES);
    expect(settle(waiting.watcher, many, late).end).toEqual({ type: "slow", position });
    // Whoever takes anything is only slow.
    const taking = take(waiting.watcher, { changes: 1, bytes: 0 });
    expect(settle(taking, many, late).end).toBeNull();
  });

  it("that is full with nothing more to send cuts nobody off", () => {
    const exactly = many.slice(0, WATCH_WINDOW_CHANGES);
    const full = settle(watching(), exactly).watcher;
    expect(full.fullSince).toBeNull();
    const later = addMs(NOW, ms(10 * WATCH_SLOW_MS));
    expect(settle(full, many, later).end).toBeNull();
  });
});

it("a log that is long is looked at in several turns", () => {
  const others = Array.from({ length: 3 * WATCH_PIECES_MAX }, (_, at) => entry(at + 1, ["other"]));
  const first = all(watching({ type: "key", key: "k" }), others);
  expect([first.more, first.watcher.position.index]).toEqual([true, WATCH_PIECES_MAX]);
});

it("what is compacted cuts off", () => {
  const entries = [entry(1, ["k"]), entry(2, ["k"]), entry(3, ["k"])];
  const behind = watching(ALL, through(logIndex(1)));
  expect(advance(behind, logOf(entries, 2), logIndex(3), NOW).end).toEqual({
    type: "compacted",
    position: "1",
  });
  const kept = watching(ALL, through(logIndex(2)));
  expect(shown(advance(kept, logOf(entries, 2), logIndex(3), NOW))).toEqual(["3 k"]);
});

it("a log with a hole, or beyond what is committed, is a violation (W1, W2)", () => {
  const entries = [entry(1, ["k"]), entry(2, ["k"]), entry(3, ["k"])];
  const hole = () => advance(watching(), () => [entry(2, ["k"])], logIndex(3), NOW);
  expect(hole).toThrow(Violation);
  const beyond = () => advance(watching(), () => entries, logIndex(2), NOW);
  expect(beyond).toThrow(Violation);
});
