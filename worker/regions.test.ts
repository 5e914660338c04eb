/** Holds our list of regions against the platform's own types: the compiler demands both directions. */
import { expect, it } from "vitest";
import { LOCATION_HINTS, type LocationHint } from "../shared/regions.ts";

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

it("names every location hint that the platform has, and no other", () => {
  const same: Same<LocationHint, DurableObjectLocationHint> = true;
  expect(same).toBe(true);
  expect(new Set(LOCATION_HINTS).size).toBe(LOCATION_HINTS.length);
});
