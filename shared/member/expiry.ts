/**
 * Time to live: a key is gone when the log says so.
 *
 * A key found overdue is removed by an entry like any other write, so every reader, replica and watch sees
 * it go at the same index. Whoever comes upon it first appends that entry: a reader, a writer, the alarm.
 */
import { EXPIRY_KEYS_MAX, RECOVERY_PAUSE_MS, RECOVERY_PAUSE_MS_MAX } from "../limits.ts";
import { isInternal } from "../lock/key.ts";
import { countedMs, lockIn } from "../lock/lock.ts";
import { planted } from "../planted.ts";
import { entryAtTail } from "../raft/leader.ts";
import type { Entry, StoredRecord } from "../store/entry.ts";
import { addMs, type Instant, logIndex, ms, msBetween } from "../types.ts";
import { nextCheck } from "./fan-out.ts";
import type { Output } from "./output.ts";
import type { MemberState } from "./state.ts";

/**
 * When a record's time to live ends, for the leader.
 *
 * A key's own time says so, whichever leader's clock it was. A lock's passes on only when one clock has counted it out:
 * what another leader granted is counted anew from when this one won its block, as etcd extends its leases at an election
 * (K2).
 */
export function endsAt({ store }: MemberState, record: StoredRecord): Instant | null {
  const { wonAt } = store.hardState;
  const foreign = wonAt !== undefined && record.revision <= wonAt.index;
  if (!foreign || !isInternal(record.key) || planted("lock-ends-by-foreign-clock")) {
    return record.expiresAt;
  }
  const lock = lockIn(record);
  return lock === null ? null : addMs(wonAt.at, countedMs(lock.ttlMs));
}

export function isOverdue(state: MemberState, record: StoredRecord | null, now: Instant): boolean {
  if (record === null || record.expiresAt === null) return false;
  const end = endsAt(state, record);
  return end !== null && end <= now;
}

/** Keys that the store's own clocks call overdue: those that are, and when the next lock among the others ends. */
export function overdueKeys(
  state: MemberState,
  now: Instant,
): { readonly ripe: string[]; readonly next: Instant | null } {
  const ripe: string[] = [];
  const later: (Instant | null)[] = [];
  for (const key of state.store.overdue(now, EXPIRY_KEYS_MAX)) {
    const record = isInternal(key) ? state.tail.record(key) : null;
    if (record === null || isOverdue(state, record, now)) ripe.push(key);
    else later.push(endsAt(state, record));
  }
  return { ripe, next: earliest(later) };
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
export function nextAlarm(
  state: MemberState,
  entries: readonly Entry[],
  now: Instant,
): Instant | null {
  const check = nextCheck(state, now);
  const due: Instant[] = check === null ? [] : [check];
  for (const entry of entries) {
    for (const effect of entry.effects) {
      if (effect.type !== "put" || effect.expiresAt === null) continue;
      due.push(effect.expiresAt);
    }
    for (const effect of entry.transaction ?? []) {
      const forgotten = planted("nobody-recovers");
      if (effect.type === "vote" && !forgotten) due.push(effect.recoverAt);
    }
  }
  const wanted = earliest(due);
  if (wanted === null) return null;
  const known = state.alarmAt ?? nextDue(state);
  const alarm = known !== null && known < wanted ? known : wanted;
  return alarm === state.alarmAt ? null : alarm;
}

/** When the alarm asks for the outcomes of open votes; of those it has asked for just now, a while later. */
export function nextRecovery({ tail, store, raft }: MemberState, now: Instant): Instant | null {
  const times = tail.openVotes.all().map(({ effect: { recoverAt } }) => {
    if (recoverAt > now) return recoverAt;
    return againAfter(recoverAt, now);
  });
  // A resolution that no quorum has yet is sent again as the alarm rings.
  const committed = logIndex(Math.min(raft.commitIndex, store.lastIndex));
  const uncommitted = tail.openVotes.size === 0 && store.oldestOpen(committed) !== null;
  return earliest(uncommitted && now > 0 ? [againAfter(store.lastAt, now)] : times);
}

/** The longer nobody answers, the more rarely it is asked. */
function againAfter(since: Instant, now: Instant): Instant {
  const pauseMs = Math.min(msBetween(since, now), RECOVERY_PAUSE_MS_MAX);
  return addMs(now, ms(Math.max(RECOVERY_PAUSE_MS, pauseMs)));
}

export function earliest(times: readonly (Instant | null)[]): Instant | null {
  let first: Instant | null = null;
  for (const time of times) if (time !== null && (first === null || time < first)) first = time;
  return first;
}

/** What an alarm should stand for, whatever has been due already. */
const nextDue = (state: MemberState): Instant | null =>
  earliest([state.store.nextExpiry(0 as Instant), nextRecovery(state, 0 as Instant)]);

/** Sets the alarm of a member that has just become leader: the one before it may never ring. */
export function armAlarm(state: MemberState, now: Instant, output: Output): void {
  const next = earliest([nextDue(state), nextCheck(state, now)]);
  if (next === null) return;
  state.alarmAt = next;
  output.alarm = next;
}
