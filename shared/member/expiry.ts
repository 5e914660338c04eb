/**
 * Time to live: a key is gone when the log says so.
 *
 * A key found overdue is removed by an entry like any other write, so every reader, replica and watch sees
 * it go at the same index. Whoever comes upon it first appends that entry: a reader, a writer, the alarm.
 */
import {
  CLOCKS_APART_MS,
  EXPIRY_KEYS_MAX,
  RECOVERY_PAUSE_MS,
  RECOVERY_PAUSE_MS_MAX,
} from "../limits.ts";
import { isInternal } from "../lock/key.ts";
import { countedMs, lockIn } from "../lock/lock.ts";
import { planted } from "../planted.ts";
import { entryAtTail } from "../raft/leader.ts";
import { BLOCK_BORN } from "../raft/term.ts";
import type { Entry, StoredRecord } from "../store/entry.ts";
import { addMs, type Instant, logIndex, ms, msBetween } from "../types.ts";
import { nextCheck } from "./fan-out.ts";
import type { Output } from "./output.ts";
import type { MemberState } from "./state.ts";

/**
 * When a record's time to live ends, for the leader.
 *
 * A key's own time says so, whichever leader's clock it was. A lock's passes on only when one clock has counted it out (K2).
 * What another leader granted is counted anew from when this one won its block, as etcd extends its leases at an election;
 * what was granted, or won, in an earlier life of this object, a while longer, for its machine may have been another.
 */
export function endsAt(state: MemberState, record: StoredRecord): Instant | null {
  if (record.expiresAt === null || !isInternal(record.key)) return record.expiresAt;
  const { leadership } = state.raft;
  if (leadership !== null && record.revision > leadership.baseIndex) return record.expiresAt;
  const since = foreignSince(state, record);
  const lock = lockIn(record);
  if (since === null || lock === null || planted("lock-ends-by-foreign-clock")) {
    return addMs(record.expiresAt, CLOCKS_APART_MS);
  }
  const end = addMs(since, countedMs(lock.ttlMs));
  return leadership?.resumed === false ? end : addMs(end, CLOCKS_APART_MS);
}

/** From when on what another leader granted is counted; null for what this one did, or was born with. */
function foreignSince(
  { store, raft, startedAt }: MemberState,
  { revision }: StoredRecord,
): Instant | null {
  const { wonAt, won } = store.hardState;
  if (won === BLOCK_BORN || raft.leadership?.block === BLOCK_BORN) return null;
  // Where the win does not say when it was, it was no later than this life began.
  if (wonAt === undefined || wonAt.block !== won) return startedAt;
  return revision <= wonAt.index ? wonAt.at : null;
}

export function isOverdue(state: MemberState, record: StoredRecord | null, now: Instant): boolean {
  if (record === null || record.expiresAt === null) return false;
  const end = endsAt(state, record);
  return end !== null && end <= now;
}

/** Whether a transaction, or a write of keys, has to remove a key first. A lock only gives way to who wants it. */
export const expiresFirst = (state: MemberState, key: string, now: Instant): boolean =>
  !isInternal(key) && isOverdue(state, state.tail.record(key), now);

/** The locks whose time is over, and when the next one's is. */
export function locksOver(
  state: MemberState,
  now: Instant,
): { readonly over: string[]; readonly next: Instant | null } {
  const over: string[] = [];
  const later: (Instant | null)[] = [];
  for (const record of state.store.locks()) {
    if (isOverdue(state, record, now)) over.push(record.key);
    else later.push(endsAt(state, record));
  }
  return { over, next: earliest(later) };
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
      // The alarm may ring in another life, which counts a while longer.
      due.push(
        isInternal(effect.key) ? addMs(effect.expiresAt, CLOCKS_APART_MS) : effect.expiresAt,
      );
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
  earliest([
    state.store.nextExpiry(0 as Instant),
    ...state.store.locks().map((record) => endsAt(state, record)),
    nextRecovery(state, 0 as Instant),
  ]);

/** Sets the alarm of a member that has just become leader: the one before it may never ring. */
export function armAlarm(state: MemberState, now: Instant, output: Output): void {
  const next = earliest([nextDue(state), nextCheck(state, now)]);
  if (next === null) return;
  state.alarmAt = next;
  output.alarm = next;
}
