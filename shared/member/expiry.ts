/**
 * Time to live: a key is gone when the log says so.
 *
 * A key found overdue is removed by an entry like any other write, so every reader, replica and watch sees
 * it go at the same index. Whoever comes upon it first appends that entry: a reader, a writer, the alarm.
 */
import { EXPIRY_KEYS_MAX } from "../limits.ts";
import { entryAtTail } from "../raft/leader.ts";
import type { Entry, StoredRecord } from "../store/entry.ts";
import type { Instant } from "../types.ts";
import type { Output } from "./output.ts";
import type { MemberState } from "./state.ts";

export function isOverdue(record: StoredRecord | null, now: Instant): boolean {
  return record !== null && record.expiresAt !== null && record.expiresAt <= now;
}

/** Appends the entries that remove `keys`; all of them are there and overdue. */
export function appendExpiry(state: MemberState, keys: readonly string[], now: Instant): void {
  const { leadership } = state.raft;
  if (leadership === null) return;
  for (let from = 0; from < keys.length; from += EXPIRY_KEYS_MAX) {
    state.tail.append(
      entryAtTail(leadership, state.tail, now, {
        request: null,
        effects: keys
          .slice(from, from + EXPIRY_KEYS_MAX)
          .map((key) => ({ type: "delete", key, expired: true })),
        outcome: null,
        idempotency: null,
      }),
    );
  }
}

/**
 * When the alarm must be set for, now that `entries` were appended; null where it stands right already.
 * A woken member does not know what its alarm is set for, so it looks for the earliest.
 */
export function nextAlarm(state: MemberState, entries: readonly Entry[]): Instant | null {
  let earliest: Instant | null = null;
  for (const entry of entries) {
    for (const effect of entry.effects) {
      if (effect.type !== "put" || effect.expiresAt === null) continue;
      if (earliest === null || effect.expiresAt < earliest) earliest = effect.expiresAt;
    }
  }
  if (earliest === null) return null;
  const known = state.alarmAt ?? state.store.nextExpiry(0 as Instant);
  const alarm = known !== null && known < earliest ? known : earliest;
  return alarm === state.alarmAt ? null : alarm;
}

/** Sets the alarm of a member that has just become leader: the one before it may never ring. */
export function armAlarm(state: MemberState, output: Output): void {
  const next = state.store.nextExpiry(0 as Instant);
  if (next === null) return;
  state.alarmAt = next;
  output.alarm = next;
}
