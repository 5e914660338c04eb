/**
 * Compaction: what the history window no longer needs goes, a bounded piece at a time.
 *
 * It rides on writes: a group that nobody writes to has nothing new to forget, and an idle group sets no alarm
 * (L3).
 */
import { COMPACTION_ENTRIES_MAX, IDEMPOTENCY_MS, REQUEST_COPY_MS } from "../limits.ts";
import { planted } from "../planted.ts";
import type { Write } from "../store/write.ts";
import { addMs, type Instant, type LogIndex, logIndex, type Ms, previousIndex } from "../types.ts";
import type { MemberState } from "./state.ts";

/** How often an incarnation looks for something to compact, as a part of the history window. */
const CHECKS_PER_WINDOW = 10;

const before = (now: Instant, age: Ms): Instant => (now - age) as Instant;

/** The writes that compact what is due; empty nearly always. */
export function compaction(state: MemberState, now: Instant): Write[] {
  if (now < state.compactAfter) return [];
  const { store, raft } = state;
  // Request ids are looked up in the log, so it never forgets them before their last copy is gone.
  const windowMs = planted("compacted-early") ? state.historyMs / 20 : state.historyMs;
  const keepMs = Math.max(windowMs, REQUEST_COPY_MS) as Ms;
  state.compactAfter = addMs(now, (keepMs / CHECKS_PER_WINDOW) as Ms);
  const due = dueIndex(state, keepMs, now);
  if (due === null) return [];
  const most = store.baseIndex + COMPACTION_ENTRIES_MAX;
  // A vote stays in the log until its resolution is committed: whoever leads next finds it there.
  // What this turn appends is not there yet, though the commit index may reach into it.
  const open = store.oldestOpen(logIndex(Math.min(raft.commitIndex, store.lastIndex)));
  const closed = open === null ? raft.commitIndex : previousIndex(open);
  const through = logIndex(Math.min(due, closed, most));
  if (through <= store.baseIndex) return [];
  if (through === most) state.compactAfter = now;
  return [
    { type: "compact", through },
    { type: "forget-answers", before: before(now, IDEMPOTENCY_MS) },
  ];
}

/**
 * What is older than the window goes, once every follower has it: one that is away is waited for as long
 * again, and then has to be sent a snapshot.
 */
function dueIndex({ store, raft }: MemberState, keepMs: Ms, now: Instant): LogIndex | null {
  const due = store.lastIndexBefore(before(now, keepMs));
  if (due === null || raft.leadership === null) return due;
  const held = [...raft.leadership.progress.values()].map((progress) => progress.match);
  const awaited = store.lastIndexBefore(before(now, (2 * keepMs) as Ms)) ?? store.baseIndex;
  return logIndex(Math.max(awaited, Math.min(due, ...held)));
}
