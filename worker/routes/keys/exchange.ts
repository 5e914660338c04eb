/** One request about keys, from its context to its group's leader and back. */
import type { Context } from "hono";
import type { GroupRequest } from "../../../shared/member/request.ts";
import { allowsKey } from "../../../shared/token.ts";
import type { Revision } from "../../../shared/types.ts";
import { about } from "../../about.ts";
import type { AppEnv } from "../../context.ts";
import { requireScope } from "../../grant.ts";
import { memory } from "../../isolate.ts";
import { Problem, problemResponse } from "../../problem.ts";
import { ask } from "../../router/ask.ts";
import { nearestMember } from "../../whereabouts.ts";
import type { Answered, Subject } from "./receipt.ts";
import type { Terms } from "./request-headers.ts";

export type KeyContext = Context<AppEnv>;

/** The header of an answer that is the first one to an idempotency key, told again. */
export const REPLAYED = { "Holdfast-Replayed": "true" };

/** Refuses a token that may not do this to this key. */
export function requireKey(c: KeyContext, scope: "read" | "write", key: string): void {
  const grant = requireScope(c, scope);
  if (allowsKey(grant, key)) return;
  throw new Problem(
    "forbidden",
    `this token is for keys that start with ${JSON.stringify(grant.prefix)}`,
  );
}

export function subjectOf(c: KeyContext, group: string, { bookmark }: Terms): Subject {
  const { name: namespace, regions } = c.get("namespace");
  return { requestId: c.get("requestId"), namespace, group, members: regions.length, bookmark };
}

/** The leader's answer, below which this isolate serves nothing any more. A refusal ends the request. */
export async function exchange(
  c: KeyContext,
  group: string,
  request: GroupRequest,
  { deadlineMs }: Pick<Terms, "deadlineMs">,
): Promise<Answered> {
  const namespace = c.get("namespace");
  const nearest = nearestMember(c.req.raw, namespace.regions, c.env.HOLDFAST_DEV === "1");
  const question = { namespace, group, request, deadlineMs, nearest };
  const delivery = await ask(c.env, c.executionCtx, question);
  if (delivery.type === "refused") throw new Problem(delivery.code, delivery.detail);
  memory.saw(namespace.name, group, delivery.answer.receipt.index);
  return delivery;
}

/** What a receipt says, as headers. */
export type ReceiptHeaders = Readonly<Record<string, string>>;

/** There is no such key, as of the index in the receipt. */
export function notFound(c: KeyContext, headers: ReceiptHeaders, key: string): Response {
  const detail = `there is no key ${JSON.stringify(key)}`;
  return problemResponse(about(c), "key-not-found", detail, { headers });
}

/** A precondition did not hold; `revision` is the key's, null where it is absent. */
export function preconditionFailed(
  c: KeyContext,
  headers: ReceiptHeaders,
  revision: Revision | null,
): Response {
  const detail =
    revision === null ? "the key does not exist" : `the key is at revision ${revision}`;
  return problemResponse(about(c), "precondition-failed", detail, {
    extensions: { revision },
    headers,
  });
}
