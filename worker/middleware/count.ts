/** Counts a request by the route that took it and the status it got. */
import type { Context } from "hono";
import { matchedRoutes } from "hono/route";
import type { AppEnv } from "../context.ts";
import { countRequest, UNMATCHED } from "../metrics.ts";

export function count(c: Context<AppEnv>): void {
  const route = matchedRoutes(c).at(-1);
  // Middleware is registered for all methods; what is registered for one is a route.
  countRequest(route === undefined || route.method === "ALL" ? UNMATCHED : route, c.res.status);
}
