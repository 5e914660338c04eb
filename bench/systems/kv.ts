// Workers KV, as it is simulated here.
import { fileURLToPath } from "node:url";
import { token } from "./holdfast.ts";
import type { System } from "./system.ts";

export const kv: System = {
  name: "kv",
  config: fileURLToPath(new URL("../bare/kv/wrangler.toml", import.meta.url)),
  secrets: {},
  // It reads none, but the same bytes travel.
  headers: { authorization: `Bearer ${token}` },
  namespace: "default",
  answers: ["levels"],
};
