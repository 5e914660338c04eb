/**
 * `/dev/regions`: outages on demand. The way in answers 404 for all below `/dev/` unless the deployment has
 * `HOLDFAST_DEV=1`.
 */
import type { Hono } from "hono";
import * as z from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { regionState, setRegion } from "../../durable-objects/outage.ts";
import { SETTINGS_BYTES_MAX } from "../../shared/limits.ts";
import { isLocationHint, LOCATION_HINTS } from "../../shared/regions.ts";
import { region } from "../../shared/types.ts";
import { regionSchema } from "../../shared/wire/common.ts";
import {
  outageSchema,
  regionStateSchema,
  regionStatesSchema,
} from "../../shared/wire/dev-regions.ts";
import type { AppEnv } from "../context.ts";
import { requireRoot } from "../grant.ts";
import { jsonResponse, readJson, requireAcceptsJson } from "../json.ts";
import { jsonBody, jsonContent, problems } from "../openapi/parts.ts";
import { Problem } from "../problem.ts";

export function devRegionRoutes(app: Hono<AppEnv>): void {
  app.get("/dev/regions", (c) => {
    requireRoot(c);
    requireAcceptsJson(c);
    return jsonResponse(c, 200, { regions: LOCATION_HINTS.map(describe) });
  });

  app.put("/dev/regions/:region", async (c) => {
    requireRoot(c);
    requireAcceptsJson(c);
    const name = c.req.param("region");
    if (!isLocationHint(name)) {
      const message = `must be one of ${LOCATION_HINTS.join(", ")}`;
      throw new Problem("bad-request", `the region ${message}`, {
        errors: [{ path: "region", message }],
      });
    }
    setRegion(region(name), await readJson(c, outageSchema, SETTINGS_BYTES_MAX));
    return jsonResponse(c, 200, describe(name));
  });
}

const describe = (name: string) => ({ region: name, ...regionState(region(name)) });

const DEV_ONLY = "Only where the deployment has `HOLDFAST_DEV=1`, and with the root token.";

export const devRegionPaths: ZodOpenApiPathsObject = {
  "/dev/regions": {
    get: {
      tags: ["Development"],
      operationId: "listRegions",
      summary: "Show which regions are down or slow",
      description: DEV_ONLY,
      responses: {
        "200": { description: "All regions.", content: jsonContent(regionStatesSchema) },
        ...problems("forbidden", "not-found"),
      },
    },
  },
  "/dev/regions/{region}": {
    put: {
      tags: ["Development"],
      operationId: "setRegion",
      summary: "Make a region fail, slow down, or come back",
      description: `${DEV_ONLY} Calls into and out of a region that is down do not go on until it is up again, as if its machines had stopped.`,
      requestParams: { path: z.object({ region: regionSchema }) },
      requestBody: jsonBody(outageSchema),
      responses: {
        "200": { description: "The region, from now on.", content: jsonContent(regionStateSchema) },
        ...problems("bad-request", "forbidden", "not-found", "too-large", "unsupported-media-type"),
      },
    },
  },
};
