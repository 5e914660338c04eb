/** What a route asks of the request's token. */
import type { Context } from "hono";
import { allowsScope, type Grant, type Scope } from "../shared/token.ts";
import type { AppEnv } from "./context.ts";
import { Problem } from "./problem.ts";

export function requireScope(c: Context<AppEnv>, scope: Scope): Grant {
  const grant = c.get("grant");
  if (allowsScope(grant, scope)) return grant;
  throw new Problem("forbidden", `this needs the scope ${scope}, which the token does not have`);
}

export function requireRoot(c: Context<AppEnv>): void {
  if (!c.get("grant").root) throw new Problem("forbidden", "this needs the root token");
}
