/** `/healthz`: whether the deployment answers, and which version does. */
import type { Hono } from "hono";
import * as z from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { version } from "../../package.json";
import type { AppEnv } from "../context.ts";
import { jsonResponse } from "../json.ts";
import { jsonContent } from "../openapi/parts.ts";

const healthSchema = z
  .object({ status: z.literal("ok"), version: z.string() })
  .meta({ id: "Health" });

export function healthRoutes(app: Hono<AppEnv>): void {
  app.get("/healthz", (c) => jsonResponse(c, 200, { status: "ok", version }));
}

export const healthPaths: ZodOpenApiPathsObject = {
  "/healthz": {
    get: {
      tags: ["Service"],
      operationId: "getHealth",
      summary: "Whether the service answers",
      security: [],
      responses: { "200": { description: "It does.", content: jsonContent(healthSchema) } },
    },
  },
};
