/**
 * Fan-out: what was committed goes to the namespace's replicas, through a queue that may lose it. Source: DESIGN.md §7;
 * docs/protocols/replica.md.
 *
 * One message is under way at a time; what is committed meanwhile goes with the next. Whether it arrived nobody says:
 * the group's alarm asks every replica how far it is, which makes it fetch what it lacks, and rings again until all
 * have everything. A ring lasts until all have answered, since the platform repeats one that its object does not live
 * to end; so a burst of writes costs one alarm, one ring and one call a replica. Owns F2.
 */
import { assert } from "../assert.ts";
import {
  FAN_OUT_BYTES_MAX,
  FAN_OUT_CHECK_MS,
  FAN_OUT_CHECK_MS_MAX,
  FAN_OUT_LEASE_MS,
} from "../limits.ts";
import { planted } from "../planted.ts";
import { mayServeReads } from "../raft/lease.ts";
import { bytesOf, type FanOut, type FeedEntry } from "../replica/feed.ts";
import {
  addMs,
  type Instant,
  type LogIndex,
  ms,
  msBetween,
  nextIndex,
  ORIGIN,
  type Region,
} from "../types.ts";
import { replicaEntries } from "./feed.ts";
import type { Output } from "./output.ts";
import type { MemberState } from "./state.ts";

export interface FanOutState {
  replicas: readonly Region[];
  /** The last index that this life has handed to the queue, or found there when it began to lead. */
  sent: LogIndex;
  /** Whether a message is on its way into the queue. */
  sending: boolean;
  /** What each replica is known to have. */
  readonly confirmed: Map<Region, LogIndex>;
  /** Replicas that were asked and have not answered. */
  readonly asked: Set<Region>;
  /** The alarm's ring that is under way, which stands for whatever is written meanwhile; null between rings. */
  ring: Ring | null;
}

interface Ring {
  /** Whether the replicas are still to be asked, as soon as it is known what is committed. */
  due: boolean;
  /** How long that is waited for. */
  readonly until: Instant;
}

export const newFanOut = (replicas: readonly Region[], lastIndex: LogIndex): FanOutState => ({
  replicas,
  sent: lastIndex,
  sending: false,
  confirmed: new Map(),
  asked: new Set(),
  ring: null,
});

/** Hands the queue what was committed since, asks the replicas where that is due, and ends a ring; as a turn ends. */
export function moveFanOut(state: MemberState, now: Instant, output: Output): void {
  const { fanOut, raft } = state;
  if (fanOut.replicas.length === 0) return;
  if (raft.leadership !== null && !fanOut.sending && raft.commitIndex > fanOut.sent) {
    const message = nextMessage(state);
    fanOut.sent = message.through;
    fanOut.sending = true;
    output.fanOut = message;
  }
  const { ring } = fanOut;
  if (ring === null) return;
  if (ring.due && knowsCommitted(state, now)) {
    ring.due = false;
    for (const region of behind(state)) {
      if (fanOut.asked.has(region)) continue;
      fanOut.asked.add(region);
      output.notices.push({ region, through: raft.commitIndex });
    }
  }
  const givenUp = raft.leadership === null || now >= ring.until;
  if (ring.due ? givenUp : fanOut.asked.size === 0) endRing(state, now, output);
}

/** Whether this leader knows how much of its log is committed: where all of it is, no round has to tell. */
const knowsCommitted = ({ raft, tail }: MemberState, now: Instant): boolean =>
  raft.leadership !== null && (raft.commitIndex >= tail.lastIndex || mayServeReads(raft, now));

/** Whether a ring of the alarm goes on. */
export const isRinging = ({ fanOut }: MemberState): boolean => fanOut.ring !== null;

/** When a ring gives up waiting to know what is committed. */
export const ringTimes = ({ fanOut: { ring } }: MemberState): Instant[] =>
  ring?.due === true ? [ring.until] : [];

/** As many entries as a message holds. One that is too large by itself is only pointed to. */
function nextMessage(state: MemberState): FanOut {
  const { fanOut, raft, group } = state;
  const from = nextIndex(fanOut.sent);
  const entries: FeedEntry[] = [];
  let bytes = 0;
  for (const entry of replicaEntries(state, from, raft.commitIndex) ?? []) {
    bytes += bytesOf([entry]);
    if (bytes > FAN_OUT_BYTES_MAX) break;
    entries.push(entry);
  }
  return { group, entries, through: entries.at(-1)?.index ?? raft.commitIndex };
}

function behind({ fanOut, raft }: MemberState): Region[] {
  return fanOut.replicas.filter((one) => (fanOut.confirmed.get(one) ?? ORIGIN) < raft.commitIndex);
}

/** The queue has taken a message, or has not: the alarm finds that out. */
export function onFanned({ fanOut }: MemberState): void {
  fanOut.sending = false;
  if (planted("queued-counts-as-arrived")) {
    for (const region of fanOut.replicas) fanOut.confirmed.set(region, fanOut.sent);
  }
}

/** A replica has said how far it is; null where it could not be asked. */
export function onNoticed({ fanOut }: MemberState, region: Region, index: LogIndex | null): void {
  fanOut.asked.delete(region);
  const known = fanOut.confirmed.get(region) ?? ORIGIN;
  if (index !== null && index > known) fanOut.confirmed.set(region, index);
}

/** The alarm rings: the replicas are asked, unless all are known to have everything. */
export function beginRing(state: MemberState, now: Instant): void {
  const { fanOut } = state;
  if (fanOut.ring !== null || isComplete(state) || planted("replicas-unasked")) return;
  fanOut.ring = { due: true, until: addMs(now, FAN_OUT_LEASE_MS) };
}

/** All have answered, or none can be asked: the alarm is set again, unless all have everything. */
function endRing(state: MemberState, now: Instant, output: Output): void {
  const { fanOut, tail } = state;
  fanOut.ring = null;
  if (isComplete(state)) return;
  // The longer nothing was written, the more rarely it is asked; a new life goes on where the last one was.
  const quietMs = Math.max(FAN_OUT_CHECK_MS, msBetween(tail.lastAt, now));
  const at = addMs(now, ms(Math.min(quietMs, FAN_OUT_CHECK_MS_MAX)));
  if (state.alarmAt !== null && state.alarmAt <= at) return;
  state.alarmAt = at;
  output.alarm = at;
}

const isComplete = ({ fanOut, tail }: MemberState): boolean =>
  fanOut.replicas.every((one) => (fanOut.confirmed.get(one) ?? ORIGIN) >= tail.lastIndex);

/** Whether there are replicas that somebody has to ask how far they are. */
export const isFollowed = ({ fanOut }: MemberState): boolean =>
  fanOut.replicas.length > 0 && !planted("replicas-unasked");

/** When the replicas are to be asked about what is appended at `now`; null where nobody has to be, or a ring does it. */
export const nextCheck = (state: MemberState, now: Instant): Instant | null =>
  isFollowed(state) && state.fanOut.ring === null ? addMs(now, FAN_OUT_CHECK_MS) : null;

/** No entry is appended without an alarm that asks the replicas for it, or the ring of one, which asks again. */
export function assertAsked(state: MemberState, now: Instant): void {
  if (!isFollowed(state) || state.fanOut.ring !== null) return;
  const { alarmAt } = state;
  const latest = addMs(now, FAN_OUT_CHECK_MS);
  const stands = alarmAt !== null && alarmAt <= latest;
  assert(stands, "F2", "an entry is appended that no alarm asks about", alarmAt, latest);
}
