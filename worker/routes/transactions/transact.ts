/** `POST /v1/{ns}/transactions`: all that a transaction is in one request, all that it came to in one answer. */
import { ulid } from "ulid";
import { groupOf } from "../../../shared/group.ts";
import { TRANSACTION_BODY_BYTES_MAX, TRANSACTION_STEPS_MAX } from "../../../shared/limits.ts";
import { transactionId } from "../../../shared/transaction/id.ts";
import { split } from "../../../shared/transaction/split.ts";
import {
  stepsOf,
  type TransactionBody,
  transactionSchema,
} from "../../../shared/wire/transactions.ts";
import { memory } from "../../isolate.ts";
import { conform, readAnyJson, requireAcceptsJson } from "../../json.ts";
import { type KeyContext, REPLAYED } from "../keys/exchange.ts";
import { malformed } from "../keys/query.ts";
import { strongHeaders } from "../keys/receipt.ts";
import { readBookmark, readIdempotencyKey } from "../keys/request-headers.ts";
import { requireAccess } from "./access.ts";
import { answerMembers, traceJson } from "./answer-json.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { bookmarkText } from "./receipt.ts";
import { anchorOf, run } from "./run.ts";
import { wholeOf } from "./steps.ts";

export async function transact(c: KeyContext): Promise<Response> {
  requireAcceptsJson(c);
  const { headers } = c.req.raw;
  const key = readIdempotencyKey(headers);
  const earlier = readBookmark(headers);
  const body = await readTransaction(c);
  const whole = wholeOf(body);
  requireAccess(c, whole);
  const { explain, deadlineMs } = body;
  const parts = split(whole, groupOf);
  const id = transactionId(ulid(Date.now()), anchorOf(parts));
  c.set("transaction", id);
  const idempotency = key === null ? null : { key, fingerprint: await fingerprintOf(whole) };

  const ran = await run(c, { id, whole, parts, idempotency, deadlineMs, explain });
  const { name: namespace } = c.get("namespace");
  for (const { group, index } of ran.seen) memory.saw(namespace, group, index);
  const bookmark = bookmarkText(namespace, ran.seen, earlier, !ran.replayed);
  const members = [
    `"id":${JSON.stringify(ran.id)}`,
    answerMembers(ran.told),
    `"bookmark":"${bookmark}"`,
    ...(explain ? [`"trace":${traceJson(ran.trace)}`] : []),
  ];
  return new Response(`{${members.join(",")}}`, {
    headers: {
      ...strongHeaders({ ...ran, requestId: c.get("requestId"), bookmark }),
      ...(ran.replayed && REPLAYED),
      "Content-Type": "application/json",
    },
  });
}

/** The body, whose steps are counted before any of them is looked at. */
async function readTransaction(c: KeyContext): Promise<TransactionBody> {
  const body = await readAnyJson(c, TRANSACTION_BODY_BYTES_MAX);
  const steps = stepsOf(body);
  if (steps > TRANSACTION_STEPS_MAX) {
    const message = `has ${steps} conditions and operations, and may have ${TRANSACTION_STEPS_MAX}`;
    throw malformed([{ path: "body", message }]);
  }
  return conform(body, transactionSchema);
}
