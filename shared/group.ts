/**
 * Which group a key belongs to, and how its members' objects are named.
 */
import { nameIn } from "./lock/key.ts";
import type { Region } from "./types.ts";

/**
 * The group of a key: the non-empty text between its first `{` and the next `}` (Redis Cluster's hash tag), or
 * the key itself. A lock's is that of its name.
 */
export function groupOf(keyOrInternal: string): string {
  const key = nameIn(keyOrInternal);
  const open = key.indexOf("{");
  if (open < 0) return key;
  const close = key.indexOf("}", open + 1);
  return close > open + 1 ? key.slice(open + 1, close) : key;
}

/** The name of a member's object. Neither a namespace nor a region contains a slash, so no two are alike. */
export function memberName(namespace: string, region: Region, group: string): string {
  return `${namespace}/${region}/${group}`;
}
