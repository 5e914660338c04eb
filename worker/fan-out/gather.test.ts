import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FanOutMessage, FeedEntry } from "../../shared/replica/feed.ts";
import { type Instant, logIndex, ms, region } from "../../shared/types.ts";
import { asNotices, gather, readMessage } from "./gather.ts";

const entry = (index: number): FeedEntry => ({
  index: logIndex(index),
  at: index as Instant,
  changes: [],
});

function message(
  group: string,
  indexes: readonly number[],
  { namespace = "ns", replicas = ["weur", "apac"], through = 0 } = {},
): FanOutMessage {
  return {
    version: 1,
    namespace: {
      namespace,
      members: [region("weur")],
      replicas: replicas.map(region),
      historyMs: ms(600_000),
    },
    group,
    entries: indexes.map(entry),
    through: logIndex(Math.max(through, ...indexes)),
  };
}

const shown = (messages: readonly (FanOutMessage | null)[]) =>
  gather(messages).map(({ name, batch, places }) => ({
    name,
    places,
    groups: batch.map(({ group, entries, through }) => [
      group,
      entries.map(({ index }) => index),
      through,
    ]),
  }));

describe("a batch", () => {
  it("is one call a region, each with all groups", () => {
    expect(shown([message("a", [1]), message("b", [4, 5])])).toEqual(
      ["ns/weur", "ns/apac"].map((name) => ({
        name,
        places: [0, 1],
        groups: [
          ["a", [1], 1],
          ["b", [4, 5], 5],
        ],
      })),
    );
  });

  it("has a group's entries in order, each once, however they came", () => {
    const messages = [message("a", [5, 6]), message("a", [3, 4]), message("a", [4, 5])];
    expect(shown(messages)[0]?.groups).toEqual([["a", [3, 4, 5, 6], 6]]);
  });

  it("says how far a group is whose entries were too large", () => {
    const messages = [message("a", [1]), message("a", [], { through: 9 })];
    expect(shown(messages)[0]?.groups).toEqual([["a", [1], 9]]);
  });

  it("keeps namespaces apart, and takes each one's own regions", () => {
    const messages = [
      message("a", [1], { replicas: ["weur"] }),
      message("a", [2], { namespace: "other", replicas: ["weur", "oc"] }),
    ];
    expect(shown(messages)).toEqual([
      { name: "ns/weur", places: [0], groups: [["a", [1], 1]] },
      { name: "other/weur", places: [1], groups: [["a", [2], 2]] },
      { name: "other/oc", places: [1], groups: [["a", [2], 2]] },
    ]);
  });

  it("passes over what cannot be read", () => {
    expect(shown([null, message("a", [1])])[0]?.places).toEqual([1]);
    expect(shown([null])).toEqual([]);
  });

  it("as notices carries no entry, and how far each group is", () => {
    expect(shown(asNotices([message("a", [1, 2]), null]))[0]?.groups).toEqual([["a", [], 2]]);
  });

  it("loses nothing and invents nothing", () => {
    const anyMessage = fc
      .record({
        group: fc.constantFrom("a", "b"),
        namespace: fc.constantFrom("ns", "other"),
        replicas: fc.subarray(["weur", "apac", "oc"]),
        indexes: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
      })
      .map(({ group, indexes, ...more }) => message(group, indexes, more));
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 8 }), (messages) => {
        // Each entry for each region, one by one.
        const due = new Set<string>();
        for (const { namespace, group, entries } of messages) {
          for (const self of namespace.replicas) {
            for (const { index } of entries) {
              due.add(`${namespace.namespace}/${self} ${group} ${index}`);
            }
          }
        }
        const given = gather(messages).flatMap(({ name, batch }) =>
          batch.flatMap(({ group, entries }) =>
            entries.map(({ index }) => `${name} ${group} ${index}`),
          ),
        );
        expect(new Set(given)).toEqual(due);
        expect(given.length).toBe(due.size);
      }),
    );
  });
});

it("reads messages of its own version alone", () => {
  expect(readMessage(message("a", [1]))).not.toBeNull();
  for (const body of [null, undefined, "", 7, {}, { version: 2 }, []]) {
    expect(readMessage(body)).toBeNull();
  }
});
