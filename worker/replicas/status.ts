/** How far each region's replica is, for operators. */
import { DESCRIBE_MS } from "../../shared/limits.ts";
import type { NamespaceConfig } from "../../shared/namespace.ts";
import type { GroupStatus, ReplicaStatus } from "../../shared/replica/request.ts";
import { type Instant, type LogIndex, type Ms, ORIGIN, type Region } from "../../shared/types.ts";
import type { Env } from "../context.ts";
import { askReplica, replicaRef } from "./ask-replica.ts";

export interface RegionStatus {
  readonly region: Region;
  readonly status: ReplicaStatus;
}

/** Those that answer within {@link DESCRIBE_MS}, in the namespace's order. */
export async function replicaStatuses(
  env: Env,
  namespace: NamespaceConfig,
  groups: readonly string[],
): Promise<RegionStatus[]> {
  const answers = await Promise.all(
    namespace.replicaRegions.map(async (region) => {
      const ref = replicaRef(namespace, region);
      const asked = await askReplica(env, ref, DESCRIBE_MS, (replica) =>
        replica.status(ref, groups),
      );
      return asked.answer && { region, status: asked.answer };
    }),
  );
  return answers.filter((answer) => answer !== null);
}

/** When the oldest entry was appended that a replica lacks; null where that is not known. */
export type LacksSince = (index: LogIndex) => Instant | null;

/**
 * How far a replica is behind in a group: the age of the oldest committed entry that it lacks, and nothing where it lacks
 * none. Where that entry is not known, what the replica proves is taken: it lacks nothing that is older than its newest
 * entry, nor than its proof of being current. Null where that says nothing.
 */
export function lagOf(
  { index, at, ageMs }: GroupStatus,
  committed: LogIndex,
  now: Instant,
  lacksSince: LacksSince,
): Ms | null {
  if (index >= committed) return 0 as Ms;
  const since = lacksSince(index);
  if (since === null && ageMs === null && index === ORIGIN) return null;
  const lagMs = since === null ? Math.min(now - at, ageMs ?? Infinity) : now - since;
  return Math.max(0, lagMs) as Ms;
}

/**
 * How far each region's newest entry is behind the newest of all that were asked. What nobody has it does not know; of a
 * namespace in which all replicas have everything it is zero, however long ago that was. Null where a replica has nothing
 * yet, and another has.
 */
export function lagsOf(statuses: readonly RegionStatus[]): (Ms | null)[] {
  const newest = Math.max(0, ...statuses.map(({ status }) => status.newestAt));
  return statuses.map(({ status: { newestAt } }) =>
    newestAt === 0 && newest > 0 ? null : ((newest - newestAt) as Ms),
  );
}
