import { expect, it } from "vitest";
import { type Instant, ms } from "../shared/types.ts";
import { Rests } from "./rests.ts";

const at = (time: number): Instant => time as Instant;

it("whoever gave no word rests for a while, unless it answers after all", () => {
  const rests = new Rests(ms(100));
  expect(rests.rests("a", at(0))).toBe(false);
  rests.gaveNoWord("a", at(0));
  expect(rests.rests("a", at(99))).toBe(true);
  expect(rests.rests("b", at(99))).toBe(false);
  expect(rests.rests("a", at(100))).toBe(false);
  rests.gaveNoWord("a", at(200));
  rests.answered("a");
  expect(rests.rests("a", at(201))).toBe(false);
});

it("a clock that was set back makes nobody rest for long", () => {
  const rests = new Rests(ms(100));
  rests.gaveNoWord("a", at(10_000));
  expect(rests.rests("a", at(500))).toBe(false);
});

it("is bounded: too many names are forgotten together", () => {
  const rests = new Rests(ms(100), 2);
  for (const name of ["a", "b", "c"]) rests.gaveNoWord(name, at(0));
  expect(rests.rests("a", at(1))).toBe(false);
  expect(rests.rests("c", at(1))).toBe(true);
});
