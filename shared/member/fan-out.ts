/**
 * Fan-out: what was committed goes to the namespace's replicas, through a queue that may lose it. Source: DESIGN.md §7;
 * docs/protocols/replica.md.
 *
 * One message is under way at a time; what is committed meanwhile goes with the next. Whether it arrived nobody says:
 * the group's alarm asks every replica how far it is, which makes it fetch what it lacks, and goes on asking until
 * all have everything. A burst of writes costs one alarm and one call a replica. Owns F2.
 */
import { FAN_OUT_BYTES_MAX, FAN_OUT_CHECK_MS, FAN_OUT_CHECK_MS_MAX } from "../limits.ts";
import { planted } from "../planted.ts";
import { mayServeReads } from "../raft/lease.ts";
import { bytesOf, type FanOut, type FeedEntry } from "../replica/feed.ts";
import {
  addMs,
  type Instant,
  type LogIndex,
  type Ms,
  ms,
  msBetween,
  nextIndex,
  ORIGIN,
  type Region,
} from "../types.ts";
import { feedEntries } from "./feed.ts";
import type { Output } from "./output.ts";
import type { MemberState } from "./state.ts";

export interface FanOutState {
  readonly replicas: readonly Region[];
  /** The last index that this life has handed to the queue, or found there when it began to lead. */
  sent: LogIndex;
  /** Whether a message is on its way into the queue. */
  sending: boolean;
  /** What each replica is known to have. */
  readonly confirmed: Map<Region, LogIndex>;
  /** Replicas that were asked and have not answered. */
  readonly asked: Set<Region>;
  /** Whether the replicas are to be asked as soon as it is known what is committed. */
  due: boolean;
  /** Whether the alarm stands for asking them again, so that what is written meanwhile needs none of its own. */
  checking: boolean;
}

export const newFanOut = (replicas: readonly Region[], lastIndex: LogIndex): FanOutState => ({
  replicas,
  sent: lastIndex,
  sending: false,
  confirmed: new Map(),
  asked: new Set(),
  due: false,
  checking: false,
});

/** Hands the queue what was committed since, and asks the replicas where that is due; as a turn ends. */
export function moveFanOut(state: MemberState, now: Instant, output: Output): void {
  const { fanOut, raft } = state;
  if (fanOut.replicas.length === 0 || raft.leadership === null) return;
  if (!fanOut.sending && raft.commitIndex > fanOut.sent) {
    const message = nextMessage(state);
    fanOut.sent = message.through;
    fanOut.sending = true;
    output.fanOut = message;
  }
  if (fanOut.due && mayServeReads(raft, now)) {
    fanOut.due = false;
    for (const region of behind(state)) {
      if (fanOut.asked.has(region)) continue;
      fanOut.asked.add(region);
      output.notices.push({ region, through: raft.commitIndex });
    }
  }
}

/** As many entries as a message holds. One that is too large by itself is only pointed to. */
function nextMessage(state: MemberState): FanOut {
  const { fanOut, raft, group } = state;
  const from = nextIndex(fanOut.sent);
  const entries: FeedEntry[] = [];
  let bytes = 0;
  for (const entry of feedEntries(state, from, raft.commitIndex) ?? []) {
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

/**
 * The alarm rings: the replicas are asked, unless all are known to have everything. Gives when to ask again; null where
 * there is nothing left to ask.
 */
export function checkReplicas(state: MemberState, now: Instant): Instant | null {
  const { fanOut, raft, tail } = state;
  const complete = fanOut.replicas.every(
    (one) => (fanOut.confirmed.get(one) ?? ORIGIN) >= tail.lastIndex,
  );
  if (complete || raft.leadership === null || planted("replicas-unasked")) {
    fanOut.checking = false;
    return null;
  }
  fanOut.due = true;
  fanOut.checking = true;
  // The longer nothing was written, the more rarely it is asked; a new life goes on where the last one was.
  const quietMs = Math.max(FAN_OUT_CHECK_MS, msBetween(tail.lastAt, now));
  return addMs(now, ms(Math.min(quietMs, FAN_OUT_CHECK_MS_MAX)));
}

/** When the replicas are to be asked about what was appended at `now`; null where nobody has to be. */
export function nextCheck({ fanOut }: MemberState, now: Instant): Instant | null {
  if (fanOut.replicas.length === 0 || planted("replicas-unasked")) return null;
  if (fanOut.checking) return null;
  return addMs(now, FAN_OUT_CHECK_MS as Ms);
}
