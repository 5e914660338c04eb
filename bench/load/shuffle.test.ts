import { expect, it } from "vitest";
import { shuffle } from "./shuffle.ts";

const items = Array.from({ length: 50 }, (_, index) => index);

it("keeps every item", () => {
  expect(shuffle(items, 1).sort((a, b) => a - b)).toEqual(items);
});

it("depends on the seed alone", () => {
  expect(shuffle(items, 1)).toEqual(shuffle(items, 1));
  expect(shuffle(items, 1)).not.toEqual(shuffle(items, 2));
});
