/** The group that a URL names. */
import { groupOf } from "../../../shared/group.ts";
import { faultyName, nameAt, nameBeforeLast } from "../path-name.ts";

/** The group of `/v1/{ns}/groups/{group}`: all that follows. */
export const groupAt = (url: string): string => ownGroup(nameAt(url, "group"));

/** The group of `/v1/{ns}/groups/{group}/leader`: what stands before the last slash. */
export const groupAtLeader = (url: string): string => ownGroup(nameBeforeLast(url, "group"));

function ownGroup(group: string): string {
  if (groupOf(group) === group) return group;
  const its = JSON.stringify(groupOf(group));
  throw faultyName("group", `names no group: a key like this one is in ${its}`);
}
