import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearestRegion, PLACES } from "./nearest.ts";
import { LOCATION_HINTS } from "./regions.ts";
import { type Region, region } from "./types.ts";

const regions = (...names: string[]): Region[] => names.map(region);
const THREE = regions("wnam", "enam", "weur");
const ALL = regions(...LOCATION_HINTS);

const from = (latitude: number, longitude: number) => ({ place: { latitude, longitude } });

describe("by place", () => {
  it.each([
    ["Vancouver", 49.3, -123.1, "wnam"],
    ["New York", 40.7, -74, "enam"],
    ["Mexico City", 19.4, -99.1, "wnam"],
    ["Lagos", 6.5, 3.4, "weur"],
    ["Tokyo", 35.7, 139.7, "wnam"],
    ["Buenos Aires", -34.6, -58.4, "enam"],
    ["Delhi", 28.6, 77.2, "weur"],
  ])("%s is nearest to %f, %f: %s", (_, latitude, longitude, nearest) => {
    expect(nearestRegion(from(latitude, longitude), THREE)).toBe(nearest);
  });

  it.each([
    ["London", 51.5, -0.1, "weur"],
    ["Kyiv", 50.5, 30.5, "eeur"],
    ["Auckland", -36.8, 174.8, "oc"],
    ["Nairobi", -1.3, 36.8, "afr"],
    ["Riyadh", 24.7, 46.7, "me"],
    ["Jakarta", -6.2, 106.8, "apac-se"],
    ["Seoul", 37.6, 127, "apac-ne"],
    ["Lima", -12, -77, "sam"],
  ])("%s, of all regions, %f, %f: %s", (_, latitude, longitude, nearest) => {
    expect(nearestRegion(from(latitude, longitude), ALL)).toBe(nearest);
  });

  it("goes over the date line", () => {
    expect(nearestRegion(from(-18, -178), regions("sam", "oc"))).toBe("oc");
    expect(nearestRegion(from(52, 179), regions("weur", "wnam"))).toBe("wnam");
  });

  it("knows that degrees of longitude shrink towards the poles", () => {
    expect(nearestRegion(from(80, 100), regions("apac", "weur"))).toBe("weur");
    expect(nearestRegion(from(75, -100), regions("enam", "weur", "apac-ne"))).toBe("enam");
  });

  it("counts before the continent", () => {
    expect(nearestRegion({ ...from(40.7, -74), continent: "EU" }, THREE)).toBe("enam");
  });
});

describe("by continent", () => {
  it.each([
    ["EU", "weur"],
    ["AF", "weur"],
    ["SA", "enam"],
    ["NA", "enam"],
  ])("%s is nearest to %s", (continent, nearest) => {
    expect(nearestRegion({ continent }, THREE)).toBe(nearest);
  });

  it.each(["T1", "", "eu", "constructor"])("%j is none", (continent) => {
    expect(nearestRegion({ continent }, THREE)).toBeNull();
  });
});

it("nothing known, nothing said", () => {
  expect(nearestRegion({}, THREE)).toBeNull();
  expect(nearestRegion(from(0, 0), [])).toBeNull();
  expect(nearestRegion(from(0, 0), regions("wnam", "moon"))).toBeNull();
});

it("each region is nearest to itself", () => {
  for (const hint of LOCATION_HINTS) expect(nearestRegion({ place: PLACES[hint] }, ALL)).toBe(hint);
});

it("is one of those asked for, whatever their order", () => {
  const place = fc.record({
    latitude: fc.double({ min: -90, max: 90, noNaN: true }),
    longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  });
  fc.assert(
    fc.property(place, fc.subarray(ALL, { minLength: 1 }), (here, some) => {
      const nearest = nearestRegion({ place: here }, some);
      expect(some).toContain(nearest);
      // Rounding may make a tie of two that differ in the last digit; no such place is drawn.
      expect(nearestRegion({ place: here }, some.toReversed())).toBe(nearest);
    }),
  );
});
