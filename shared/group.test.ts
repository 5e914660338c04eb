import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupOf, memberName } from "./group.ts";
import { region } from "./types.ts";

describe("the group of a key", () => {
  it.each([
    ["a key without a tag, itself", "cart:7", "cart:7"],
    ["a key with a tag, the tag", "{user:7}:cart", "user:7"],
    ["a tag anywhere in the key", "cart:{user:7}:items", "user:7"],
    ["the first of two tags", "{a}{b}", "a"],
    ["an empty tag counts for none", "{}:cart", "{}:cart"],
    ["an empty tag hides one behind it, as in Redis Cluster", "{}{a}", "{}{a}"],
    ["a brace that is not closed", "a{b", "a{b"],
    ["a closing brace before the opening one", "a}b{c", "a}b{c"],
    ["a brace within a tag", "{{a}}", "{a"],
  ])("%s", (_, key, group) => {
    expect(groupOf(key)).toBe(group);
  });

  it("is never empty, and part of the key", () => {
    const key = fc.string({ minLength: 1, unit: fc.constantFrom("{", "}", "a", "b", "é") });
    fc.assert(
      fc.property(key, (one) => {
        const group = groupOf(one);
        expect(group.length).toBeGreaterThan(0);
        expect(one).toContain(group);
      }),
    );
  });
});

describe("the name of a member's object", () => {
  it("is of one namespace, region and group alone, whatever the group is called", () => {
    const part = fc.string({ minLength: 1, unit: fc.constantFrom("a", "b", "-") });
    const group = fc.string({ minLength: 1, unit: fc.constantFrom("a", "b", "/", "-") });
    const name = fc.tuple(part, part, group);
    fc.assert(
      fc.property(name, name, (one, other) => {
        const [a, b] = [one, other].map(([ns, at, of]) => memberName(ns, region(at), of));
        expect(a === b).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });
});
