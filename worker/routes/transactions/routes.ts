/** Which handler takes which request about transactions. */
import type { Hono } from "hono";
import type { AppEnv } from "../../context.ts";
import { lookUp } from "./look-up.ts";
import { transact } from "./transact.ts";

export function transactionRoutes(app: Hono<AppEnv>): void {
  app.post("/v1/:ns/transactions", transact);
  app.get("/v1/:ns/transactions/:id", lookUp);
}
