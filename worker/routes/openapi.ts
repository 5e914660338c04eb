/** `/openapi.json`: the description of the API, made of the schemas that validate its requests. */
import type { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { AppEnv } from "../context.ts";
import { requireAcceptsJson } from "../json.ts";
import { problems } from "../openapi/parts.ts";

/** Long enough to spare a reload, short enough that a deployment is seen. */
const MAX_AGE_SECONDS = 60;

export function openapiRoutes(app: Hono<AppEnv>, describe: () => string): void {
  let text: string | null = null;
  app.get("/openapi.json", (c) => {
    requireAcceptsJson(c);
    text ??= describe();
    return new Response(text, {
      headers: {
        "Content-Type": "application/json",
        "Cache-Control": `public, max-age=${MAX_AGE_SECONDS}`,
        "X-Content-Type-Options": "nosniff",
        "Holdfast-Request-Id": c.get("requestId"),
      },
    });
  });
}

export const openapiPaths: ZodOpenApiPathsObject = {
  "/openapi.json": {
    get: {
      tags: ["Service"],
      operationId: "getDescription",
      summary: "This description",
      security: [],
      responses: {
        "200": {
          description: "An OpenAPI 3.1 document.",
          content: { "application/json": { schema: { type: "object" } } },
        },
        ...problems("not-acceptable"),
      },
    },
  },
};
