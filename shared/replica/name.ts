/** How a replica's object is named. */
import type { Region } from "../types.ts";

/** Two parts, where a member's name has three: neither a namespace nor a region contains a slash. */
export const replicaName = (namespace: string, region: Region): string => `${namespace}/${region}`;
