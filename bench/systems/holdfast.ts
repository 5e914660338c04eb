// Holdfast as it is deployed: its namespace `default` in one region, and in three.
import { fileURLToPath } from "node:url";
import type { System } from "./system.ts";

/** The root token of the Workers under load. */
export const token = "bench";

/** Holdfast with `default` in these regions; all of them are in the one process. */
function holdfastIn(name: string, regions: string): System {
  return {
    name,
    config: fileURLToPath(new URL("../../wrangler.toml", import.meta.url)),
    secrets: { HOLDFAST_ROOT_TOKEN: token, HOLDFAST_REGIONS: regions },
    headers: { authorization: `Bearer ${token}` },
    namespace: "default",
    answers: ["keys", "transactions-in-a-group", "transactions", "transfers"],
  };
}

/** One member a group. */
export const holdfast = holdfastIn("holdfast", "wnam");

/** The same beside replicas that are fed as they are when deployed. */
export const fed: System = { ...holdfast, name: "holdfast-fed", answers: ["arrivals"] };

/** Three members a group: every write is committed three times. */
export const three = holdfastIn("three", "wnam,enam,weur");
