/**
 * Requests from pages of other origins (Fetch Standard, CORS protocol): only from those that the deployment names.
 *
 * An app of its own in front of the other, entered only by requests that have an `Origin`: all others, which is to say
 * every request from a server or a Worker, pay nothing for it. The protocol is Hono's.
 */
import { Hono } from "hono";
import { cors } from "hono/cors";
import type { AppEnv, Env } from "./context.ts";

type Fetch = (
  request: Request,
  env: Env,
  context: ExecutionContext,
) => Response | Promise<Response>;

/** Headers of answers that a page may read beside the few it always may. */
const EXPOSED = [
  "ETag",
  "Holdfast-Bookmark",
  "Holdfast-Consistency",
  "Holdfast-Cost",
  "Holdfast-Region",
  "Holdfast-Replayed",
  "Holdfast-Request-Id",
  "Holdfast-Revision",
  "Holdfast-Staleness-Ms",
  "Holdfast-Term",
  "Retry-After",
  "Server-Timing",
];

/** How long a browser remembers what it may send: two hours, as long as any of them does. */
const PREFLIGHT_SECONDS = 7_200;

/** The origins a deployment names: a list, or `*` for all; tokens, not cookies, say who asks. */
export function allowedOrigin(named: string | undefined, origin: string): string | null {
  const origins = (named ?? "").split(",").map((one) => one.trim());
  return origins.includes("*") ? "*" : origins.includes(origin) ? origin : null;
}

/** Serves whatever `serve` does, to pages of the origins that may ask as well. */
export function acrossOrigins(serve: Fetch): Fetch {
  const app = new Hono<AppEnv>();
  app.use(
    cors({
      origin: (origin, c) => allowedOrigin(c.env.HOLDFAST_ALLOWED_ORIGINS, origin),
      allowMethods: ["GET", "HEAD", "PUT", "POST", "DELETE"],
      exposeHeaders: EXPOSED,
      maxAge: PREFLIGHT_SECONDS,
    }),
  );
  app.all("*", (c) => serve(c.req.raw, c.env, c.executionCtx as ExecutionContext));
  return (request, env, context) => {
    const { headers } = request;
    // A WebSocket is under no such protocol, and its answer is not to be touched.
    const plain = headers.get("Origin") === null || headers.get("Upgrade") !== null;
    if (plain || !env.HOLDFAST_ALLOWED_ORIGINS) return serve(request, env, context);
    return app.fetch(request, env, context);
  };
}
