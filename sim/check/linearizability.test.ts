import { describe, expect, it } from "vitest";
import { deletes, mayPut, puts, sees, writes } from "./fixture.ts";
import { checkLinearizability } from "./linearizability.ts";
import { minimise } from "./minimise.ts";
import { type KeyOperation, register } from "./register.ts";

const verdict = (...history: KeyOperation[]) => checkLinearizability(register, history);

describe("a history of one key is linearizable", () => {
  it.each<[string, KeyOperation[]]>([
    ["when it is empty", []],
    ["when a read sees the write before it", [puts([0, 1], "a", 1, false), sees([2, 3], "a", 1)]],
    [
      "when a read beside a write sees what was before",
      [puts([0, 1], "a", 1, false), puts([2, 9], "b", 2), sees([3, 4], "a", 1)],
    ],
    [
      "when two reads beside a write see it come",
      [puts([0, 9], "a", 1, false), sees([1, 2], null), sees([3, 4], "a", 1)],
    ],
    [
      "when a write nobody heard of is seen later",
      [mayPut([0], "a"), sees([1, 2], null), sees([5, 6], "a", 3)],
    ],
    ["when a write nobody heard of is never seen", [mayPut([0], "a"), sees([9, 10], null)]],
    [
      "when a failed condition saw the revision there was",
      [
        puts([0, 1], "a", 4, false),
        writes([2, 3], {
          conditions: [{ type: "exists", exists: false }],
          outcome: { succeeded: false, seen: 4 },
        }),
      ],
    ],
    [
      "when a key is gone after its time",
      [
        writes([0, 1], {
          change: { type: "put", value: "a", mayExpireFrom: 10 },
          outcome: { succeeded: true, revision: 1, existed: false },
        }),
        sees([2, 3], "a", 1),
        sees([10, 11], null),
      ],
    ],
    [
      "when a swap nobody heard of may have come before another",
      [
        puts([0, 1], "a", 1, false),
        writes([2], {
          conditions: [{ type: "revision", among: [1], negated: false }],
          change: { type: "put", value: "b", mayExpireFrom: null },
        }),
        puts([3, 4], "c", 5),
        sees([5, 6], "c", 5),
      ],
    ],
  ])("%s", (_, history) => {
    expect(verdict(...history)).toBe("linearizable");
  });
});

describe("a history of one key is not linearizable", () => {
  it.each<[string, KeyOperation[]]>([
    ["when an acknowledged write is lost", [puts([0, 1], "a", 1, false), sees([2, 3], null)]],
    [
      "when a read is stale",
      [puts([0, 1], "a", 1, false), puts([2, 3], "b", 2), sees([4, 5], "a", 1)],
    ],
    ["when a read sees what nobody wrote", [sees([0, 1], "a", 1)]],
    [
      "when a value is seen to come and go",
      [mayPut([0], "a"), sees([1, 2], "a", 1), sees([3, 4], null)],
    ],
    [
      "when one write has two revisions",
      [mayPut([0], "a"), sees([1, 2], "a", 1), sees([3, 4], "a", 3)],
    ],
    ["when revisions fall", [puts([0, 1], "a", 5, false), puts([2, 3], "b", 4)]],
    [
      "when two create what is there once",
      [puts([0, 1], "a", 1, false), puts([2, 3], "b", 2, false)],
    ],
    ["when a delete finds what is gone", [deletes([0, 1], 1)]],
    [
      "when two swaps of one revision succeed",
      [
        puts([0, 1], "a", 1, false),
        ...["b", "c"].map((value, at) =>
          writes([2, 9], {
            conditions: [{ type: "revision", among: [1], negated: false }],
            change: { type: "put", value, mayExpireFrom: null },
            outcome: { succeeded: true, revision: 2 + at, existed: true },
          }),
        ),
      ],
    ],
    [
      "when a condition fails on what was not there",
      [
        writes([0, 1], {
          conditions: [{ type: "exists", exists: false }],
          outcome: { succeeded: false, seen: 4 },
        }),
      ],
    ],
    [
      "when a key is gone before its time",
      [
        writes([0, 1], {
          change: { type: "put", value: "a", mayExpireFrom: 10 },
          outcome: { succeeded: true, revision: 1, existed: false },
        }),
        sees([2, 9], null),
      ],
    ],
    [
      "when a write takes effect before it was asked for",
      [sees([0, 1], "a", 1), puts([2, 3], "a", 1, false)],
    ],
  ])("%s", (_, history) => {
    expect(verdict(...history)).toBe("not-linearizable");
  });

  it("and is shown without what has no part in it", () => {
    const small = minimise(register, [
      puts([0, 1], "a", 1, false),
      sees([2, 3], "a", 1),
      sees([4, 5], null),
      sees([6, 7], "a", 1),
      puts([8, 9], "b", 2),
    ]);
    expect(small).toEqual([puts([0, 1], "a", 1, false), sees([4, 5], null)]);
  });
});
