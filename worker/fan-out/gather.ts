/**
 * A batch of the queue, gathered by who is to take it in: a call for each region's replica of each namespace, whatever
 * came for how many groups. All of it pure.
 */
import type { FanOut, FanOutMessage, FeedEntry, ReplicaRef } from "../../shared/replica/feed.ts";
import { replicaName } from "../../shared/replica/name.ts";

/** What one region's replica is called with. */
export interface Delivery {
  /** Names the replica across namespaces. */
  readonly name: string;
  readonly ref: ReplicaRef;
  readonly batch: readonly FanOut[];
  /** The messages that it carries, by their places. */
  readonly places: readonly number[];
}

/** Messages that this code can read; null stands for one that it cannot. */
export function readMessage(body: unknown): FanOutMessage | null {
  const message = body as Partial<FanOutMessage> | null;
  const isOurs = typeof message === "object" && message?.version === 1;
  return isOurs ? (message as FanOutMessage) : null;
}

/**
 * A delivery for each replica that any message is for. Of each group there is one part, with its entries in order, each
 * once; a message without entries says only how far the group is.
 */
export function gather(messages: readonly (FanOutMessage | null)[]): Delivery[] {
  const deliveries = new Map<string, { ref: ReplicaRef; places: number[] }>();
  for (const [place, message] of messages.entries()) {
    if (message === null) continue;
    const { namespace } = message;
    for (const self of namespace.replicas) {
      const name = replicaName(namespace.namespace, self);
      const known = deliveries.get(name);
      if (known !== undefined) known.places.push(place);
      else deliveries.set(name, { ref: { ...namespace, self }, places: [place] });
    }
  }
  // Regions of a namespace mostly take in the same: what is merged for one is merged for all.
  const merged = new Map<string, readonly FanOut[]>();
  return [...deliveries].map(([name, { ref, places }]) => {
    const of = `${ref.namespace}/${places.join()}`;
    const batch = merged.get(of) ?? merge(places.map((place) => messages[place]).filter(isThere));
    merged.set(of, batch);
    return { name, ref, batch, places };
  });
}

/** The same without what it carries: who is called so looks for itself. */
export const asNotices = (messages: readonly (FanOutMessage | null)[]) =>
  messages.map((message) => message && { ...message, entries: [] });

function merge(messages: readonly FanOutMessage[]): FanOut[] {
  const groups = new Map<string, FanOutMessage[]>();
  for (const message of messages) {
    const known = groups.get(message.group);
    if (known === undefined) groups.set(message.group, [message]);
    else known.push(message);
  }
  return [...groups].map(([group, parts]) => {
    const entries = new Map<number, FeedEntry>();
    let { through } = parts[0] as FanOutMessage;
    for (const part of parts) {
      if (part.through > through) through = part.through;
      for (const entry of part.entries) entries.set(entry.index, entry);
    }
    const inOrder = [...entries.values()].sort((one, other) => one.index - other.index);
    return { group, entries: inOrder, through };
  });
}

const isThere = (message: FanOutMessage | null | undefined): message is FanOutMessage =>
  message !== null && message !== undefined;
