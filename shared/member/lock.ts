/**
 * Locks at the leader: acquired, renewed, released; by the path of every other write.
 *
 * A lock's record never carries an intent, so who holds it is certain at once; only what would change it waits for
 * transactions that stand on it. Whoever still holds it by the log may renew it, however late: nobody else was granted
 * it since. Owns K2 together with expiry.ts, and K3.
 */
import { lockIn } from "../lock/lock.ts";
import type { FreeCondition, LockRequest } from "../lock/request.ts";
import { planted } from "../planted.ts";
import type { StoredRecord } from "../store/entry.ts";
import { holds } from "../transaction/condition.ts";
import { evaluate } from "../transaction/evaluate.ts";
import { type Instant, nextIndex } from "../types.ts";
import { appendExpiry, isOverdue } from "./expiry.ts";
import type { Output } from "./output.ts";
import { comesFirst, leaveQueue } from "./queue.ts";
import { type Evaluated, refuse } from "./read.ts";
import type { Asker, MemberState } from "./state.ts";
import { conclude, firstAnswer } from "./write.ts";

export function answerLock(
  state: MemberState,
  request: LockRequest,
  asker: Asker,
  now: Instant,
  output: Output,
): Evaluated {
  if (state.raft.leadership === null) {
    return refuse("no-quorum", "this member is not the leader");
  }
  const evaluated =
    firstAnswer(state, request, asker, now, output) ?? decideLock(state, request, now);
  // Whatever was decided, it waits no longer.
  if (evaluated.type !== "queued") leaveQueue(state, request, asker, output);
  return evaluated;
}

function decideLock(state: MemberState, request: LockRequest, now: Instant): Evaluated {
  const { tail } = state;
  const [condition] = request.conditions;
  const { key } = condition;
  const record = tail.record(key);
  const may = condition.type === "held" ? holds(condition, record) : isFree(state, request, now);
  if (!may) return request.waitMs > 0 ? { type: "queued" } : fails(state, request, record);
  const vote = planted("lock-expires-under-transaction") ? null : tail.openVotes.holder(key, false);
  if (vote !== null) {
    if (request.waitMs > 0) return { type: "queued" };
    return { type: "blocked", behind: vote.index, decideBy: null };
  }
  if (condition.type === "free" && record !== null && !isMine(condition, record)) {
    appendExpiry(state, [key], now);
  }
  const evaluation = evaluate(request, tail, nextIndex(tail.lastIndex), now);
  return conclude(state, request, evaluation, now);
}

const isMine = ({ holder }: FreeCondition, record: StoredRecord | null): boolean =>
  lockIn(record)?.holder === holder;

/** Whether the lock is to be had, and nobody came before. */
export function isFree(state: MemberState, request: LockRequest, now: Instant): boolean {
  const [condition] = request.conditions;
  if (condition.type !== "free") return false;
  const record = state.tail.record(condition.key);
  if (isMine(condition, record)) return true;
  return (record === null || isOverdue(state, record, now)) && comesFirst(state, request);
}

/** Who holds it just now; nobody, where others come first. */
function fails(state: MemberState, request: LockRequest, record: StoredRecord | null): Evaluated {
  const [{ key }] = request.conditions;
  const about = { condition: 0, key, revision: record?.revision ?? null };
  const failed = [{ ...about, lock: lockIn(record) }];
  return conclude(state, request, { type: "fails", failed }, state.tail.lastAt);
}
