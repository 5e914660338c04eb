/** The receipt: what an answer rests on and what it cost, as headers. */
import {
  type Bookmark,
  bookmarkOf,
  decodeBookmark,
  encodeBookmark,
  mergeBookmarks,
} from "../../../shared/bookmark.ts";
import { formatTerm, type Term } from "../../../shared/raft/term.ts";
import type { Ms, Revision } from "../../../shared/types.ts";
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
}

/** A value may be kept, if it is asked for again each time (`If-None-Match`); nothing else is worth keeping. */
export type CacheControl = "no-cache" | "no-store";

/**
 * The headers of an answer, the receipt among them. The only region that answers is a leader's, so every
 * answer is strong, whatever was asked for: a level may be exceeded, never weakened.
 *
 * @param revision the key's; null where the key is absent, which the answer's index stands for.
 */
export function receiptHeaders(
  { requestId, namespace, group, members, bookmark }: Subject,
  { answer: { receipt }, region, calls, tookMs }: Answered,
  revision: Revision | null,
  cacheControl: CacheControl = "no-store",
): Record<string, string> {
  const seen = bookmarkOf(namespace, group, receipt.index);
  const headers = strongHeaders({
    requestId,
    region,
    term: receipt.term,
    bookmark: bookmark === null ? seen : withEarlier(seen, bookmark),
    cost: costOf(calls, receipt.rows, members),
    tookMs,
  });
  headers["Cache-Control"] = cacheControl;
  headers["Holdfast-Revision"] = String(revision ?? receipt.index);
  return headers;
}

/** What every strong answer says of itself. */
export interface StrongReceipt {
  readonly requestId: string;
  readonly region: string;
  readonly term: Term;
  readonly bookmark: string;
  readonly cost: string;
  readonly tookMs: Ms;
}

export const strongHeaders = ({
  requestId,
  region,
  term,
  bookmark,
  cost,
  tookMs,
}: StrongReceipt): Record<string, string> => ({
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Holdfast-Request-Id": requestId,
  "Holdfast-Consistency": "strong",
  "Holdfast-Region": region,
  "Holdfast-Term": formatTerm(term),
  "Holdfast-Staleness-Ms": "0",
  "Holdfast-Bookmark": bookmark,
  "Holdfast-Cost": cost,
  "Server-Timing": `leader;dur=${tookMs}`,
});

/**
 * What is written at the leader is sent to every other member once, and written there as well. Requests that travel in
 * one call travel on together: whoever made the call has made those too.
 */
function costOf(calls: number, rows: number, members: number): string {
  const onward = rows === 0 || calls === 0 ? 0 : members - 1;
  return costText(calls + onward, rows * members);
}

export const costText = (calls: number, rows: number): string => `calls=${calls}, rows=${rows}`;

/** A client that always sends back the last bookmark it got must not lose what it saw of other groups. */
function withEarlier(seen: string, earlier: Bookmark): string {
  const recent = decodeBookmark(seen);
  return recent === null ? seen : encodeBookmark(mergeBookmarks(recent, earlier));
}
