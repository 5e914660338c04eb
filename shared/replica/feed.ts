/**
 * The feed: a group's log as its replicas need it. Source: DESIGN.md §7; docs/protocols/replica.md.
 *
 * One feed entry for each entry of the log, so that a replica sees a gap by the indexes alone (F1). What a vote would
 * change comes with the entry that resolves it; until then the replica knows only which keys are in doubt.
 */
import { isInternal } from "../lock/key.ts";
import { planted } from "../planted.ts";
import type { Entry } from "../store/entry.ts";
import type { Instant, LogIndex, Ms, Region, Revision, Value } from "../types.ts";

/** A key's new state. */
export interface Change {
  readonly key: string;
  readonly revision: Revision;
  /** Null where it is gone. */
  readonly value: Value | null;
  readonly expiresAt: Instant | null;
}

/** A vote that is not resolved yet, and the keys it would change. */
export interface Doubt {
  readonly vote: LogIndex;
  readonly keys: readonly string[];
}

export interface FeedEntry {
  readonly index: LogIndex;
  /** When its leader appended it. */
  readonly at: Instant;
  readonly changes: readonly Change[];
  /** The vote that this entry is; left out where it is none, or would change nothing. */
  readonly opens?: Doubt;
  /** The votes it resolves. Left out where there are none. */
  readonly closes?: readonly LogIndex[];
}

/** Part of a group's whole state as of one index, for a replica whose next entry is compacted away. */
export interface FeedState {
  /** Where another index than that of the part before is answered, this is the first part of a new state. */
  readonly index: LogIndex;
  /** When its leader appended the entry at the index. */
  readonly at: Instant;
  readonly changes: readonly Change[];
  /** The last key of this part; null behind the last part. */
  readonly after: string | null;
  /** What is in doubt as of the index; with the last part only. */
  readonly doubts: readonly Doubt[];
}

/** Asks a leader for what comes behind an index, or for the next part of its state. */
export interface FeedRequest {
  readonly type: "feed";
  /** The first index wanted. */
  readonly from: LogIndex;
  /** Where the part of the state before this one ended; null where entries are wanted. */
  readonly state: { readonly index: LogIndex; readonly after: string } | null;
  /** Keys of a part of the state at most; left out by whoever takes as many as the leader gives. */
  readonly keysMax?: number;
}

/** A namespace, as much of it as its replicas and queue messages need. */
export interface ReplicaRef {
  readonly namespace: string;
  readonly members: readonly Region[];
  readonly replicas: readonly Region[];
  readonly historyMs: Ms;
  /** The replica this call is for. */
  readonly self: Region;
}

/** What one group's leader sends to all replicas: some entries, or that there are some. */
export interface FanOut {
  readonly group: string;
  /** Empty where they were too large for a message: the replica fetches them. */
  readonly entries: readonly FeedEntry[];
  /** The index that a replica which has applied it has. */
  readonly through: LogIndex;
}

/** A message of the queue. Old and new code run side by side for minutes, so it carries a version. */
export interface FanOutMessage extends FanOut {
  readonly version: 1;
  readonly namespace: Omit<ReplicaRef, "self">;
}

/** @param voteAt the entry of a vote that this entry resolves. */
export function feedEntryOf(entry: Entry, voteAt: (vote: LogIndex) => Entry): FeedEntry {
  const { index, at, transaction = [] } = entry;
  const changes: Change[] = [];
  const closes: LogIndex[] = [];
  for (const effect of transaction) {
    if (effect.type !== "resolve") continue;
    closes.push(effect.vote);
    if (effect.committed) changes.push(...changesOf(voteAt(effect.vote)));
  }
  const votes = transaction.some((effect) => effect.type === "vote");
  if (!votes || planted("replica-shows-intents")) changes.push(...changesOf(entry));
  const keys = votes ? feedKeys(entry) : [];
  return {
    index,
    at,
    changes,
    ...(keys.length > 0 && { opens: { vote: index, keys } }),
    ...(closes.length > 0 && { closes }),
  };
}

/** The keys that an entry changes, or would, in a replica: locks are the leader's alone. */
export const feedKeys = ({ effects }: Entry): string[] =>
  effects.map(({ key }) => key).filter((key) => !isInternal(key));

/** What an entry does to its keys, or would. Watches read it too, and some of them are of a lock or an election. */
function changesOf({ index, effects }: Entry): Change[] {
  return effects.map((effect) =>
    effect.type === "put"
      ? { key: effect.key, revision: index, value: effect.value, expiresAt: effect.expiresAt }
      : { key: effect.key, revision: index, value: null, expiresAt: null },
  );
}

/** Bytes an entry, and a change, take in a message beside their keys and values, about. */
const ENTRY_BYTES = 160;
const CHANGE_BYTES = 200;

/** Bytes that entries take in a message, about and rather too many: a character of a key may be three. */
export function bytesOf(entries: readonly FeedEntry[]): number {
  let bytes = 0;
  for (const { changes, opens, closes = [] } of entries) {
    bytes += ENTRY_BYTES + 16 * closes.length;
    for (const key of opens?.keys ?? []) bytes += 16 + 3 * key.length;
    for (const { key, value } of changes) {
      bytes += CHANGE_BYTES + 3 * key.length;
      if (value !== null) bytes += value.bytes.byteLength + value.contentType.length;
    }
  }
  return bytes;
}
