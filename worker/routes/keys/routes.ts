/** Which handler takes which request about keys. */
import type { Hono } from "hono";
import type { AppEnv } from "../../context.ts";
import { listKeys } from "./list.ts";
import { readKey } from "./read.ts";
import { deleteKey, putKey } from "./write.ts";

/** One key: the rest of the path. */
export const KEY_PATH = "/v1/:ns/keys/*";

export function keyRoutes(app: Hono<AppEnv>): void {
  app.get("/v1/:ns/keys", listKeys);
  app.get(KEY_PATH, readKey);
  app.put(KEY_PATH, putKey);
  app.delete(KEY_PATH, deleteKey);
}
