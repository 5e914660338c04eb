/**
 * Feeding replicas: what they ask of a leader that they were not sent, or cannot prove to be current (F1, F2).
 *
 * It is a strong read: entries up to the commit index, under the lease, so that whoever asked knows its copy to have
 * been current when it asked. What is compacted comes as the group's state instead, in parts as of one index.
 */
import { APPEND_BYTES_MAX, LIST_LIMIT_MAX } from "../limits.ts";
import { isInternal } from "../lock/key.ts";
import { planted } from "../planted.ts";
import {
  type Doubt,
  type FeedEntry,
  type FeedRequest,
  type FeedState,
  feedEntryOf,
  feedKeys,
} from "../replica/feed.ts";
import type { Entry } from "../store/entry.ts";
import { OpenVotes } from "../transaction/open-votes.ts";
import { type LogIndex, logIndex, nextIndex } from "../types.ts";
import { readPage } from "./page.ts";
import { type Evaluated, receipt, refuse } from "./read.ts";
import type { MemberState } from "./state.ts";

export function answerFeed(state: MemberState, request: FeedRequest): Evaluated {
  const { raft, store } = state;
  const commitIndex = planted("fed-past-commit") ? store.lastIndex : raft.commitIndex;
  const { from, state: asked } = request;
  const keysMax = Math.min(request.keysMax ?? LIST_LIMIT_MAX, LIST_LIMIT_MAX);
  if (from > nextIndex(commitIndex)) {
    return refuse("bad-request", `entry ${from} is ahead of the group, which is at ${commitIndex}`);
  }
  // Where no entry is read either, a superseded instance must still be refused: that there is none proves a copy current (L2).
  if (!planted("feed-from-memory")) store.readTerm(commitIndex);
  const about = { commitIndex, receipt: receipt(state, commitIndex, 0) };
  const entries = asked === null ? replicaEntries(state, from, commitIndex) : null;
  if (entries !== null) {
    return { type: "now", answer: { type: "fed", entries, state: null, ...about } };
  }
  // What the parts before were of may be compacted by now: then it begins anew.
  const goesOn = asked !== null && asked.index >= store.baseIndex;
  const part = goesOn
    ? statePart(state, asked.index, asked.after, keysMax)
    : statePart(state, commitIndex, null, keysMax);
  return { type: "now", answer: { type: "fed", entries: [], state: part, ...about } };
}

/** The entries from one index to another, as far as they fit; null where some of what they need is compacted. */
export function feedEntries(
  { store }: MemberState,
  from: LogIndex,
  through: LogIndex,
): FeedEntry[] | null {
  if (from <= store.baseIndex) return null;
  if (from > through) return [];
  const entries = store.entries(from, APPEND_BYTES_MAX).filter(({ index }) => index <= through);
  if (entries.some((entry) => votesOf(entry).some((vote) => vote <= store.baseIndex))) return null;
  return entries.map((entry) => feedEntryOf(entry, (vote) => store.entryAt(vote)));
}

/** The same, as replicas are shown them. */
export const replicaEntries = (...asked: Parameters<typeof feedEntries>): FeedEntry[] | null =>
  feedEntries(...asked)?.map(withoutLocks) ?? null;

/** Replicas keep no locks: who holds one only its leader can say. */
function withoutLocks(entry: FeedEntry): FeedEntry {
  if (!entry.changes.some(({ key }) => isInternal(key))) return entry;
  return { ...entry, changes: entry.changes.filter(({ key }) => !isInternal(key)) };
}

const votesOf = ({ transaction = [] }: Entry): LogIndex[] =>
  transaction.flatMap((effect) => (effect.type === "resolve" ? [effect.vote] : []));

function statePart(
  state: MemberState,
  index: LogIndex,
  after: string | null,
  keysMax: number,
): FeedState {
  const { store } = state;
  const range = { prefix: "", start: null, end: null, after, reverse: false };
  const { records, more } = readPage(store, { ...range, limit: keysMax }, true, index);
  return {
    index,
    at: store.timeAt(index),
    changes: records.map(({ key, revision, value, expiresAt }) => ({
      key,
      revision,
      value,
      expiresAt,
    })),
    after: more ? (records.at(-1)?.key ?? null) : null,
    doubts: more ? [] : doubtsAt(state, index),
  };
}

/** The votes that are not resolved as of an index, and would change something. */
function doubtsAt({ store }: MemberState, index: LogIndex): Doubt[] {
  const oldest = store.oldestOpen(index);
  if (oldest === null) return [];
  const votes = new OpenVotes();
  for (const entry of store.transactionEntries(oldest)) if (entry.index <= index) votes.add(entry);
  return votes
    .all()
    .map(({ index: vote }) => ({
      vote,
      keys: feedKeys(store.entryAt(logIndex(vote))),
    }))
    .filter(({ keys }) => keys.length > 0);
}
