/**
 * The Worker's entry: requests go to the app, the queue's batches to their consumer; the Durable Objects' classes live
 * in the same bundle.
 */
import { createApp } from "./app.ts";
import type { Env } from "./context.ts";
import { acrossOrigins } from "./cross-origin.ts";
import { consume } from "./fan-out/consumer.ts";
import { answerAtOnce } from "./routes/keys/at-once.ts";

export { Member } from "../durable-objects/member.ts";
export { Namespace } from "../durable-objects/namespace.ts";
export { Replica } from "../durable-objects/replica.ts";
export { LocalQueue } from "./local-queue.ts";
export { RegionGate } from "./region-gate.ts";

const app = createApp();

export default {
  fetch: acrossOrigins(
    (request, env, ctx) => answerAtOnce(request, env, app) ?? app.fetch(request, env, ctx),
  ),
  queue: (batch, env) => consume(batch, env),
} satisfies ExportedHandler<Env>;
