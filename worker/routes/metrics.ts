/** `/metrics`: this isolate's counters, for Prometheus. */
import type { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { AppEnv } from "../context.ts";
import { requireScope } from "../grant.ts";
import { METRICS_MEDIA_TYPE, renderMetrics } from "../metrics.ts";
import { problems } from "../openapi/parts.ts";

export function metricsRoutes(app: Hono<AppEnv>): void {
  app.get("/metrics", (c) => {
    requireScope(c, "admin");
    return new Response(renderMetrics(), {
      headers: {
        "Content-Type": METRICS_MEDIA_TYPE,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Holdfast-Request-Id": c.get("requestId"),
      },
    });
  });
}

export const metricsPaths: ZodOpenApiPathsObject = {
  "/metrics": {
    get: {
      tags: ["Service"],
      operationId: "getMetrics",
      summary: "Counters in Prometheus' text format",
      description:
        "Needs the root token, or a token of `default` with the scope `admin`. The counters are those of the isolate that answers; each series names it.",
      responses: {
        "200": {
          description: "The counters.",
          content: { "text/plain": { schema: { type: "string" } } },
        },
        ...problems("forbidden"),
      },
    },
  },
};
