/** What is said over HTTP of outages on demand. */
import * as z from "zod";
import { LOCATION_HINTS } from "../regions.ts";
import { ms } from "../types.ts";

/** A minute is longer than any deadline: more would only keep calls in memory. */
export const DELAY_MS_MAX = 60_000;

const delaySchema = z.int().min(0).max(DELAY_MS_MAX);

const DELAY = "Added to each way of a call into or out of the region, in milliseconds.";

export const outageSchema = z
  .strictObject({
    state: z
      .enum(["up", "down"])
      .meta({ description: "`down`: no call into or out of the region goes on until it is up." }),
    delayMs: delaySchema.default(0).transform(ms).meta({ description: DELAY }),
  })
  .meta({ id: "Outage" });

export const regionStateSchema = z
  .object({
    region: z.enum(LOCATION_HINTS),
    state: z.enum(["up", "down"]),
    delayMs: z.int().min(0).meta({ description: DELAY }),
  })
  .meta({ id: "RegionState" });

export const regionStatesSchema = z
  .object({ regions: z.array(regionStateSchema) })
  .meta({ id: "RegionStates" });
