/** One request about a lock, from its context to its group's leader and back. */
import { groupOf } from "../../../shared/group.ts";
import { internalKey } from "../../../shared/lock/key.ts";
import { type Lock, lockIn } from "../../../shared/lock/lock.ts";
import type { LockRequest } from "../../../shared/lock/request.ts";
import type { GetRequest } from "../../../shared/member/request.ts";
import { type Ms, ms, type RequestId } from "../../../shared/types.ts";
import { about } from "../../about.ts";
import { digestOf } from "../../digest.ts";
import { Problem, problemResponse } from "../../problem.ts";
import { exchange, type KeyContext, REPLAYED, subjectOf } from "../keys/exchange.ts";
import { type Answered, receiptHeaders } from "../keys/receipt.ts";
import { readIdempotencyKey, readTerms } from "../keys/request-headers.ts";
import { type Dialect, holderMembers, lockJson } from "./dialect.ts";

export interface Subject {
  readonly dialect: Dialect;
  readonly name: string;
}

/** What is asked of the lock, without what every request has. */
export type Wish = Pick<LockRequest, "conditions" | "operations"> & { readonly waitMs?: Ms };

export const keyOf = ({ dialect, name }: Subject): string => internalKey(dialect.kind, name);

/** Asks for a change. `held` is what stands afterwards; `refused` says what stood in its way. */
export async function change(
  c: KeyContext,
  subject: Subject,
  { conditions, operations, waitMs = ms(0) }: Wish,
  told: {
    readonly held: (lock: Lock) => string;
    readonly refused: (lock: Lock | null) => Problem;
  },
): Promise<Response> {
  const { headers } = c.req.raw;
  const terms = readTerms(headers);
  const idempotencyKey = readIdempotencyKey(headers);
  const request: LockRequest = {
    type: "lock",
    id: c.get("requestId") as RequestId,
    copy: false,
    idempotency:
      idempotencyKey === null
        ? null
        : {
            key: idempotencyKey,
            fingerprint: await digestOf(["lock", conditions, operations], []),
          },
    conditions,
    operations,
    waitMs,
  };
  const group = groupOf(subject.name);
  const deadlineMs = ms(terms.deadlineMs + waitMs);
  const answered = await exchange(c, group, request, { deadlineMs });
  const { answer } = answered;
  const about = subjectOf(c, group, terms);
  if (answer.type !== "written" && answer.type !== "failed") {
    throw new Error(`a lock was answered with a ${answer.type}`);
  }
  const replayed = answer.replayed ? REPLAYED : {};
  if (answer.type === "failed") {
    const lock = answer.failed[0]?.lock ?? null;
    const headers = { ...receiptHeaders(about, answered, lock?.token ?? null), ...replayed };
    return refusal(c, told.refused(lock), headers);
  }
  const [result] = answer.results;
  const lock = result?.type === "put" ? result.lock : undefined;
  const body = lock === undefined ? releasedJson(subject.name) : told.held(lock);
  return answerJson(body, {
    ...receiptHeaders(about, answered, answer.receipt.index),
    ...replayed,
  });
}

const releasedJson = (name: string): string => `{"name":${JSON.stringify(name)},"released":true}`;

/** A problem that comes with a receipt. */
function refusal(
  c: KeyContext,
  { code, detail, more }: Problem,
  headers: Readonly<Record<string, string>>,
): Response {
  return problemResponse(about(c), code, detail, { ...more, headers });
}

const answerJson = (body: string, headers: Readonly<Record<string, string>>): Response =>
  new Response(body, { headers: { ...headers, "Content-Type": "application/json" } });

/** Shows who holds it, as of now. */
export async function show(c: KeyContext, subject: Subject): Promise<Response> {
  const terms = readTerms(c.req.raw.headers);
  const group = groupOf(subject.name);
  const request: GetRequest = { type: "get", key: keyOf(subject), revision: null };
  const answered: Answered = await exchange(c, group, request, terms);
  const { answer } = answered;
  if (answer.type !== "record") throw new Error(`a lock was shown by a ${answer.type}`);
  const lock = lockIn(answer.record);
  const headers = receiptHeaders(subjectOf(c, group, terms), answered, lock?.token ?? null);
  if (lock !== null) return answerJson(lockJson(subject.dialect, subject.name, lock), headers);
  const what = subject.dialect.kind === "lock" ? "holds the lock" : "leads in the election";
  const detail = `nobody ${what} ${JSON.stringify(subject.name)}`;
  return problemResponse(about(c), "not-found", detail, { headers });
}

/** Another holds it. */
export function held({ dialect, name }: Subject, lock: Lock | null): Problem {
  const quoted = JSON.stringify(name);
  const detail =
    lock === null
      ? `others wait for ${dialect.kind} ${quoted}, and come first`
      : `${dialect.kind} ${quoted} is held by ${JSON.stringify(lock.holder)}`;
  return new Problem("lock-held", detail, { extensions: holderMembers(dialect, lock) });
}

/** It is not the caller's any more. */
export function lost({ dialect, name }: Subject, lock: Lock | null): Problem {
  const whose = lock === null ? "nobody's" : `held by ${JSON.stringify(lock.holder)}`;
  const detail = `${dialect.kind} ${JSON.stringify(name)} is not held under this token; it is ${whose}`;
  return new Problem("lock-lost", detail, { extensions: holderMembers(dialect, lock) });
}
