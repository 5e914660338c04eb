/** `GET` and `HEAD` of a key: its bytes as they were put. */
import { etagsMatch, formatEtag } from "../../../shared/etag.ts";
import { groupOf } from "../../../shared/group.ts";
import type { StoredRecord } from "../../../shared/store/entry.ts";
import type { Revision } from "../../../shared/types.ts";
import { type ReadQuery, readQuerySchema } from "../../../shared/wire/keys.ts";
import { memory } from "../../isolate.ts";
import { addressOf } from "./address.ts";
import {
  type KeyContext,
  notFound,
  preconditionFailed,
  type ReceiptHeaders,
  requireKey,
  subjectOf,
} from "./exchange.ts";
import { readAt, type Told } from "./levels.ts";
import { readQuery } from "./query.ts";
import {
  bookmarkText,
  type CacheControl,
  costText,
  receiptHeaders,
  type Subject,
  weakHeaders,
} from "./receipt.ts";
import { type Preconditions, readPreconditions, readTerms } from "./request-headers.ts";

const STRONG: ReadQuery = {};

export async function readKey(c: KeyContext): Promise<Response> {
  const { raw } = c.req;
  const { key, queryAt } = addressOf(raw.url);
  requireKey(c, "read", key);
  const query = queryAt < 0 ? STRONG : readQuery(raw.url, queryAt, readQuerySchema);
  const terms = readTerms(raw.headers);
  const preconditions = readPreconditions(raw.headers);
  const group = groupOf(key);
  const told = await readAt(c, { group, key }, query, terms);
  const { remembered } = told;
  if (remembered !== null && query.consistency === "eventual") memory.name(remembered, raw.url);
  const subject = { ...subjectOf(c, group, terms), isPast: query.revision !== undefined };
  const record = recordOf(told);
  if (record === null) return notFound(c, headersOf(subject, told, null), key);
  return recordResponse(c, subject, told, record, preconditions);
}

function recordOf(told: Told): StoredRecord | null {
  if (told.from !== "leader") return told.record;
  return told.answered.answer.type === "record" ? told.answered.answer.record : null;
}

/** The receipt of an answer, whoever gave it. */
function headersOf(
  subject: Subject,
  told: Told,
  revision: Revision | null,
  cacheControl: CacheControl = "no-store",
): Record<string, string> {
  if (told.from === "leader") {
    return receiptHeaders(subject, told.answered, revision, cacheControl);
  }
  const { requestId, namespace, group, bookmark } = subject;
  const { from, level, region, index, stalenessMs, calls, tookMs } = told;
  const headers = weakHeaders({
    requestId,
    level,
    region,
    bookmark: bookmarkText(namespace, group, index, bookmark),
    cost: costText(calls, 0),
    timing: `${from};dur=${tookMs}`,
    stalenessMs,
  });
  headers["Cache-Control"] = cacheControl;
  headers["Holdfast-Revision"] = String(revision ?? index);
  return headers;
}

function recordResponse(
  c: KeyContext,
  subject: Subject,
  told: Told,
  { revision, value }: StoredRecord,
  { ifMatch, ifNoneMatch }: Preconditions,
): Response {
  if (ifMatch !== null && !etagsMatch(ifMatch, revision, "strong")) {
    const receipt: ReceiptHeaders = headersOf(subject, told, revision);
    return preconditionFailed(c, receipt, revision);
  }
  const headers = headersOf(subject, told, revision, "no-cache");
  headers["ETag"] = formatEtag(revision);
  if (ifNoneMatch !== null && etagsMatch(ifNoneMatch, revision, "weak")) {
    return new Response(null, { status: 304, headers });
  }
  headers["Content-Type"] = value.contentType;
  // Without a body there is nothing the platform could take the length from.
  if (c.req.method === "HEAD") headers["Content-Length"] = String(value.bytes.byteLength);
  return new Response(value.bytes, { headers });
}
