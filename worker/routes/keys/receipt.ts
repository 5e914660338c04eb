/** The receipt: what an answer rests on and what it cost, as headers. */
import {
  type Bookmark,
  bookmarkOf,
  bookmarkOfAll,
  encodeBookmark,
  mergeBookmarks,
} from "../../../shared/bookmark.ts";
import { formatTerm, type Term } from "../../../shared/raft/term.ts";
import type { LogIndex, Ms, Revision } from "../../../shared/types.ts";
import type { CONSISTENCY_LEVELS } from "../../../shared/wire/keys.ts";
import type { Delivery } from "../../router/ask.ts";

export type Answered = Extract<Delivery, { type: "answered" }>;

/** Whose answer it is. */
export interface Subject {
  readonly requestId: string;
  readonly namespace: string;
  readonly group: string;
  /** How many members the group has. */
  readonly members: number;
  /** What the client had seen before, where it said so. */
  readonly bookmark: Bookmark | null;
  /** Whether it was asked for as it was at some revision. */
  readonly isPast?: boolean;
}

/** A value may be kept, if it is asked for again each time (`If-None-Match`); nothing else is worth keeping. */
export type CacheControl = "no-cache" | "no-store";

/**
 * The headers of a leader's answer, the receipt among them. It is strong, whatever was asked for: a level may be
 * exceeded, never weakened.
 *
 * @param revision the key's; null where the key is absent, which the answer's index stands for.
 */
export function receiptHeaders(
  subject: Subject,
  { answer, region, calls, tookMs }: Answered,
  revision: Revision | null,
  cacheControl: CacheControl = "no-store",
): Record<string, string> {
  const { requestId, namespace, group, members, bookmark } = subject;
  const { receipt } = answer;
  // Neither what is told again nor what was once is the latest that anybody can have seen.
  const isLatest = subject.isPast !== true && !("replayed" in answer && answer.replayed);
  const headers = strongHeaders({
    requestId,
    region,
    term: receipt.term,
    bookmark: bookmarkText(namespace, group, receipt.index, bookmark, isLatest),
    cost: costOf(calls, receipt.rows, members),
    tookMs,
  });
  headers["Cache-Control"] = cacheControl;
  headers["Holdfast-Revision"] = String(revision ?? receipt.index);
  return headers;
}

/** What every answer says of itself, whoever gave it. */
interface AnyReceipt {
  readonly requestId: string;
  /** The level delivered. */
  readonly level: Level;
  readonly region: string;
  readonly bookmark: string;
  readonly cost: string;
  /** Who took how long, as `Server-Timing` has it. */
  readonly timing: string;
}

export type Level = (typeof CONSISTENCY_LEVELS)[number];

const anyHeaders = (receipt: AnyReceipt): Record<string, string> => ({
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Holdfast-Request-Id": receipt.requestId,
  "Holdfast-Consistency": receipt.level,
  "Holdfast-Region": receipt.region,
  "Holdfast-Bookmark": receipt.bookmark,
  "Holdfast-Cost": receipt.cost,
  "Server-Timing": receipt.timing,
});

/** What every strong answer says of itself. */
export interface StrongReceipt {
  readonly requestId: string;
  readonly region: string;
  readonly term: Term;
  readonly bookmark: string;
  readonly cost: string;
  readonly tookMs: Ms;
}

export function strongHeaders({ term, tookMs, ...receipt }: StrongReceipt): Record<string, string> {
  const headers = anyHeaders({ ...receipt, level: "strong", timing: `leader;dur=${tookMs}` });
  headers["Holdfast-Term"] = formatTerm(term);
  headers["Holdfast-Staleness-Ms"] = "0";
  return headers;
}

/** An answer that no leader gave: it has no term, and an age only where that can be proven. */
export interface WeakReceipt extends AnyReceipt {
  readonly stalenessMs: Ms | null;
}

export function weakHeaders({ stalenessMs, ...receipt }: WeakReceipt): Record<string, string> {
  const headers = anyHeaders(receipt);
  if (stalenessMs !== null) headers["Holdfast-Staleness-Ms"] = String(stalenessMs);
  return headers;
}

/**
 * What is written at the leader is sent to every other member once, and written there as well. Requests that travel in
 * one call travel on together: whoever made the call has made those too.
 */
function costOf(calls: number, rows: number, members: number): string {
  const onward = rows === 0 || calls === 0 ? 0 : members - 1;
  return costText(calls + onward, rows * members);
}

export const costText = (calls: number, rows: number): string => `calls=${calls}, rows=${rows}`;

/**
 * What the client has seen now: of this group, and what it had seen before of it and of others.
 *
 * @param isLatest whether nobody can have seen more of the group before, as where its leader has answered
 */
export function bookmarkText(
  namespace: string,
  group: string,
  index: LogIndex,
  earlier: Bookmark | null,
  isLatest = false,
): string {
  if (earlier === null) return bookmarkOf(namespace, group, index);
  // A client that always sends back the last bookmark it got must not lose what it saw of other groups.
  const recent = bookmarkOfAll(namespace, [{ group, index }]);
  return encodeBookmark(mergeBookmarks(recent, earlier, isLatest));
}
