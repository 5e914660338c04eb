/**
 * Waiting for a transaction's outcome. Whoever waits here holds nothing, is looked at again whenever a vote was resolved,
 * in order of arrival, and after a short patience helps to find the outcome out.
 */
import { INTENT_PATIENCE_MS, RECOVERY_PAUSE_MS } from "../limits.ts";
import { planted } from "../planted.ts";
import { isOlder } from "../transaction/id.ts";
import { type Attempt, addMs, type Instant, ms, type TransactionId } from "../types.ts";
import type { Output } from "./output.ts";
import { died } from "./participate.ts";
import { recover } from "./recover.ts";
import type { AnyRequest } from "./request.ts";
import { serve, takeUp } from "./serve.ts";
import type { Asker, BlockedRequest, MemberState } from "./state.ts";
import { abortBlocked } from "./transact.ts";
import { locksWanted } from "./vote.ts";

/** Has a request wait, where nobody shares its call; one who shares it is sent away to ask alone. */
export function block(
  state: MemberState,
  asker: Asker,
  request: BlockedRequest["request"],
  place: Pick<BlockedRequest, "behind" | "decideBy">,
  now: Instant,
  output: Output,
): void {
  if (!asker.alone) {
    const copy = "copy" in request && request.copy;
    output.answers.push({ slot: asker.slot, answer: { type: "crowded", copy } });
    return;
  }
  if (request.type === "prepare") dismissPrepares(state, request.id, request.attempt, output);
  state.blocked.push({
    asker,
    request,
    locks: locksWanted(request),
    ...place,
    helpAt: addMs(now, INTENT_PATIENCE_MS),
  });
}

/** Prepares that wait for an attempt that is over, or come again, wait no more. */
export function dismissPrepares(
  state: MemberState,
  id: TransactionId,
  through: Attempt,
  output: Output,
): void {
  const over = state.blocked.filter(
    ({ request }) => request.type === "prepare" && request.id === id && request.attempt <= through,
  );
  if (over.length === 0) return;
  state.blocked = state.blocked.filter((one) => !over.includes(one));
  for (const { asker } of over)
    output.answers.push({ slot: asker.slot, answer: died(state).answer });
}

/** Looks again at whoever waits, where a vote was resolved or committed since the last time. */
export function moveBlocked(state: MemberState, now: Instant, output: Output): void {
  const { raft, tail } = state;
  if (state.blocked.length === 0) return;
  if (raft.leadership === null || raft.leadership.transfer !== null) return;
  const sees = `${tail.openVotes.version}/${raft.commitIndex}`;
  if (sees !== state.blockedSaw) {
    for (const one of [...state.blocked]) serveBlocked(state, one, now, output);
    state.blockedSaw = `${tail.openVotes.version}/${raft.commitIndex}`;
  }
  giveUpOnLocks(state, now, output);
  help(state, now, output);
}

/** Serves one whose way is free. One that has to wait again keeps its place in the order of arrival. */
function serveBlocked(state: MemberState, one: BlockedRequest, now: Instant, output: Output): void {
  const { openVotes } = state.tail;
  if (openVotes.at(one.behind) !== null) return;
  const id = "id" in one.request ? (one.request.id as TransactionId) : null;
  const holders = openVotes.conflicting(id, one.locks);
  const [holder] = holders;
  // A prepare gives way to an older one that has come before it meanwhile.
  const dies =
    one.request.type === "prepare" &&
    id !== null &&
    holders.some(({ effect }) => isOlder(effect.id, id));
  if (holder !== undefined && !dies) {
    one.behind = holder.index;
    return;
  }
  const place = state.blocked.indexOf(one);
  state.blocked.splice(place, 1);
  const last = state.blocked.length;
  serve(state, one.asker, withTimeLeft(one.request, one.decideBy, now), now, output);
  const again = state.blocked.splice(last, 1)[0];
  if (again === undefined) return;
  one.behind = again.behind;
  state.blocked.splice(place, 0, one);
}

/** A transaction's deadline counts from when it came, however long it has waited since. */
export function withTimeLeft<R extends AnyRequest>(
  request: R,
  decideBy: Instant | null,
  now: Instant,
): R {
  if (request.type !== "transact" || decideBy === null) return request;
  return { ...request, deadlineMs: ms(Math.max(1, decideBy - now)) };
}

/** Transactions that wait for their keys past their deadline are aborted. */
function giveUpOnLocks(state: MemberState, now: Instant, output: Output): void {
  const late = state.blocked.filter(({ decideBy }) => decideBy !== null && decideBy <= now);
  if (late.length === 0) return;
  state.blocked = state.blocked.filter((one) => !late.includes(one));
  for (const { asker, request } of late) {
    if (request.type !== "transact") continue;
    takeUp(state, asker, request, abortBlocked(state, request, asker, now, output), now, output);
  }
}

function help(state: MemberState, now: Instant, output: Output): void {
  for (const one of state.blocked) {
    if (one.helpAt > now) continue;
    one.helpAt = addMs(now, RECOVERY_PAUSE_MS);
    const open = state.tail.openVotes.at(one.behind);
    if (open !== null && !planted("nobody-recovers")) recover(state, open, now, output);
  }
}

export function* blockedTimes({ blocked }: MemberState): Iterable<Instant> {
  for (const { helpAt, decideBy } of blocked) {
    yield helpAt;
    if (decideBy !== null) yield decideBy;
  }
}
