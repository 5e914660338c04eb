/**
 * The queue's consumer: what leaders committed goes to every region's replica, one call a region and batch.
 *
 * A message is done with when every region has taken it in; until then it is brought again, to all of them, since a
 * repeat is harmless. Nothing rests on it: leaders ask the replicas themselves whether they have everything (F2).
 */
import { replicaIn } from "../../durable-objects/reach-replica.ts";
import { within } from "../../durable-objects/within.ts";
import type { FanOutMessage } from "../../shared/replica/feed.ts";
import type { Instant } from "../../shared/types.ts";
import type { Env } from "../context.ts";
import { countDeadLetters, countFanOut, countObjectCalls } from "../metrics.ts";
import { APPLY_PATIENCE_MS, APPLY_REST_MS, APPLY_RETRY_SECONDS } from "../replicas/limits.ts";
import { Rests } from "../rests.ts";
import { asNotices, type Delivery, gather, readMessage } from "./gather.ts";

/** The queue of messages that came to nothing, as wrangler.toml names it. */
export const DEAD_LETTERS = "holdfast-fanout-dead";

const rests = new Rests(APPLY_REST_MS);

export async function consume(batch: MessageBatch<unknown>, env: Env): Promise<void> {
  const messages = batch.messages.map(({ body }) => readMessage(body));
  if (batch.queue === DEAD_LETTERS) await bury(batch, messages, env);
  else await deliver(batch, messages, env);
}

async function deliver(
  batch: MessageBatch<unknown>,
  messages: readonly (FanOutMessage | null)[],
  env: Env,
): Promise<void> {
  const failed = await applyAll(env, gather(messages));
  const missed = new Set(failed.flatMap(({ places }) => places));
  countFanOut(batch.messages.length, failed.length);
  for (const [place, message] of batch.messages.entries()) {
    // What this code cannot read, newer code can, and both run side by side for minutes in a deployment.
    if (missed.has(place) || messages[place] === null) {
      message.retry({ delaySeconds: APPLY_RETRY_SECONDS });
    } else message.ack();
  }
}

/** The replicas are told to look for themselves, once; whoever cannot be told is asked by the group's own alarm. */
async function bury(
  batch: MessageBatch<unknown>,
  messages: readonly (FanOutMessage | null)[],
  env: Env,
): Promise<void> {
  const failed = await applyAll(env, gather(asNotices(messages)));
  countDeadLetters(batch.messages.length);
  console.error(
    JSON.stringify({
      message: "the queue gave messages up; their groups' replicas were told to fetch",
      count: batch.messages.length,
      unreadable: messages.filter((message) => message === null).length,
      unreached: failed.map(({ name }) => name),
    }),
  );
  batch.ackAll();
}

/** Brings messages once, and leaves it at that. */
export async function bring(messages: readonly FanOutMessage[], env: Env): Promise<void> {
  const failed = await applyAll(env, gather(messages));
  countFanOut(messages.length, failed.length);
}

/** Calls each region once, all at the same time. Gives those that did not take it in. */
async function applyAll(env: Env, deliveries: readonly Delivery[]): Promise<Delivery[]> {
  const taken = await Promise.all(deliveries.map((delivery) => apply(env, delivery)));
  return deliveries.filter((_, at) => !taken[at]);
}

async function apply(env: Env, { name, ref, batch }: Delivery): Promise<boolean> {
  // No wait for a region that was silent a moment ago: that would hold up the batches behind this one.
  if (rests.rests(name, Date.now() as Instant)) return false;
  countObjectCalls(1);
  try {
    await within(APPLY_PATIENCE_MS, replicaIn(env, ref).apply(ref, batch));
    rests.answered(name);
    return true;
  } catch (fault) {
    rests.gaveNoWord(name, Date.now() as Instant);
    console.error(
      JSON.stringify({
        message: "a replica did not take a batch in",
        namespace: ref.namespace,
        region: ref.self,
        fault: String(fault),
      }),
    );
    return false;
  }
}
