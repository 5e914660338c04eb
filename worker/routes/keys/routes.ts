/** Which handler takes which request about keys. */
import type { Hono } from "hono";
import type { AppEnv } from "../../context.ts";
import { listKeys } from "./list.ts";
import { readKey } from "./read.ts";
import { deleteKey, putKey } from "./write.ts";

export function keyRoutes(app: Hono<AppEnv>): void {
  app.get("/v1/:ns/keys", listKeys);
  app.get("/v1/:ns/keys/*", readKey);
  app.put("/v1/:ns/keys/*", putKey);
  app.delete("/v1/:ns/keys/*", deleteKey);
}
