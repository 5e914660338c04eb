/** The service for the examples' tests: the real Worker, inside of its own runtime, as a service binding has it. */
import { exports } from "cloudflare:workers";
import { Holdfast, type HoldfastOptions, type NamespaceSettings } from "@holdfast/client";

export const service = (exports as unknown as { readonly default: Fetcher }).default;

export const connect = (options: Partial<HoldfastOptions> = {}): Holdfast =>
  new Holdfast({ url: "http://holdfast.test", fetch: service, token: "dev", ...options });

let namespaces = 0;

/** Creates a namespace that no other test of the file has, and gives its name. */
export async function freshNamespace(settings: NamespaceSettings = {}): Promise<string> {
  const name = `example-${++namespaces}`;
  await connect().namespaces.create(name, settings);
  return name;
}

/** Makes a region's replica and members unreachable, as if it had failed, or well again. */
export async function setRegion(region: string, state: "up" | "down"): Promise<void> {
  const { ok, status } = await service.fetch(`http://holdfast.test/dev/regions/${region}`, {
    method: "PUT",
    headers: { Authorization: "Bearer dev", "Content-Type": "application/json" },
    body: JSON.stringify({ state }),
  });
  if (!ok) throw new Error(`region ${region} was not made ${state}: ${status}`);
}
