// The yardstick: what workerd itself costs for a request that ends in an object's SQLite.
import { fileURLToPath } from "node:url";
import { token } from "./holdfast.ts";
import type { System } from "./system.ts";

export const bare: System = {
  name: "bare",
  config: fileURLToPath(new URL("../bare/wrangler.toml", import.meta.url)),
  secrets: {},
  // It reads none, but the same bytes travel.
  headers: { authorization: `Bearer ${token}` },
  namespace: "default",
  answers: ["keys", "levels"],
};
