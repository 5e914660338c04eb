/** A group's member as calls name it, and the log line of one that failed. */
import type { GroupRef } from "../../shared/member/request.ts";
import type { NamespaceConfig } from "../../shared/namespace.ts";
import type { Region } from "../../shared/types.ts";

export function memberRef(
  { name: namespace, regions: members, replicaRegions: replicas, historyMs }: NamespaceConfig,
  group: string,
  self: Region,
): GroupRef {
  return { namespace, group, members, self, historyMs, replicas };
}

export function logMemberFault({ namespace, group, self }: GroupRef, fault: unknown): void {
  console.error(
    JSON.stringify({ message: "a member failed", namespace, group, self, fault: String(fault) }),
  );
}
