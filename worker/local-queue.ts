/**
 * A queue of one process, where the platform's is not to be had: what is put in is brought to every region's replica at
 * once, a message at a time, and is forgotten where that comes to nothing or the process ends. The leaders' alarms make
 * it good, as they do for any queue.
 *
 * Nobody reaches it without a binding to it, and no deployment binds it; only `npm run cluster` does, as `FANOUT`.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import type { FanOutMessage } from "../shared/replica/feed.ts";
import type { Env } from "./context.ts";
import { bring } from "./fan-out/consumer.ts";

export class LocalQueue extends WorkerEntrypoint<Env> {
  /** Takes a message, as a queue's binding does. */
  async send(message: FanOutMessage): Promise<void> {
    this.ctx.waitUntil(bring([message], this.env));
  }
}
