/**
 * Where a request comes from: which of a namespace's regions is nearest to it.
 *
 * The platform says where a caller seems to be. In development nobody is far away, so there the header
 * `Holdfast-From-Region` may say it instead; elsewhere that header means nothing.
 */
import { nearestRegion, PLACES, type Whereabouts } from "../shared/nearest.ts";
import { isLocationHint, LOCATION_HINTS } from "../shared/regions.ts";
import type { Region } from "../shared/types.ts";
import { Problem } from "./problem.ts";

export const FROM_REGION_HEADER = "Holdfast-From-Region";

/** The region nearest to the caller; undefined where that is unknown, or there is nothing to choose. */
export function nearestMember(
  request: Request,
  regions: readonly Region[],
  dev: boolean,
): Region | undefined {
  const stated = dev ? request.headers.get(FROM_REGION_HEADER) : null;
  if (stated !== null) return nearestRegion(placeOf(stated), regions) ?? undefined;
  // What the platform says of a request costs time to look up.
  if (regions.length === 1) return undefined;
  return nearestRegion(whereaboutsOf(request.cf), regions) ?? undefined;
}

/** The region that a caller is served from where any of these would do; the first where it is unknown who is nearest. */
export function nearestReplica(
  request: Request,
  regions: readonly Region[],
  dev: boolean,
): Region | undefined {
  return nearestMember(request, regions, dev) ?? regions[0];
}

function placeOf(stated: string): Whereabouts {
  if (isLocationHint(stated)) return { place: PLACES[stated] };
  const message = `must be one of ${LOCATION_HINTS.join(", ")}`;
  throw new Problem("bad-request", `${FROM_REGION_HEADER} ${message}`, {
    errors: [{ path: FROM_REGION_HEADER, message }],
  });
}

/** The platform's numbers are texts, and any of them may be missing. */
function whereaboutsOf(cf: Request["cf"]): Whereabouts {
  const { continent, latitude, longitude } = (cf ?? {}) as Readonly<Record<string, unknown>>;
  const place = { latitude: degrees(latitude), longitude: degrees(longitude) };
  return {
    continent: typeof continent === "string" ? continent : undefined,
    place: Number.isNaN(place.latitude + place.longitude) ? undefined : place,
  };
}

const degrees = (text: unknown): number =>
  typeof text === "string" && text !== "" ? Number(text) : Number.NaN;
