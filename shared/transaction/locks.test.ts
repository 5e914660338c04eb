import { describe, expect, it } from "vitest";
import { ms } from "../types.ts";
import type { Lock } from "./effects.ts";
import { conflicts, keysOf, locksOf, type Steps } from "./locks.ts";

const value = { bytes: new Uint8Array(), contentType: "text/plain" };
const steps: Steps = {
  conditions: [
    { type: "exists", key: "looked at", exists: true },
    { type: "exists", key: "put", exists: false },
    { type: "at-least", key: "looked at", least: 1 },
  ],
  operations: [
    { type: "get", key: "read" },
    { type: "get", key: "added" },
    { type: "put", key: "put", value, ttlMs: ms(1) },
    { type: "delete", key: "deleted" },
    { type: "add", key: "added", by: 1 },
    { type: "get", key: "added" },
    { type: "append", key: "appended", values: [] },
  ],
  otherwise: [
    { type: "get", key: "other branch" },
    { type: "get", key: "deleted" },
  ],
};

it("every key that is named is locked once, to write where any operation writes it", () => {
  expect(locksOf(steps)).toEqual([
    { key: "looked at", write: false },
    { key: "put", write: true },
    { key: "read", write: false },
    { key: "added", write: true },
    { key: "deleted", write: true },
    { key: "appended", write: true },
    { key: "other branch", write: false },
  ]);
});

it("the keys of a write without another branch are those it looks at and those it changes", () => {
  expect([...keysOf(steps)]).toEqual(locksOf(steps).map(({ key }) => key));
  const { conditions, operations } = steps;
  expect(keysOf({ conditions, operations })).toEqual(
    new Set(["looked at", "put", "read", "added", "deleted", "appended"]),
  );
});

describe("locks conflict", () => {
  const read = (key: string): Lock => ({ key, write: false });
  const write = (key: string): Lock => ({ key, write: true });
  it.each<[string, Lock[], Lock[], boolean]>([
    ["not where there is none", [], [write("a")], false],
    ["not where both read", [read("a")], [read("a")], false],
    ["where one writes", [read("a")], [write("a")], true],
    ["where both write", [write("a")], [write("a")], true],
    ["not over different keys", [write("a")], [write("b")], false],
    ["over any key they share", [write("a"), read("b")], [read("c"), write("b")], true],
    [
      "not by what they share but only read",
      [write("a"), read("b")],
      [read("b"), write("c")],
      false,
    ],
    ["where a key stands twice", [write("a"), read("a")], [read("a")], true],
  ])("%s", (_, one, other, expected) => {
    expect(conflicts(one, other)).toBe(expected);
    expect(conflicts(other, one)).toBe(expected);
  });
});
