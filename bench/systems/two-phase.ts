// Straightforward two-phase commit on bare objects: what one would write oneself.
import { fileURLToPath } from "node:url";
import { token } from "./holdfast.ts";
import type { System } from "./system.ts";

export const twoPhase: System = {
  name: "two-phase",
  config: fileURLToPath(new URL("../bare/two-phase/wrangler.toml", import.meta.url)),
  secrets: {},
  // It reads none, but the same bytes travel.
  headers: { authorization: `Bearer ${token}` },
  namespace: "default",
  answers: ["transactions-in-a-group", "transactions", "transfers"],
};
