/** What is in doubt in a replica's copy of a group: votes that no entry it has resolves. All of it pure. */
import { planted } from "../planted.ts";
import type { LogIndex } from "../types.ts";
import type { Doubt, FeedEntry } from "./feed.ts";

/** What is in doubt once an entry is applied: what it resolves is free for what it votes for. */
export function doubtsAfter(doubts: readonly Doubt[], entry: FeedEntry): readonly Doubt[] {
  const { closes = [], opens } = entry;
  const left = closes.length === 0 ? doubts : doubts.filter(({ vote }) => !closes.includes(vote));
  return opens === undefined ? left : [...left, opens];
}

/** Whether any of the keys may be about to change by a transaction that is perhaps committed already. */
export const inDoubt = (doubts: readonly Doubt[], keys: readonly string[]): boolean =>
  doubts.some((doubt) => keys.some((key) => doubt.keys.includes(key)));

/** A copy of a group, as far as bookmarks go. */
interface Copy {
  readonly index: LogIndex;
  readonly doubts: readonly Doubt[];
}

/**
 * Whether a copy holds all that a bookmark of `index` has seen. A transaction's writes are seen at its vote's index,
 * and become visible where that is resolved.
 */
export const hasReached = (copy: Copy, index: LogIndex): boolean =>
  copy.index >= index &&
  (planted("bookmark-reached-in-doubt") || copy.doubts.every(({ vote }) => vote > index));
