/** `GET` and `HEAD` of a key: its bytes as they were put. */
import { etagsMatch, formatEtag } from "../../../shared/etag.ts";
import { groupOf } from "../../../shared/group.ts";
import type { StoredRecord } from "../../../shared/store/entry.ts";
import type { Revision } from "../../../shared/types.ts";
import { readQuerySchema } from "../../../shared/wire/keys.ts";
import { addressOf } from "./address.ts";
import {
  exchange,
  type KeyContext,
  notFound,
  preconditionFailed,
  requireKey,
  subjectOf,
} from "./exchange.ts";
import { readQuery } from "./query.ts";
import { type Answered, receiptHeaders, type Subject } from "./receipt.ts";
import { type Preconditions, readPreconditions, readTerms } from "./request-headers.ts";

export async function readKey(c: KeyContext): Promise<Response> {
  const { raw } = c.req;
  const { key, queryAt } = addressOf(raw.url);
  requireKey(c, "read", key);
  const revision: Revision | null =
    queryAt < 0 ? null : (readQuery(raw.url, queryAt, readQuerySchema).revision ?? null);
  const terms = readTerms(raw.headers);
  const preconditions = readPreconditions(raw.headers);
  const group = groupOf(key);
  const answered = await exchange(c, group, { type: "get", key, revision }, terms);
  const subject = subjectOf(c, group, terms);
  const record = answered.answer.type === "record" ? answered.answer.record : null;
  if (record === null) return notFound(c, subject, answered, key);
  return recordResponse(c, subject, answered, record, preconditions);
}

function recordResponse(
  c: KeyContext,
  subject: Subject,
  answered: Answered,
  { revision, value }: StoredRecord,
  { ifMatch, ifNoneMatch }: Preconditions,
): Response {
  if (ifMatch !== null && !etagsMatch(ifMatch, revision, "strong")) {
    return preconditionFailed(c, subject, answered, revision);
  }
  const headers = receiptHeaders(subject, answered, revision, "no-cache");
  headers["ETag"] = formatEtag(revision);
  if (ifNoneMatch !== null && etagsMatch(ifNoneMatch, revision, "weak")) {
    return new Response(null, { status: 304, headers });
  }
  headers["Content-Type"] = value.contentType;
  // Without a body there is nothing the platform could take the length from.
  if (c.req.method === "HEAD") headers["Content-Length"] = String(value.bytes.byteLength);
  return new Response(value.bytes, { headers });
}
