// Transactions without protection: what the calls to the objects cost, and nothing else. There are three ways to
// make them, so three systems.
import { fileURLToPath } from "node:url";
import { token } from "./holdfast.ts";
import type { Calls, System } from "./system.ts";

function unprotected(name: string, order: "serial" | "parallel", calls: Calls): System {
  return {
    name,
    config: fileURLToPath(new URL("../bare/unprotected/wrangler.toml", import.meta.url)),
    secrets: { ORDER: order },
    // It reads none, but the same bytes travel.
    headers: { authorization: `Bearer ${token}` },
    namespace: "default",
    answers: [calls],
  };
}

/** All keys in one object: one call, which is a transaction by itself. */
export const bareOnce = unprotected("bare-once", "serial", "transactions-in-a-group");

/** One object after the other. */
export const bareSerial = unprotected("bare-serial", "serial", "transactions");

/** All objects at the same time. */
export const bareParallel = unprotected("bare-parallel", "parallel", "transactions");
