/**
 * Which of a namespace's regions is nearest to a caller.
 *
 * It decides where leaders move to, never what is true: a wrong guess costs time alone. Distances are those along the
 * ground, of which the way through the net is a fair image.
 */
import { isLocationHint, type LocationHint } from "./regions.ts";
import type { Region } from "./types.ts";

/** A place on the globe, in degrees. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** What is known of where a caller is; the place counts, and the continent where there is none. */
export interface Whereabouts {
  readonly place?: Place | undefined;
  /** Two letters, as the platform names continents (`EU`). */
  readonly continent?: string | undefined;
}

const at = (latitude: number, longitude: number): Place => ({ latitude, longitude });

/**
 * About where each location hint means. The platform names areas, not cities, and promises "best effort" (Cloudflare,
 * developers.cloudflare.com/durable-objects/reference/data-location, "Supported locations"); these are places with
 * many data centres near the middle of each. Objects hinted to `sam`, `afr` and `me` start in a neighbouring
 * area so far; the hint still says where they belong.
 */
export const PLACES: Readonly<Record<LocationHint, Place>> = {
  /** Western North America: San Jose. */
  wnam: at(37.3, -121.9),
  /** Eastern North America: Ashburn. */
  enam: at(39, -77.5),
  /** South America: São Paulo. */
  sam: at(-23.5, -46.6),
  /** Western Europe: Amsterdam. */
  weur: at(52.4, 4.9),
  /** Eastern Europe: Warsaw. */
  eeur: at(52.2, 21),
  /** Asia-Pacific: Hong Kong. */
  apac: at(22.3, 114.2),
  /** Its north-east: Tokyo. */
  "apac-ne": at(35.7, 139.7),
  /** Its south-east: Singapore. */
  "apac-se": at(1.35, 103.8),
  /** Oceania: Sydney. */
  oc: at(-33.9, 151.2),
  /** Africa: Johannesburg. */
  afr: at(-26.2, 28),
  /** Middle East: Dubai. */
  me: at(25.2, 55.3),
};

/** About where a continent's people live, for callers of whom nothing else is known. */
const CONTINENTS: Readonly<Record<string, Place>> = {
  AF: at(4, 18),
  AN: at(-90, 0),
  AS: at(26, 95),
  EU: at(50, 14),
  NA: at(36, -93),
  OC: at(-32, 147),
  SA: at(-15, -56),
};

/** The region nearest to the caller, of several as near the first; null where nothing is known of one of them. */
export function nearestRegion(
  { place, continent }: Whereabouts,
  regions: readonly Region[],
): Region | null {
  const from = place ?? placeOfContinent(continent);
  if (from === null) return null;
  let nearest: Region | null = null;
  let least = Infinity;
  for (const region of regions) {
    const hint: string = region;
    if (!isLocationHint(hint)) return null;
    const distance = arc(from, PLACES[hint]);
    if (distance >= least) continue;
    nearest = region;
    least = distance;
  }
  return nearest;
}

function placeOfContinent(continent: string | undefined): Place | null {
  if (continent === undefined || !Object.hasOwn(CONTINENTS, continent)) return null;
  return CONTINENTS[continent] ?? null;
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** The angle between two places as seen from the centre of the earth (haversine formula), in radians. */
function arc(a: Place, b: Place): number {
  const north = Math.sin(radians(b.latitude - a.latitude) / 2) ** 2;
  const east = Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  const across = Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * east;
  return 2 * Math.asin(Math.min(1, Math.sqrt(north + across)));
}
