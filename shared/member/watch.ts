/**
 * Watches at the leader: where one begins, what its watchers are sent as a turn ends, and when they are sent away.
 * Source: DESIGN.md §3; docs/protocols/watch.md.
 *
 * Only the leader serves them, for only it knows what is committed as soon as that is so. A group without watchers pays
 * nothing for them: not a query, not a message. What a watcher was sent outlives this memory with its socket (W1).
 */
import { planted } from "../planted.ts";
import type { TransactionEffect } from "../transaction/effects.ts";
import type { Revision } from "../types.ts";
import {
  addMs,
  type Instant,
  type LogIndex,
  logIndex,
  ms,
  nextIndex,
  ORIGIN,
  previousIndex,
} from "../types.ts";
import { WATCHERS_MAX } from "../watch/limits.ts";
import type { Amount, WatchChange, WatchEnd } from "../watch/message.ts";
import { formatPosition, nextEntry, type Position, through } from "../watch/position.ts";
import { advance, type ReadLog, type Watcher } from "../watch/watcher.ts";
import { take } from "../watch/window.ts";
import { feedEntries } from "./feed.ts";
import type { Output } from "./output.ts";
import { type Evaluated, receipt, refuse } from "./read.ts";
import { presumedLeader } from "./stand.ts";
import type { MemberState } from "./state.ts";

/** Names a watcher's socket, through all lives of the object that holds it. */
export type WatcherId = string;

/** Where a watch begins: with what comes from now on, with a revision, or behind a position. */
export type WatchStart =
  | { readonly type: "now" }
  | { readonly type: "revision"; readonly revision: Revision }
  | { readonly type: "behind"; readonly position: Position };

/** Asks a leader where a watch begins, and whether it can. */
export interface WatchRequest {
  readonly type: "watch";
  readonly start: WatchStart;
}

/** What to do with one watcher's socket. */
export interface WatcherOutput {
  readonly id: WatcherId;
  /** To be kept with the socket; null where it is closed. */
  readonly keep: Watcher | null;
  readonly changes: readonly WatchChange[];
  /** Told as the answer to a check. */
  readonly position: string | null;
  /** Set where the socket is to be closed. */
  readonly end: WatchEnd | null;
}

export interface Watching {
  readonly watchers: Map<WatcherId, Watcher>;
  /** Up to where all of them have been looked at, but for those in `due`. */
  seen: LogIndex;
  /** Those to be looked at though nothing was committed since. */
  readonly due: Set<WatcherId>;
}

export const newWatching = (): Watching => ({
  watchers: new Map(),
  seen: ORIGIN,
  due: new Set(),
});

/** A strong read: whatever anybody was told before the watch was asked for is at or below where it begins. */
export function answerWatch(state: MemberState, { start }: WatchRequest): Evaluated {
  const { raft, store } = state;
  const { commitIndex } = raft;
  // Where nothing else is read, a superseded instance must still be refused (L2).
  store.readTerm(commitIndex);
  if (start.type === "revision" && start.revision > nextIndex(commitIndex)) {
    return ahead(`revision ${start.revision}`, commitIndex);
  }
  const position = positionOf(start, commitIndex);
  if (position.index > commitIndex) {
    return ahead(`position ${formatPosition(position)}`, commitIndex);
  }
  const from = nextEntry(position);
  const oldest = from <= commitIndex ? oldestKept(state) : from;
  if (from < oldest) {
    if (planted("watch-skips-compacted")) return watching(state, through(previousIndex(oldest)));
    return refuse(
      "revision-compacted",
      `the oldest revision kept is ${oldest}, and ${from} was asked for`,
    );
  }
  return watching(state, position);
}

const watching = (state: MemberState, position: Position): Evaluated => ({
  type: "now",
  answer: { type: "watching", position, receipt: receipt(state, state.raft.commitIndex, 0) },
});

function positionOf(start: WatchStart, commitIndex: LogIndex): Position {
  if (start.type === "behind") return start.position;
  return through(start.type === "now" ? commitIndex : previousIndex(start.revision));
}

const ahead = (asked: string, commitIndex: LogIndex): Evaluated =>
  refuse("bad-request", `${asked} is ahead of the group, which is at ${commitIndex}`);

/** The first entry that can be shown: what a vote would change is told by the vote's own entry, which may be compacted. */
function oldestKept({ store, raft }: MemberState): LogIndex {
  const { baseIndex } = store;
  const first = nextIndex(baseIndex);
  if (first > store.lastIndex || planted("watch-overlooks-compacted-votes")) return first;
  const open = store.oldestOpen(first);
  const resolvesCompacted = (effects: readonly TransactionEffect[]): boolean =>
    effects.some((effect) => effect.type === "resolve" && effect.vote <= baseIndex);
  const straddles = open !== null && open <= baseIndex;
  if (!straddles && !resolvesCompacted(store.entryAt(first).transaction ?? [])) return first;
  let oldest = first;
  for (const { index, effects } of store.transactionEntries(first)) {
    if (index > raft.commitIndex) break;
    if (resolvesCompacted(effects)) oldest = nextIndex(index);
  }
  return oldest;
}

/** A socket was opened for a watch that a leader has answered. */
export function openWatcher(
  { watch }: MemberState,
  id: WatcherId,
  watcher: Watcher,
  output: Output,
): void {
  if (watch.watchers.size >= WATCHERS_MAX) {
    output.watchers.push(closed(id, { type: "crowded" }));
    return;
  }
  watch.watchers.set(id, watcher);
  watch.due.add(id);
}

export function closeWatcher({ watch }: MemberState, id: WatcherId): void {
  watch.watchers.delete(id);
  watch.due.delete(id);
}

/** A watcher's Worker says how much its client has taken. */
export function onTaken({ watch }: MemberState, id: WatcherId, amount: Amount): void {
  const watcher = watch.watchers.get(id);
  if (watcher === undefined) return;
  watch.watchers.set(id, take(watcher, amount));
  watch.due.add(id);
}

/**
 * A check is answered: this member leads, which serves all who watch here; or it cannot tell, and whoever asked looks
 * elsewhere.
 */
export function onChecked(state: MemberState, id: WatcherId, leads: boolean, output: Output): void {
  const { watchers } = state.watch;
  if (!leads) {
    if (!watchers.has(id)) return;
    closeWatcher(state, id);
    output.watchers.push(closed(id, { type: "moved", leader: null }));
    return;
  }
  for (const [each, watcher] of watchers) {
    const position = formatPosition(watcher.position);
    output.watchers.push({ id: each, keep: watcher, changes: [], position, end: null });
  }
}

/** Sends what was committed, as a turn ends; and everybody away from a member that leads no longer. */
export function moveWatchers(state: MemberState, now: Instant, output: Output): void {
  const { watch, raft, store } = state;
  if (watch.watchers.size === 0) return;
  if (raft.leadership === null) {
    if (!planted("watch-outlives-leadership")) sendAway(state, now, output);
    return;
  }
  const last = planted("watch-past-commit") ? store.lastIndex : raft.commitIndex;
  const commitIndex = logIndex(Math.min(last, store.lastIndex));
  const ids = commitIndex > watch.seen ? [...watch.watchers.keys()] : [...watch.due];
  if (ids.length === 0) return;
  watch.seen = commitIndex;
  watch.due.clear();
  const log = readOnce((from) => feedEntries(state, from, commitIndex));
  for (const id of ids) {
    const before = watch.watchers.get(id);
    if (before === undefined) continue;
    const { watcher, changes, end, more } = advance(before, log, commitIndex, now);
    if (more) watch.due.add(id);
    if (end === null) watch.watchers.set(id, watcher);
    else closeWatcher(state, id);
    output.watchers.push({ id, keep: end === null ? watcher : null, changes, position: null, end });
  }
}

/** Most watchers have been sent everything, and want the same piece of the log. */
function readOnce(read: ReadLog): ReadLog {
  const pieces = new Map<LogIndex, ReturnType<ReadLog>>();
  return (from) => {
    const known = pieces.get(from);
    if (known !== undefined) return known;
    const piece = read(from);
    pieces.set(from, piece);
    return piece;
  };
}

/** When those are looked at again who are far behind, and have room for more. */
export const watchTimes = ({ watch, raft }: MemberState, now: Instant): Instant[] =>
  watch.due.size === 0 || raft.leadership === null ? [] : [addMs(now, ms(1))];

function sendAway(state: MemberState, now: Instant, output: Output): void {
  const { watchers, due } = state.watch;
  const leader = presumedLeader(state, now);
  for (const id of watchers.keys()) output.watchers.push(closed(id, { type: "moved", leader }));
  watchers.clear();
  due.clear();
}

const closed = (id: WatcherId, end: WatchEnd): WatcherOutput => ({
  id,
  keep: null,
  changes: [],
  position: null,
  end,
});
