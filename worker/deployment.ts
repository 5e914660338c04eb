/**
 * What the deployment's variables say, read once an isolate.
 *
 * Without a root token, or with regions that cannot be, nothing is served but an answer that says what is
 * missing: a half-configured deployment must not look like a working one.
 */
import { parseRegions, REGIONS_DEFAULT } from "../shared/regions.ts";
import type { Region } from "../shared/types.ts";
import type { Env } from "./context.ts";

export type Deployment =
  | {
      readonly type: "configured";
      readonly rootToken: Uint8Array;
      /** Regions of a namespace whose creator names none, `default` first of all. */
      readonly regions: readonly Region[];
      readonly dev: boolean;
    }
  | { readonly type: "not-configured"; readonly reason: string };

let known: { readonly env: Env; readonly deployment: Deployment } | null = null;

export function deploymentOf(env: Env): Deployment {
  if (known === null || known.env !== env) known = { env, deployment: readDeployment(env) };
  return known.deployment;
}

export function readDeployment(
  env: Pick<Env, "HOLDFAST_ROOT_TOKEN" | "HOLDFAST_REGIONS" | "HOLDFAST_DEV">,
): Deployment {
  // A secret that was piped in may end in a line feed, which no header can carry.
  const token = env.HOLDFAST_ROOT_TOKEN?.trim() ?? "";
  if (token === "") {
    return {
      type: "not-configured",
      reason:
        "the secret HOLDFAST_ROOT_TOKEN is not set: `wrangler secret put HOLDFAST_ROOT_TOKEN`",
    };
  }
  const parsed = parseRegions(env.HOLDFAST_REGIONS ?? REGIONS_DEFAULT);
  if (parsed.type === "malformed") {
    return {
      type: "not-configured",
      reason: `the variable HOLDFAST_REGIONS is not right: ${parsed.reason}`,
    };
  }
  return {
    type: "configured",
    rootToken: new TextEncoder().encode(token),
    regions: parsed.regions,
    dev: env.HOLDFAST_DEV === "1",
  };
}
