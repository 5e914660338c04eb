// Holdfast as it is deployed, with its namespace `default` in one region.
import { fileURLToPath } from "node:url";
import type { System } from "./system.ts";

/** The root token of the Workers under load. */
export const token = "bench";

export const holdfast: System = {
  name: "holdfast",
  config: fileURLToPath(new URL("../../wrangler.toml", import.meta.url)),
  secrets: { HOLDFAST_ROOT_TOKEN: token, HOLDFAST_REGIONS: "wnam" },
  headers: { authorization: `Bearer ${token}` },
  namespace: "default",
  answers: ["keys"],
};
