import { describe, expect, it } from "vitest";
import * as z from "zod";
import { TOO_LARGE } from "../shared/wire/common.ts";
import { faultsOf, isOnlyTooLarge } from "./faults.ts";

const errorOf = (schema: z.ZodType, value: unknown): z.core.$ZodError => {
  const { error } = schema.safeParse(value);
  if (error === undefined) throw new Error("nothing is wrong with it");
  return error;
};
const pathsOf = (schema: z.ZodType, value: unknown) =>
  faultsOf(errorOf(schema, value)).map(({ path }) => path);

const one = z.strictObject({ key: z.string(), at: z.int().optional() });
const other = z.strictObject({ lock: z.string(), token: z.int() });
const either = z.strictObject({ of: z.array(z.union([one, other])) });

describe("faults", () => {
  it("are named by the path to them", () => {
    const schema = z.strictObject({ a: z.array(z.strictObject({ b: z.string() })) });
    expect(pathsOf(schema, { a: [{ b: "x" }, { b: 1 }] })).toEqual(["a[1].b"]);
    expect(pathsOf(schema, { a: [{ b: "x", c: 1, d: 2 }], e: 1 })).toEqual([
      "a[0].c",
      "a[0].d",
      "e",
    ]);
    expect(pathsOf(schema, 5)).toEqual(["body"]);
  });

  it.each<[unknown, string[]]>([
    [{ key: "a", at: "x" }, ["of[0].at"]],
    [{ key: "a", more: 1 }, ["of[0].more"]],
    [{ at: 1 }, ["of[0].key"]],
    [{ lock: "a" }, ["of[0].token"]],
    [{ lock: "a", token: "x" }, ["of[0].token"]],
    [{}, ["of[0].key"]],
    [5, ["of[0]"]],
  ])("of one shape among several are those of the shape meant: %j", (value, paths) => {
    expect(pathsOf(either, { of: [value] })).toEqual(paths);
  });

  it("of a choice with a message of its own are that message", () => {
    const schema = z.strictObject({ a: z.union([z.int(), z.iso.date()], { error: "a day" }) });
    expect(faultsOf(errorOf(schema, { a: {} }))).toEqual([{ path: "a", message: "a day" }]);
  });

  it("are a hundred at most", () => {
    const keys = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`k${n}`, 1]));
    expect(pathsOf(one, { key: "a", ...keys })).toHaveLength(100);
    expect(pathsOf(z.array(z.int()), Array(500).fill("x"))).toHaveLength(100);
  });
});

it("what is too large is told apart from what is malformed", () => {
  const short = z.string().refine((text) => text.length < 3, { params: TOO_LARGE });
  const schema = z.strictObject({ a: short, b: short });
  expect(isOnlyTooLarge(errorOf(schema, { a: "long", b: "longer" }))).toBe(true);
  expect(isOnlyTooLarge(errorOf(schema, { a: "long", b: 1 }))).toBe(false);
});
