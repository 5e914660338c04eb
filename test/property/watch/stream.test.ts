/**
 * A watch beside a twin that simply remembers the history: whatever sleeps, crashes, moves, is slow or is compacted on the
 * way, what the client received is the history behind where it began, once and in order (W1), and never more than a window
 * was under way (W2).
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plant } from "../../../shared/planted.ts";
import type { Change, FeedEntry } from "../../../shared/replica/feed.ts";
import { addMs, type Instant, logIndex, ms } from "../../../shared/types.ts";
import { WATCH_WINDOW_BYTES, WATCH_WINDOW_CHANGES } from "../../../shared/watch/limits.ts";
import { bytesOf, type WatchChange } from "../../../shared/watch/message.ts";
import { nextEntry, parsePosition, through } from "../../../shared/watch/position.ts";
import { type Selector, selects } from "../../../shared/watch/selector.ts";
import { advance, newWatcher, type Watcher } from "../../../shared/watch/watcher.ts";
import { take } from "../../../shared/watch/window.ts";

const KEYS = ["a", "a/1", "b", "\u{10ffff}lock/a"];
const SELECTORS: readonly Selector[] = [
  { type: "key", key: "a" },
  { type: "prefix", prefix: "" },
  { type: "prefix", prefix: "a" },
  { type: "key", key: "\u{10ffff}lock/a" },
];

type Step =
  /** Entries are appended, each with changes of these keys; many of them large. */
  | {
      readonly type: "append";
      readonly entries: readonly (readonly number[])[];
      readonly large: boolean;
    }
  /** So many of them are known to be committed. */
  | { readonly type: "commit"; readonly count: number }
  /** The leader looks at its watcher. */
  | { readonly type: "turn" }
  /** The client reads so many changes that have come, and its Worker says so. */
  | { readonly type: "read"; readonly count: number; readonly acknowledged: boolean }
  /** The object's memory is gone; its socket is not. */
  | { readonly type: "sleep" }
  /** The socket breaks, with what is under way; another member, or the same, is asked to go on. */
  | { readonly type: "break"; readonly arrived: number }
  | { readonly type: "wait"; readonly forMs: number }
  | { readonly type: "compact"; readonly behind: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("append" as const),
      entries: fc.array(fc.array(fc.nat(KEYS.length - 1), { maxLength: 40 }), { maxLength: 20 }),
      large: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("commit" as const), count: fc.nat(25) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("turn" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("read" as const),
      count: fc.nat(300),
      acknowledged: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("sleep" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("break" as const), arrived: fc.nat(300) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("wait" as const), forMs: fc.nat(15_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("compact" as const), behind: fc.nat(60) }),
  },
);

class World {
  readonly #selector: Selector;
  readonly #entries: FeedEntry[] = [];
  #commit = 0;
  #base = 0;
  #now = 0 as Instant;
  #watcher: Watcher;
  /** Sent, and not read by the client. */
  #underWay: WatchChange[] = [];
  readonly received: WatchChange[] = [];
  #read = { changes: 0, bytes: 0 };
  /** Why it is over; null while it is not. */
  over: "slow" | "compacted" | null = null;
  readonly #startIndex: number;

  constructor(selector: Selector) {
    this.#selector = selector;
    this.#startIndex = this.#commit;
    this.#watcher = newWatcher(selector, true, through(logIndex(this.#commit)));
  }

  /** What the client must have received once everything has been delivered. */
  get history(): string[] {
    return this.#entries
      .slice(this.#startIndex, this.#commit)
      .flatMap(({ changes }) => changes.filter(({ key }) => selects(this.#selector, key)))
      .map(describeChange);
  }

  run(one: Step): void {
    if (this.over !== null) return;
    switch (one.type) {
      case "append":
        for (const keys of one.entries) this.#append(keys, one.large);
        return;
      case "commit":
        this.#commit = Math.min(this.#entries.length, this.#commit + one.count);
        return;
      case "turn":
        this.#turn();
        return;
      case "read":
        this.#take(one.count);
        if (one.acknowledged) this.#watcher = take(this.#watcher, this.#read);
        return;
      case "sleep":
        this.#watcher = structuredClone(this.#watcher);
        return;
      case "break":
        this.#take(one.arrived);
        this.#resume();
        return;
      case "wait":
        this.#now = addMs(this.#now, ms(one.forMs));
        return;
      case "compact":
        this.#base = Math.max(this.#base, this.#commit - one.behind);
    }
  }

  /** Everything is committed, and the client reads all there is. */
  finish(): void {
    this.#commit = this.#entries.length;
    do {
      this.#take(Infinity);
      this.#watcher = take(this.#watcher, this.#read);
      if (this.over === null) this.#turn();
    } while (this.#underWay.length > 0);
  }

  #append(keys: readonly number[], large: boolean): void {
    const index = logIndex(this.#entries.length + 1);
    const changes = keys.map((key, place): Change => {
      const bytes = new Uint8Array(large && place === 0 ? 300_000 : 3);
      const value = place % 3 === 2 ? null : { bytes, contentType: `at ${place}` };
      return { key: KEYS[key] ?? "", revision: index, value, expiresAt: null };
    });
    this.#entries.push({ index, at: this.#now, changes });
  }

  #turn(): void {
    for (let more = true; more && this.over === null; ) {
      const log = (from: number) =>
        from <= this.#base ? null : this.#entries.slice(from - 1, Math.min(from + 6, this.#commit));
      const result = advance(this.#watcher, log, logIndex(this.#commit), this.#now);
      this.#watcher = result.watcher;
      this.#underWay.push(...result.changes);
      this.#assertBounded();
      if (result.end !== null) this.over = result.end.type === "slow" ? "slow" : "compacted";
      more = result.more;
    }
  }

  #assertBounded(): void {
    const { sent, taken } = this.#watcher;
    expect(sent.changes - taken.changes).toBeLessThanOrEqual(WATCH_WINDOW_CHANGES);
    expect(sent.bytes - taken.bytes).toBeLessThan(WATCH_WINDOW_BYTES + 301_000);
  }

  #take(count: number): void {
    const arrived = this.#underWay.splice(0, count);
    this.received.push(...arrived);
    const bytes = arrived.reduce((sum, change) => sum + bytesOf(change), 0);
    this.#read = { changes: this.#read.changes + arrived.length, bytes: this.#read.bytes + bytes };
  }

  /** As a leader answers a watch behind a position: a new socket, and nothing that the old one carried. */
  #resume(): void {
    this.#underWay = [];
    this.#read = { changes: 0, bytes: 0 };
    const last = this.received.at(-1)?.position;
    const position = last === undefined ? through(logIndex(this.#startIndex)) : parsePosition(last);
    if (position === null) throw new Error(`a position that nobody can read: ${last}`);
    const from = nextEntry(position);
    if (from <= this.#base && from <= this.#commit) this.over = "compacted";
    this.#watcher = newWatcher(this.#selector, true, position);
  }
}

const describeChange = ({ key, revision, value }: Change | WatchChange): string =>
  `${revision} ${key} ${value === null ? "gone" : `${value.contentType} ${value.bytes.byteLength}`}`;

function check(selector: Selector, steps: readonly Step[]): void {
  const world = new World(selector);
  for (const one of steps) world.run(one);
  world.finish();
  const received = world.received.map(describeChange);
  if (world.over === null) expect(received).toEqual(world.history);
  // Whoever is cut off has everything up to some place, and nothing from behind it.
  else expect(received).toEqual(world.history.slice(0, received.length));
}

const property = fc.property(
  fc.constantFrom(...SELECTORS),
  fc.array(step, { minLength: 5, maxLength: 80 }),
  check,
);

describe("a watch", () => {
  it("delivers the history, once and in order (W1, W2)", () => {
    fc.assert(property, { numRuns: 1_500 });
  });

  it("without a window is found out", () => {
    plant("watch-without-window");
    try {
      expect(fc.check(property, { numRuns: 1_500 }).failed).toBe(true);
    } finally {
      plant(null);
    }
  });
});
