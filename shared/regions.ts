/**
 * Regions: the location hints of Durable Objects, and how many of them a namespace may have.
 *
 * A hint says where an object is first created. The platform takes any string and ignores what it does
 * not know, so a mistyped region would silently put two members in one place: they are checked here.
 */
import { type Region, region } from "./types.ts";

/** Every location hint the platform documents; a test holds the list against the platform's own types. */
export const LOCATION_HINTS = [
  "wnam",
  "enam",
  "sam",
  "weur",
  "eeur",
  "apac",
  "apac-ne",
  "apac-se",
  "oc",
  "afr",
  "me",
] as const;

export type LocationHint = (typeof LOCATION_HINTS)[number];

export const isLocationHint = (text: string): text is LocationHint =>
  (LOCATION_HINTS as readonly string[]).includes(text);

/** A quorum of an even number of members tolerates no more failures than one fewer would. */
export const MEMBER_COUNTS = [1, 3, 5] as const;

export const isMemberCount = (count: number): boolean =>
  (MEMBER_COUNTS as readonly number[]).includes(count);

/** Where a replica is kept besides the members' regions, unless the namespace says otherwise. */
export const REPLICA_REGION_EXTRA: Region = region("apac");

export const areDistinct = (values: readonly string[]): boolean =>
  new Set(values).size === values.length;

export type ParsedRegions =
  | { readonly type: "regions"; readonly regions: readonly Region[] }
  | { readonly type: "malformed"; readonly reason: string };

/** Reads a comma-separated list of regions, as the deployment's variable holds it. */
export function parseRegions(list: string): ParsedRegions {
  const regions = list.split(",").map((part) => part.trim());
  const unknown = regions.find((part) => !isLocationHint(part));
  if (unknown !== undefined) {
    return {
      type: "malformed",
      reason: `${JSON.stringify(unknown)} is not one of ${LOCATION_HINTS.join(", ")}`,
    };
  }
  if (!areDistinct(regions)) return { type: "malformed", reason: "a region is named twice" };
  if (!isMemberCount(regions.length)) {
    return {
      type: "malformed",
      reason: `${regions.length} regions are named, and a namespace has 1, 3 or 5`,
    };
  }
  return { type: "regions", regions: regions.map(region) };
}

/** The regions of the namespace `default` where a deployment names none. */
export const REGIONS_DEFAULT = "wnam,enam,weur";
