import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupOf } from "../group.ts";
import type { Condition, GetOperation, Operation } from "./request.ts";
import { isReadOnly, split, type Whole } from "./split.ts";

const exists = (key: string): Condition => ({ type: "exists", key, exists: true });
const get = (key: string): GetOperation => ({ type: "get", key });
const add = (key: string, by = 1): Operation => ({ type: "add", key, by });
const whole = (of: Partial<Whole>): Whole => ({
  conditions: [],
  operations: [],
  otherwise: [],
  ...of,
});
const groups = (of: Partial<Whole>) => split(whole(of), groupOf).map(({ group }) => group);

describe("the anchor, which comes first, is", () => {
  it.each<[string, Partial<Whole>, string[]]>([
    [
      "the group of the first write, the others in order of first mention",
      {
        conditions: [exists("c1"), exists("b/{tag}"), exists("c2")],
        operations: [get("r"), add("a/{tag}"), add("w")],
        otherwise: [get("c2"), get("o")],
      },
      ["tag", "c1", "c2", "r", "w", "o"],
    ],
    [
      "a write's whatever it does",
      { operations: [get("r"), { type: "delete", key: "d" }] },
      ["d", "r"],
    ],
    [
      "that of the first condition where nothing is written",
      { conditions: [exists("c")], operations: [get("a")], otherwise: [get("b")] },
      ["c", "a", "b"],
    ],
    [
      "that of the first read where there is no condition",
      { operations: [get("b"), get("a")] },
      ["b", "a"],
    ],
    ["that of the other branch where nothing else is named", { otherwise: [get("o")] }, ["o"]],
    ["nobody's where no key is named", {}, []],
  ])("%s", (_, of, expected) => {
    expect(groups(of)).toEqual(expected);
  });
});

it("each part has its group's steps, and where they stood", () => {
  const parts = split(
    whole({
      conditions: [exists("{a}1"), exists("{b}1"), exists("{a}2")],
      operations: [get("{b}2"), add("{a}1")],
      otherwise: [get("{b}1"), get("{b}2")],
    }),
    groupOf,
  );
  expect(parts).toEqual([
    {
      group: "a",
      conditions: [exists("{a}1"), exists("{a}2")],
      operations: [add("{a}1")],
      otherwise: [],
      at: { conditions: [0, 2], operations: [1], otherwise: [] },
    },
    {
      group: "b",
      conditions: [exists("{b}1")],
      operations: [get("{b}2")],
      otherwise: [get("{b}1"), get("{b}2")],
      at: { conditions: [1], operations: [0], otherwise: [0, 1] },
    },
  ]);
});

it("put together again, the parts are the whole", () => {
  const key = fc.constantFrom("{a}1", "{a}2", "{b}1", "c");
  const transaction = fc.record({
    conditions: fc.array(key.map(exists)),
    operations: fc.array(
      fc.oneof(
        key.map(get),
        key.map((of) => add(of)),
      ),
    ),
    otherwise: fc.array(key.map(get)),
  });
  fc.assert(
    fc.property(transaction, (of) => {
      const parts = split(of, groupOf);
      expect(new Set(parts.map(({ group }) => group)).size).toBe(parts.length);
      for (const steps of ["conditions", "operations", "otherwise"] as const) {
        const joined: unknown[] = [];
        for (const part of parts) {
          for (const [position, step] of part[steps].entries()) {
            expect(groupOf(step.key)).toBe(part.group);
            const at = part.at[steps][position]!;
            expect(joined[at]).toBeUndefined();
            joined[at] = step;
          }
        }
        expect(joined).toEqual(of[steps]);
      }
    }),
  );
});

it("is read-only where every operation is a get", () => {
  expect(isReadOnly([])).toBe(true);
  expect(isReadOnly([get("a"), get("b")])).toBe(true);
  expect(isReadOnly([get("a"), add("b", 0)])).toBe(false);
  expect(isReadOnly([{ type: "delete", key: "a" }])).toBe(false);
});
