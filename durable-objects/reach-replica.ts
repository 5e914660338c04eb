/**
 * How a replica is reached: as an object of this deployment's one namespace, created in its region, or, where its region is
 * a process of its own (`npm run cluster`), through that region's gate.
 */
import type { FanOut, ReplicaRef } from "../shared/replica/feed.ts";
import { replicaName } from "../shared/replica/name.ts";
import type {
  GroupPageAnswer,
  GroupPageRequest,
  ReplicaList,
  ReplicaListAnswer,
  ReplicaRead,
  ReplicaReadAnswer,
  ReplicaStatus,
} from "../shared/replica/request.ts";
import type { GroupIndex } from "../shared/replica/store.ts";
import type { LogIndex } from "../shared/types.ts";
import type { Gates } from "./reach.ts";
import type { Replica } from "./replica.ts";

/** A replica as it is called from afar. What it answers is plain data, with nothing to dispose of. */
export interface RemoteReplica {
  apply(ref: ReplicaRef, batch: readonly FanOut[]): Promise<GroupIndex[]>;
  notice(ref: ReplicaRef, group: string, through: LogIndex): Promise<LogIndex>;
  read(ref: ReplicaRef, read: ReplicaRead): Promise<ReplicaReadAnswer>;
  list(ref: ReplicaRef, list: ReplicaList): Promise<ReplicaListAnswer>;
  status(ref: ReplicaRef, groups: readonly string[]): Promise<ReplicaStatus>;
  page(ref: ReplicaRef, request: GroupPageRequest): Promise<GroupPageAnswer>;
  /** Opens a watcher's socket. */
  fetch(request: Request): Promise<Response>;
}

/** The bindings through which replicas are reached. */
export interface Replicas extends Gates {
  readonly REPLICA: DurableObjectNamespace<Replica>;
}

/** The replica `ref.self` of the namespace. For one call only: after an error a stub may stay broken. */
export function replicaIn(replicas: Replicas, { namespace, self }: ReplicaRef): RemoteReplica {
  const gate = replicas[`REGION_${self}`];
  if (gate !== undefined) return gate;
  return replicas.REPLICA.getByName(replicaName(namespace, self), {
    locationHint: self as DurableObjectLocationHint,
  }) as unknown as RemoteReplica;
}
