/** A leader's way to its namespace's replicas: into the queue, and directly for the question how far they are. */
import type { Ports } from "../shared/host/ports.ts";
import { NOTICE_MS, PEER_CALL_MS } from "../shared/limits.ts";
import type { GroupRef } from "../shared/member/request.ts";
import type { FanOutMessage } from "../shared/replica/feed.ts";
import { across } from "./outage.ts";
import { type Replicas, replicaIn } from "./reach-replica.ts";
import { within } from "./within.ts";

/** The bindings that feeding replicas needs. */
export interface Feeders extends Replicas {
  readonly FANOUT: Queue<FanOutMessage>;
}

/** Undefined where the namespace has no replicas. */
export function fanOutPort(feeders: Feeders, group: GroupRef): Ports["replicas"] {
  const { replicas = [], members, historyMs, self } = group;
  if (replicas.length === 0) return undefined;
  const namespace = { namespace: group.namespace, members, replicas, historyMs };
  return {
    // A process that has no queue (plain workerd) fails here, and the alarm feeds its replicas.
    send: async (message) => {
      // Values are bytes, which JSON does not carry.
      const sent = feeders.FANOUT.send(
        { version: 1, namespace, ...message },
        { contentType: "v8" },
      );
      await within(PEER_CALL_MS, sent);
    },
    notice: async (region, through) => {
      const ref = { ...namespace, self: region };
      const call = () => replicaIn(feeders, ref).notice(ref, group.group, through);
      return within(NOTICE_MS, Promise.resolve(across(self, call)));
    },
  };
}
