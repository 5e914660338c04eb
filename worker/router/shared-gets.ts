/**
 * Strong reads of one key that travel together are one read.
 *
 * All of them were asked before the call was made and are answered after it, so the instant at which the leader
 * answers lies within each; any of them could have been the one that asked (linearizability is local to that
 * interval). On a hot key this is what makes reads cheap.
 */
import type { GroupRequest } from "../../shared/member/request.ts";

export interface Shared {
  readonly requests: readonly GroupRequest[];
  /** For each of the requests that were put in, its place among `requests`. */
  readonly places: readonly number[];
}

export function shareGets(all: readonly GroupRequest[]): Shared {
  const requests: GroupRequest[] = [];
  const places: number[] = [];
  const gets = new Map<string, number>();
  for (const request of all) {
    const name = request.type === "get" ? `${request.revision ?? ""}/${request.key}` : null;
    const known = name === null ? undefined : gets.get(name);
    places.push(known ?? requests.length);
    if (known !== undefined) continue;
    if (name !== null) gets.set(name, requests.length);
    requests.push(request);
  }
  return { requests, places };
}
