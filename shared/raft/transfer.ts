/**
 * Hand-over: a leader gives its block up to a named follower that has all it has, with no wait.
 *
 * Source: Ongaro's thesis §3.10. Nothing new is appended while it lasts. "Given up" is durable before the permission
 * leaves: this member never again holds a lease in the block, nor resumes it, over restarts too. The permission
 * names this leader and the block, and releases only promises made to it in that block.
 */
import { TRANSFER_MS } from "../limits.ts";
import { planted } from "../planted.ts";
import type { LogView } from "../store/view.ts";
import { addMs, type Instant, type Region } from "../types.ts";
import type { HardState } from "./hard-state.ts";
import { answeredSince } from "./lease.ts";
import type { Outbox } from "./outbox.ts";
import type { RaftState } from "./state.ts";

/** Begins to hand over to `to`, one of the followers. */
export function beginTransfer(raft: RaftState, to: Region, now: Instant): void {
  if (raft.leadership === null || !raft.leadership.progress.has(to)) return;
  raft.leadership.transfer = { to, since: now, until: addMs(now, TRANSFER_MS) };
  raft.leadership.renewAgainAt = now;
}

/** Completes a hand-over whose follower has everything, or gives one up whose time is over. True when this ended it. */
export function moveTransfer(
  raft: RaftState,
  hard: HardState,
  log: Pick<LogView, "lastIndex">,
  now: Instant,
  outbox: Outbox,
): boolean {
  const { leadership, config } = raft;
  if (leadership === null || leadership.transfer === null) return false;
  const { to, since, until } = leadership.transfer;
  const complete = leadership.progress.get(to)?.match === log.lastIndex;
  if (complete && answeredSince(leadership, to, since) && raft.commitIndex === log.lastIndex) {
    outbox.writes.push({ type: "hard-state", state: { ...hard, gaveUp: leadership.block } });
    const early = planted("permission-before-durable");
    (early ? outbox.sends : outbox.sendsOnceDurable).push({
      to,
      message: { type: "hand-over", permission: { from: config.self, block: leadership.block } },
    });
    if (planted("lease-after-hand-over")) leadership.transfer = null;
    else raft.leadership = null;
    raft.heir = { region: to, until: addMs(now, config.leaseMs) };
    return true;
  }
  if (now < until) return false;
  leadership.transfer = null;
  return true;
}
