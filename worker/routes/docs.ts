/**
 * `/docs`: the API reference, the files it loads, and the page that explains the error codes.
 *
 * All of it comes from this deployment. The content security policy says so to the browser, which would
 * refuse to ask anyone else.
 */
import type { Context, Hono } from "hono";
import * as z from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { about } from "../about.ts";
import type { AppEnv } from "../context.ts";
import { errorsPage } from "../errors-page.ts";
import { problems } from "../openapi/parts.ts";
import { problemResponse } from "../problem.ts";

const PAGE_HEADERS = {
  // Swagger UI's own styles hold small pictures as data.
  "Content-Security-Policy":
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** The one page below `/docs` that is no file: it is made of the registry of errors. */
const ERRORS_PAGE = "errors";

export function docsRoutes(app: Hono<AppEnv>): void {
  app.get("/docs", asset);
  app.get("/docs/:file", (c) => (c.req.param("file") === ERRORS_PAGE ? errors(c) : asset(c)));
}

function errors(c: Context<AppEnv>): Response {
  return new Response(errorsPage(), {
    headers: {
      ...PAGE_HEADERS,
      "Content-Type": "text/html; charset=utf-8",
      "Cache-Control": "public, max-age=60",
      "Holdfast-Request-Id": c.get("requestId"),
    },
  });
}

async function asset(c: Context<AppEnv>): Promise<Response> {
  const found = await c.env.ASSETS.fetch(c.req.raw);
  if (found.status >= 400) {
    await found.body?.cancel();
    return problemResponse(about(c), "not-found", "there is nothing at this path");
  }
  // What the binding answers cannot be changed: its headers are copied into an answer of our own.
  const headers = new Headers(found.headers);
  for (const [name, value] of Object.entries(PAGE_HEADERS)) headers.set(name, value);
  headers.set("Holdfast-Request-Id", c.get("requestId"));
  return new Response(found.body, { status: found.status, headers });
}

const page = {
  description: "A page.",
  content: { "text/html": { schema: { type: "string" as const } } },
};

export const docsPaths: ZodOpenApiPathsObject = {
  "/docs": {
    get: {
      tags: ["Service"],
      operationId: "getReference",
      summary: "This description, to read and to try",
      security: [],
      responses: { "200": page, "304": { description: "It has not changed." } },
    },
  },
  "/docs/{file}": {
    get: {
      tags: ["Service"],
      operationId: "getReferenceFile",
      summary: "A file that the reference loads, or `errors`: every error code",
      security: [],
      requestParams: { path: z.object({ file: z.string().meta({ example: "page.css" }) }) },
      responses: {
        "200": { description: "The file.", content: { "*/*": { schema: { type: "string" } } } },
        "304": { description: "It has not changed." },
        "307": { description: "It is found elsewhere below `/docs`." },
        ...problems("not-found"),
      },
    },
  },
};
