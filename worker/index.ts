/** The Worker's entry: requests go to the app; the Durable Objects' classes live in the same bundle. */
import { createApp } from "./app.ts";
import type { Env } from "./context.ts";

export { Member } from "../durable-objects/member.ts";
export { Namespace } from "../durable-objects/namespace.ts";
export { RegionGate } from "./region-gate.ts";

const app = createApp();

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
} satisfies ExportedHandler<Env>;
