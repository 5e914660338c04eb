import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, Value } from "../types.ts";
import { appendItems, jsonEquals, jsonValue, readJson, readText } from "./json.ts";

const stored = (text: string, contentType = "application/json"): Value => ({
  bytes: new TextEncoder().encode(text),
  contentType,
});
const textOf = (value: Value) => new TextDecoder().decode(value.bytes);
/** As any JSON text reads: no negative zero, and members may be named `__proto__`. */
const json = fc.json({ maxDepth: 3 }).map((text) => JSON.parse(text) as Json);
const parse = (text: string) => JSON.parse(text) as Json;

describe("a stored value", () => {
  it.each<[Value, Json | undefined]>([
    [stored("1"), 1],
    [stored(" null\n"), null],
    [stored('"x"', "application/json; charset=utf-8"), "x"],
    [stored('"x"', "text/plain"), undefined],
    [stored("{"), undefined],
    [stored(""), undefined],
    [stored("\ufeff1"), undefined],
    [{ bytes: Uint8Array.of(0x22, 0xff, 0x22), contentType: "application/json" }, undefined],
  ])("%# is read as JSON where it is JSON", (value, expected) => {
    expect(readJson(value)).toEqual(expected);
  });

  it.each<[Value, string | null]>([
    [stored("x", "text/plain"), "x"],
    [stored("", "text/plain"), ""],
    [stored("\ufeffx", "text/plain"), "\ufeffx"],
    [stored("x", "text/plain; charset=latin1"), null],
    [stored("x", "application/json"), null],
    [{ bytes: Uint8Array.of(0xff), contentType: "text/plain" }, null],
  ])("%# is read as text where it is text in UTF-8", (value, expected) => {
    expect(readText(value)).toBe(expected);
  });

  it("says the JSON it was made from", () => {
    fc.assert(
      fc.property(json, (of) => {
        expect(readJson(jsonValue(of))).toEqual(of);
      }),
    );
  });
});

describe("equality of JSON", () => {
  it.each<[string, string, boolean]>([
    ['{"a":1,"b":[2]}', '{"b":[2.0],"a":1e0}', true],
    ["0", "-0", true],
    ["[1,2]", "[2,1]", false],
    ["[1]", "[1,1]", false],
    ['{"a":1}', '{"a":1,"b":1}', false],
    ['{"a":1}', '{"b":1}', false],
    ['{"toString":1}', '{"a":1}', false],
    ['{"a":1}', '{"__proto__":1}', false],
    ['{"__proto__":{}}', '{"a":{}}', false],
    ['{"__proto__":1}', '{"__proto__":1}', true],
    ['{"__proto__":1}', '{"__proto__":2}', false],
    ["[]", "{}", false],
    ['{"0":1}', "[1]", false],
    ["null", "{}", false],
    ["null", "false", false],
    ["1", '"1"', false],
    ["null", "null", true],
  ])("of %s and %s is %s", (one, other, equal) => {
    expect(jsonEquals(parse(one), parse(other))).toBe(equal);
    expect(jsonEquals(parse(other), parse(one))).toBe(equal);
  });

  it("is what Node takes it for", () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        // Written again, for JSON has but one zero.
        const [a, b] = [one, other].map((of) => parse(JSON.stringify(of)));
        expect(jsonEquals(one, other)).toBe(isDeepStrictEqual(a, b));
        expect(jsonEquals(one, a as Json)).toBe(true);
      }),
    );
  });

  it("copes with values nested deeper than the stack", () => {
    const deep = (core: string) => parse("[".repeat(200_000) + core + "]".repeat(200_000));
    expect(jsonEquals(deep("1"), deep("1"))).toBe(true);
    expect(jsonEquals(deep("1"), deep("2"))).toBe(false);
  });
});

describe("appending", () => {
  it.each<[string, Json[], string]>([
    ["[]", [1], "[1]"],
    ["[ ]\n", [1, "x"], '[ 1,"x"]'],
    ["[1]", [[2]], "[1,[2]]"],
    ["[ 1 ] ", [2], "[ 1 ,2]"],
    ['["]"]', ["€"], '["]","€"]'],
    ["[1]", [], "[1]"],
    ["[]", [], "[]"],
    ["[9007199254740993,1.0]", [1], "[9007199254740993,1.0,1]"],
  ])("to %s of %j leaves what was there as it was", (before, items, after) => {
    const value = appendItems(stored(before), parse(before) as Json[], items);
    expect(textOf(value)).toBe(after);
    expect(value.contentType).toBe("application/json");
  });

  it("gives what joining the arrays gives", () => {
    fc.assert(
      fc.property(fc.array(json), fc.array(json), fc.nat(3), (before, items, indent) => {
        const value = stored(JSON.stringify(before, null, indent));
        const after = readJson(appendItems(value, before, items));
        expect(JSON.stringify(after)).toBe(JSON.stringify([...before, ...items]));
      }),
    );
  });
});
