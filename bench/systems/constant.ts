// The yardstick of reads: a Worker that asks nobody.
import { fileURLToPath } from "node:url";
import { token } from "./holdfast.ts";
import type { System } from "./system.ts";

export const constant: System = {
  name: "constant",
  config: fileURLToPath(new URL("../bare/constant/wrangler.toml", import.meta.url)),
  secrets: {},
  // It reads none, but the same bytes travel.
  headers: { authorization: `Bearer ${token}` },
  namespace: "default",
  answers: ["levels", "hot-levels"],
};
