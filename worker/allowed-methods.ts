/** Which methods a path has, as `Allow` names them. Asked only where a request found no route. */
import type { Hono } from "hono";
import type { RouterRoute } from "hono/types";
import type { AppEnv } from "./context.ts";

const METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE"] as const;

export function allowedMethods(app: Hono<AppEnv>, path: string): string[] {
  const found: string[] = METHODS.filter((method) => {
    const [matches] = app.router.match(method, path);
    // Middleware is registered for all methods; what is registered for one is a route.
    return matches.some(([[, route]]) => (route as RouterRoute).method !== "ALL");
  });
  if (found.length === 0) return [];
  if (found[0] === "GET") found.splice(1, 0, "HEAD");
  return [...found, "OPTIONS"];
}
