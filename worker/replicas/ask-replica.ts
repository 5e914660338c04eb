/** Asking a region's replica: one call, waited for briefly, for there is always somebody else to ask. */
import { type RemoteReplica, replicaIn } from "../../durable-objects/reach-replica.ts";
import { within } from "../../durable-objects/within.ts";
import type { NamespaceConfig } from "../../shared/namespace.ts";
import type { ReplicaRef } from "../../shared/replica/feed.ts";
import { replicaName } from "../../shared/replica/name.ts";
import type { Instant, Ms, Region } from "../../shared/types.ts";
import type { Env } from "../context.ts";
import { countObjectCalls } from "../metrics.ts";
import { Rests } from "../rests.ts";
import { REPLICA_REST_MS } from "./limits.ts";

const rests = new Rests(REPLICA_REST_MS);

/** What came of it, and how many calls were made: none to a replica that was silent a moment ago. */
export interface Asked<Answer> {
  /** Null where there was no word. */
  readonly answer: Answer | null;
  readonly calls: 0 | 1;
}

const PASSED_OVER: Asked<never> = { answer: null, calls: 0 };

export async function askReplica<Answer>(
  env: Env,
  ref: ReplicaRef,
  patienceMs: Ms,
  ask: (replica: RemoteReplica) => Promise<Answer>,
): Promise<Asked<Answer>> {
  const name = replicaName(ref.namespace, ref.self);
  if (rests.rests(name, Date.now() as Instant)) return PASSED_OVER;
  countObjectCalls(1);
  try {
    const answer = await within(patienceMs, ask(replicaIn(env, ref)));
    rests.answered(name);
    return { answer, calls: 1 };
  } catch (fault) {
    rests.gaveNoWord(name, Date.now() as Instant);
    const { namespace, self } = ref;
    console.error(
      JSON.stringify({ message: "a replica failed", namespace, self, fault: String(fault) }),
    );
    return { answer: null, calls: 1 };
  }
}

export function replicaRef(
  { name: namespace, regions: members, replicaRegions: replicas, historyMs }: NamespaceConfig,
  self: Region,
): ReplicaRef {
  return { namespace, members, replicas, historyMs, self };
}
