/** The client, with the service inside this runtime as its fetcher: as a Worker has it by a service binding. */
import { exports } from "cloudflare:workers";
import { Holdfast, type HoldfastOptions } from "../../client/index.ts";
import { ROOT_TOKEN } from "./service.ts";

/** The service as a binding gives it. */
export const binding = (exports as unknown as { default: Fetcher }).default;

export const connect = (options: Partial<HoldfastOptions> = {}): Holdfast =>
  new Holdfast({ fetch: binding, token: ROOT_TOKEN, ...options });
