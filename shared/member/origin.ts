/**
 * Leaders move to their writers: one that sees most of its requests come from another member's region hands over to it.
 * Durable Objects by themselves stay for ever where they were first asked for.
 */
import { beginTransfer } from "../raft/transfer.ts";
import type { Instant, Region } from "../types.ts";
import type { MemberState } from "./state.ts";

export interface Origins {
  total: number;
  readonly byRegion: Map<Region, number>;
}

/** Requests after which it is decided anew whether to move: enough that a few strangers move nothing. */
const DECIDE_AFTER = 128;

/** The share of them that must come from one other region. */
const MAJORITY = 0.75;

export function noteOrigin({ origins, raft }: MemberState, nearest: Region | undefined): void {
  if (nearest === undefined || raft.config.members.length === 1) return;
  origins.total += 1;
  origins.byRegion.set(nearest, (origins.byRegion.get(nearest) ?? 0) + 1);
}

/** Begins a hand-over where most requests of the last window came from one other region. */
export function moveToOrigin(state: MemberState, now: Instant): void {
  const { origins, raft } = state;
  if (origins.total < DECIDE_AFTER) return;
  const needed = origins.total * MAJORITY;
  const [home] = [...origins.byRegion].find(([, count]) => count >= needed) ?? [];
  origins.total = 0;
  origins.byRegion.clear();
  if (home === undefined || home === raft.config.self || raft.leadership?.transfer) return;
  beginTransfer(raft, home, now);
}
