/**
 * The Worker's app: the way in, the routes, and the one place where an error becomes an answer.
 */
import { Hono } from "hono";
import { RegExpRouter } from "hono/router/reg-exp-router";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { about } from "./about.ts";
import { allowedMethods } from "./allowed-methods.ts";
import type { AppEnv } from "./context.ts";
import { admit } from "./middleware/admit.ts";
import { type Document, describeApi } from "./openapi/document.ts";
import { Problem, problemResponse } from "./problem.ts";
import { devRegionPaths, devRegionRoutes } from "./routes/dev-regions.ts";
import { docsPaths, docsRoutes } from "./routes/docs.ts";
import { groupPaths } from "./routes/groups/openapi.ts";
import { groupRoutes } from "./routes/groups/routes.ts";
import { healthPaths, healthRoutes } from "./routes/health.ts";
import { keyPaths } from "./routes/keys/openapi.ts";
import { keyRoutes } from "./routes/keys/routes.ts";
import { lockPaths } from "./routes/locks/openapi.ts";
import { lockRoutes } from "./routes/locks/routes.ts";
import { metricsPaths, metricsRoutes } from "./routes/metrics.ts";
import { namespacePaths, namespaceRoutes } from "./routes/namespaces.ts";
import { openapiPaths, openapiRoutes } from "./routes/openapi.ts";
import { tokenPaths, tokenRoutes } from "./routes/tokens.ts";
import { transactionPaths } from "./routes/transactions/openapi.ts";
import { transactionRoutes } from "./routes/transactions/routes.ts";
import { watchPaths } from "./routes/watch/openapi.ts";
import { watchRoutes } from "./routes/watch/routes.ts";

/** What the routes say of themselves, a group each, in the order of the reference. */
const PATHS: readonly ZodOpenApiPathsObject[] = [
  keyPaths,
  transactionPaths,
  lockPaths,
  watchPaths,
  groupPaths,
  namespacePaths,
  tokenPaths,
  healthPaths,
  metricsPaths,
  openapiPaths,
  docsPaths,
  devRegionPaths,
];

export const apiDocument = (): Document => describeApi(...PATHS);

export function createApp(): Hono<AppEnv> {
  // Hono's own choice of a router would fall back, silently, to one several times slower as soon as two
  // routes overlap in a way that one regular expression cannot tell apart. This one throws.
  const app = new Hono<AppEnv>({ router: new RegExpRouter() });
  app.use("*", admit);

  keyRoutes(app);
  transactionRoutes(app);
  lockRoutes(app);
  watchRoutes(app);
  groupRoutes(app);
  namespaceRoutes(app);
  tokenRoutes(app);
  healthRoutes(app);
  metricsRoutes(app);
  openapiRoutes(app, () => JSON.stringify(apiDocument()));
  docsRoutes(app);
  devRegionRoutes(app);

  app.notFound((c) => {
    const allowed = allowedMethods(app, c.req.path);
    if (allowed.length === 0) {
      const detail = "there is nothing at this path; /docs says what there is";
      return problemResponse(about(c), "not-found", detail);
    }
    const allow = allowed.join(", ");
    if (c.req.method === "OPTIONS") {
      return new Response(null, {
        status: 204,
        headers: { Allow: allow, "Holdfast-Request-Id": c.get("requestId") },
      });
    }
    return problemResponse(about(c), "method-not-allowed", `this resource has ${allow}`, {
      headers: { Allow: allow },
    });
  });

  app.onError((error, c) => {
    if (error instanceof Problem) return error.toResponse(about(c));
    const requestId = c.get("requestId");
    console.error(
      JSON.stringify({
        message: "a request failed unexpectedly",
        requestId,
        route: `${c.req.method} ${about(c).instance}`,
        error: error.stack ?? String(error),
        cause: error.cause === undefined ? undefined : String(error.cause),
      }),
    );
    return problemResponse(about(c), "internal", `report the request id ${requestId}`);
  });

  return app;
}
