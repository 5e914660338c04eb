/** `PUT` and `DELETE` of a key. */
import { formatEtag } from "../../../shared/etag.ts";
import { groupOf } from "../../../shared/group.ts";
import type { WriteOperation, WriteRequest } from "../../../shared/member/request.ts";
import type { RequestId } from "../../../shared/types.ts";
import { deleteQuerySchema, putQuerySchema } from "../../../shared/wire/keys.ts";
import { addressOf } from "./address.ts";
import { conditionsOf } from "./conditions.ts";
import {
  exchange,
  type KeyContext,
  preconditionFailed,
  REPLAYED,
  requireKey,
  subjectOf,
} from "./exchange.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { readQuery } from "./query.ts";
import { receiptHeaders } from "./receipt.ts";
import {
  readContentType,
  readIdempotencyKey,
  readPreconditions,
  readTerms,
} from "./request-headers.ts";
import { readValue } from "./value.ts";

export async function putKey(c: KeyContext): Promise<Response> {
  const { raw } = c.req;
  const { key, queryAt } = addressOf(raw.url);
  requireKey(c, "write", key);
  const ttlMs = queryAt < 0 ? null : (readQuery(raw.url, queryAt, putQuerySchema).ttl_ms ?? null);
  const contentType = readContentType(raw.headers);
  return write(c, key, async () => ({
    type: "put",
    key,
    value: { bytes: await readValue(raw), contentType },
    ttlMs,
  }));
}

export async function deleteKey(c: KeyContext): Promise<Response> {
  const { url } = c.req.raw;
  const { key, queryAt } = addressOf(url);
  requireKey(c, "write", key);
  if (queryAt >= 0) readQuery(url, queryAt, deleteQuerySchema);
  return write(c, key, async () => ({ type: "delete", key }));
}

/** @param operationOf made last, so that no body is read for a request that is malformed. */
async function write(
  c: KeyContext,
  key: string,
  operationOf: () => Promise<WriteOperation>,
): Promise<Response> {
  const { headers } = c.req.raw;
  const terms = readTerms(headers);
  const conditions = conditionsOf(key, readPreconditions(headers));
  const idempotencyKey = readIdempotencyKey(headers);
  const operation = await operationOf();
  const request: WriteRequest = {
    type: "write",
    id: c.get("requestId") as RequestId,
    copy: false,
    idempotency:
      idempotencyKey === null
        ? null
        : { key: idempotencyKey, fingerprint: await fingerprintOf(conditions, operation) },
    conditions,
    operations: [operation],
  };
  const group = groupOf(key);
  const answered = await exchange(c, group, request, terms);
  const subject = subjectOf(c, group, terms);
  const { answer } = answered;
  const replayed = "replayed" in answer && answer.replayed ? REPLAYED : {};
  if (answer.type === "failed") {
    const revision = answer.failed[0]?.revision ?? null;
    const headers = { ...receiptHeaders(subject, answered, revision), ...replayed };
    return preconditionFailed(c, headers, revision);
  }
  if (answer.type !== "written") throw new Error(`a write was answered with a ${answer.type}`);
  const [result] = answer.results;
  const { index } = answer.receipt;
  const responseHeaders: Record<string, string> = {
    ...receiptHeaders(subject, answered, index),
    ...replayed,
    "Content-Type": "application/json",
  };
  if (result?.type === "put") {
    responseHeaders["ETag"] = formatEtag(index);
    return new Response(
      `{"key":${JSON.stringify(key)},"revision":${index},"created":${result.created}}`,
      { status: result.created ? 201 : 200, headers: responseHeaders },
    );
  }
  const deleted = result?.deleted === true;
  return new Response(
    `{"key":${JSON.stringify(key)},"revision":${deleted ? index : null},"deleted":${deleted}}`,
    { headers: responseHeaders },
  );
}
