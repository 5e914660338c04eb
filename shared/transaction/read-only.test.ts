/** Reading several groups at once, against groups that change in between as told. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupOf } from "../group.ts";
import { TERM_ZERO } from "../raft/term.ts";
import type { StoredRecord } from "../store/entry.ts";
import { type LogIndex, nextIndex, ORIGIN } from "../types.ts";
import { jsonValue } from "./json.ts";
import { type ReadOnly, type ReadOnlyPorts, readOnly } from "./read-only.ts";
import type { GroupPart, ReadRequest, ValidateRequest } from "./request.ts";
import { split, type Whole } from "./split.ts";

/** One group: its records, and at which index each key last changed, a deletion too. */
class Group {
  index: LogIndex = ORIGIN;
  readonly #records = new Map<string, StoredRecord>();
  readonly #changed = new Map<string, LogIndex>();

  put(key: string, number: number): void {
    const revision = this.#change(key);
    this.#records.set(key, { key, revision, value: jsonValue(number), expiresAt: null });
  }

  delete(key: string): void {
    this.#change(key);
    this.#records.delete(key);
  }

  answer(request: ReadRequest | ValidateRequest): Awaited<ReturnType<ReadOnlyPorts["ask"]>> {
    const receipt = { term: TERM_ZERO, index: this.index, rows: 0 };
    if (request.type === "read") {
      const records = request.keys.map((key) => this.#records.get(key) ?? null);
      return { type: "read", records, receipt };
    }
    const { keys, since } = request;
    const moved = keys.some((key) => (this.#changed.get(key) ?? ORIGIN) > since);
    return { type: "validated", moved, receipt };
  }

  #change(key: string): LogIndex {
    this.index = nextIndex(this.index);
    this.#changed.set(key, this.index);
    return this.index;
  }
}

class World {
  readonly groups = new Map<string, Group>();
  /** What was asked, in order. */
  readonly asked: string[] = [];
  retries = 0;

  of(key: string): Group {
    const group = this.groups.get(groupOf(key)) ?? new Group();
    this.groups.set(groupOf(key), group);
    return group;
  }

  /** @param before what happens before each request, by its place among all. */
  run(
    whole: Whole,
    before: (request: number) => void = () => {},
    retriesMax = 10,
  ): Promise<ReadOnly> {
    return readOnly(whole, split(whole, groupOf), {
      ask: async (group, request) => {
        before(this.asked.length);
        this.asked.push(`${request.type} ${group}`);
        return this.of(group).answer(request);
      },
      retry: async () => this.retries++ < retriesMax,
    });
  }
}

const reading = (...keys: string[]): Whole => ({
  conditions: [],
  operations: keys.map((key) => ({ type: "get", key })),
  otherwise: [],
});

const revisionsIn = (outcome: ReadOnly) =>
  outcome.type === "read" ? outcome.results.map(({ revision }) => revision) : outcome.type;

describe("a read of one group", () => {
  it("asks once and validates nothing", async () => {
    const world = new World();
    world.of("t").put("{t}a", 1);
    const outcome = await world.run(reading("{t}a", "{t}b", "{t}a"));
    expect(world.asked).toEqual(["read t"]);
    expect(outcome).toMatchObject({
      succeeded: true,
      failed: [],
      results: [
        { op: "get", key: "{t}a", revision: 1, value: jsonValue(1) },
        { op: "get", key: "{t}b", revision: null },
        { op: "get", key: "{t}a", revision: 1, value: jsonValue(1) },
      ],
      seen: [{ group: "t", index: 1 }],
    });
  });
});

describe("a read of several groups", () => {
  it("reads all, then validates all", async () => {
    const world = new World();
    world.of("a").put("a", 1);
    await world.run(reading("a", "b", "c"));
    expect(world.asked).toEqual([
      "read a",
      "read b",
      "read c",
      "validate a",
      "validate b",
      "validate c",
    ]);
  });

  it("starts no validation before every read has ended", async () => {
    const events: string[] = [];
    const groups = new World();
    const whole = reading("a", "b", "c");
    let turns = 3;
    await readOnly(whole, split(whole, groupOf), {
      ask: async (group, request) => {
        events.push(`${request.type} starts`);
        // Each answer comes later than the one before.
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        turns += 5;
        events.push(`${request.type} ends`);
        return groups.of(group).answer(request);
      },
      retry: async () => false,
    });
    expect(events.lastIndexOf("read ends")).toBeLessThan(events.indexOf("validate starts"));
  });

  it("reads again what has moved, and validates all of it again", async () => {
    const world = new World();
    const outcome = await world.run(reading("a", "b"), (request) => {
      if (request === 2) world.of("b").put("b", 1);
    });
    expect(world.asked).toEqual([
      "read a",
      "read b",
      "validate a",
      "validate b",
      "read b",
      "validate a",
      "validate b",
    ]);
    expect(revisionsIn(outcome)).toEqual([null, 1]);
    expect(outcome).toMatchObject({ seen: [{ index: 0 }, { index: 1 }] });
  });

  it("is not disturbed by other keys of the same groups", async () => {
    const world = new World();
    await world.run(reading("{g}a", "{h}b"), () => world.of("g").put("other", 1));
    expect(world.asked).toHaveLength(4);
  });

  it("ends where keys go on changing and there is no time left", async () => {
    const world = new World();
    const outcome = await world.run(reading("a", "b"), () => world.of("a").put("a", 1), 3);
    expect(outcome).toEqual({ type: "moved" });
    expect(world.retries).toBe(4);
  });

  it("compares what is absent by the group's index: a token that moves is never seen nowhere", async () => {
    // models/reads.js: the token is always in exactly one of x and w, and may move before any request.
    for (let moves = 0; moves < 2 ** 4; moves++) {
      const world = new World();
      let at = "w";
      world.of("w").put("w", 1);
      const move = () => {
        world.of(at).delete(at);
        at = at === "w" ? "x" : "w";
        world.of(at).put(at, 1);
      };
      const outcome = await world.run(reading("x", "w"), (request) => {
        if (((moves >> request) & 1) === 1) move();
      });
      if (outcome.type === "moved") throw new Error("it ends once nothing moves");
      const present = outcome.results.filter(({ revision }) => revision !== null);
      expect(present, `moves ${moves.toString(2)}`).toHaveLength(1);
    }
  });

  it("sees all groups at one instant, whatever changes when", async () => {
    // A transaction sets every key to the same number, and may happen before any request.
    const keys = ["a", "b", "c"];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 30 }), async (changes) => {
        const world = new World();
        let number = 0;
        const change = () => {
          number += 1;
          for (const key of keys) world.of(key).put(key, number);
        };
        change();
        const outcome = await world.run(reading(...keys), (request) => {
          if (changes[request] === true) change();
        });
        if (outcome.type === "moved") throw new Error("it ends once nothing moves");
        expect(new Set(outcome.results.map(({ revision }) => revision)).size).toBe(1);
      }),
    );
  });

  it("rejects as soon as one group cannot be asked", async () => {
    const whole = reading("a", "b");
    const refused = readOnly(whole, split(whole, groupOf), {
      ask: async (group, request) => {
        if (group === "b") throw new Error("no quorum");
        return new Group().answer(request);
      },
      retry: async () => true,
    });
    await expect(refused).rejects.toThrow("no quorum");
  });
});

describe("conditions of what only reads", () => {
  const world = new World();
  world.of("a").put("a", 5);
  const whole = (least: number): Whole => ({
    conditions: [
      { type: "at-least", key: "a", least },
      { type: "exists", key: "b", exists: false },
    ],
    operations: [{ type: "get", key: "a" }],
    otherwise: [
      { type: "get", key: "b" },
      { type: "get", key: "a" },
    ],
  });

  it("run the operations where they hold", async () => {
    expect(await world.run(whole(5))).toMatchObject({
      succeeded: true,
      results: [{ key: "a", revision: 1 }],
    });
  });

  it("name what failed where they do not, and read the other branch", async () => {
    expect(await world.run(whole(6))).toMatchObject({
      succeeded: false,
      failed: [{ condition: 0, key: "a", revision: 1 }],
      results: [
        { key: "b", revision: null },
        { key: "a", revision: 1 },
      ],
    });
  });
});

/** What {@link split} gives is what is asked; nothing here depends on its order. */
it("takes the parts in any order", async () => {
  const world = new World();
  world.of("b").put("b", 1);
  const whole = reading("a", "b");
  const parts: GroupPart[] = split(whole, groupOf).reverse();
  const outcome = await readOnly(whole, parts, {
    ask: async (group, request) => world.of(group).answer(request),
    retry: async () => false,
  });
  expect(revisionsIn(outcome)).toEqual([null, 1]);
});
