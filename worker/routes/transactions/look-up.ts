/** `GET /v1/{ns}/transactions/{id}`: what became of a transaction. */

import { nameIn } from "../../../shared/lock/key.ts";
import { allowsKey, type Grant } from "../../../shared/token.ts";
import { anchorOf, parseTransactionId } from "../../../shared/transaction/id.ts";
import type { TransactionStatus } from "../../../shared/transaction/request.ts";
import { lookUpQuerySchema } from "../../../shared/wire/transactions.ts";
import { requireScope } from "../../grant.ts";
import { requireAcceptsJson } from "../../json.ts";
import { Problem } from "../../problem.ts";
import { queryStart } from "../keys/address.ts";
import { exchange, type KeyContext, subjectOf } from "../keys/exchange.ts";
import { malformed, readQuery } from "../keys/query.ts";
import { receiptHeaders } from "../keys/receipt.ts";
import { readTerms } from "../keys/request-headers.ts";
import { answerMembers } from "./answer-json.ts";

export async function lookUp(c: KeyContext): Promise<Response> {
  const { url, headers } = c.req.raw;
  const grant = requireScope(c, "read");
  const at = queryStart(url);
  const settle = at >= 0 && readQuery(url, at, lookUpQuerySchema).settle === true;
  if (settle) requireScope(c, "write");
  requireAcceptsJson(c);
  const terms = readTerms(headers);
  const id = parseTransactionId(c.req.param("id") ?? "");
  if (id === null) throw malformed([{ path: "id", message: "is no transaction's id" }]);
  c.set("transaction", id);

  const group = anchorOf(id);
  const answered = await exchange(c, group, { type: "look-up", id, settle }, terms);
  if (answered.answer.type !== "looked-up") {
    throw new Error(`a transaction was looked up by a ${answered.answer.type}`);
  }
  const { found } = answered.answer;
  requireKeys(grant, found);
  return new Response(`{"id":${JSON.stringify(id)},${statusMembers(found)}}`, {
    headers: {
      ...receiptHeaders(subjectOf(c, group, terms), answered, null),
      "Content-Type": "application/json",
    },
  });
}

/** Whoever may not read one of the keys learns nothing of the answer. Without an answer there is nothing to learn. */
function requireKeys(grant: Grant, found: TransactionStatus): void {
  if (found.status !== "committed") return;
  const { results, failed } = found.answer;
  if ([...results, ...failed].every(({ key }) => allowsKey(grant, nameIn(key)))) return;
  throw new Problem(
    "forbidden",
    `this token is for keys that start with ${JSON.stringify(grant.prefix)}, and the transaction has others`,
  );
}

function statusMembers(found: TransactionStatus): string {
  const status = `"status":"${found.status}"`;
  if (found.status === "committed") return `${status},${answerMembers(found.answer)}`;
  if (found.status === "pending" || found.fault === null) return status;
  const { code, detail } = found.fault;
  return `${status},"reason":${JSON.stringify({ code, detail })}`;
}
