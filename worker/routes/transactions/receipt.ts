/** The receipt of a transaction: as that of a key, but of all its groups. */
import {
  type Bookmark,
  bookmarkOfAll,
  encodeBookmark,
  mergeBookmarks,
} from "../../../shared/bookmark.ts";
import type { Seen } from "../../../shared/transaction/request.ts";
import { type Answered, costText } from "../keys/receipt.ts";

/**
 * What the client has seen now: of these groups, and of what it had seen before.
 *
 * @param isLatest false where an earlier answer is told again
 */
export function bookmarkText(
  namespace: string,
  seen: readonly Seen[],
  earlier: Bookmark | null,
  isLatest: boolean,
): string {
  const recent = bookmarkOfAll(namespace, seen);
  return encodeBookmark(earlier === null ? recent : mergeBookmarks(recent, earlier, isLatest));
}

/**
 * What a transaction that its anchor coordinated has cost until it was answered: the anchor asks the other groups'
 * leaders, and each leader sends to its followers what it appends. Attempts that came to nothing are not known here.
 *
 * @param groups whose leaders took part; none where an earlier answer is told again.
 */
export function coordinatedCost(
  { answer: { receipt }, calls }: Answered,
  groups: number,
  members: number,
): string {
  const appended = groups > 1 || receipt.rows > 0;
  const onward = appended ? Math.max(0, groups - 1) + groups * (members - 1) : 0;
  return costText(calls + onward, receipt.rows * members);
}

/** What reads have cost; they may write where they find a key past its time to live. */
export function readCost(answers: readonly Answered[], members: number): string {
  let calls = 0;
  let rows = 0;
  for (const answered of answers) {
    calls += answered.calls;
    rows += answered.answer.receipt.rows;
  }
  return costText(calls, rows * members);
}
