/** An entry that does something to a transaction, and to no key at once. */
import { entryAtTail } from "../raft/leader.ts";
import type { Idempotency } from "../store/entry.ts";
import type { TransactionEffect } from "../transaction/effects.ts";
import { requestIdOf } from "../transaction/request.ts";
import type { Instant, LogIndex, TransactionId } from "../types.ts";
import type { MemberState } from "./state.ts";

/** Appends it. Only a leader may, and while no hand-over is under way. */
export function appendEffects(
  { raft, tail }: MemberState,
  id: TransactionId,
  transaction: readonly TransactionEffect[],
  idempotency: Idempotency | null,
  now: Instant,
): LogIndex {
  if (raft.leadership === null) throw new Error("only a leader appends");
  const entry = entryAtTail(raft.leadership, tail, now, {
    request: requestIdOf(id),
    effects: [],
    outcome: null,
    idempotency,
    transaction,
  });
  tail.append(entry);
  return entry.index;
}
