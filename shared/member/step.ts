/**
 * A member's protocol: one event in, what to do about it out.
 *
 * It never awaits, reads no clock and draws no random number. The state is changed in place; the disk is changed
 * only by the host, which carries out the output's writes in the same turn.
 */
import { unreachable } from "../assert.ts";
import { EXPIRY_KEYS_MAX, RECOVERY_PAUSE_MS } from "../limits.ts";
import { advanceCommit } from "../raft/leader.ts";
import { sameTerm } from "../raft/term.ts";
import { addMs, type Instant, ORIGIN } from "../types.ts";
import { onErrandDone } from "./errand-done.ts";
import { onErrandAnswer } from "./errands.ts";
import type { MemberEvent } from "./event.ts";
import { appendExpiry, armAlarm, earliest, locksOver, nextRecovery } from "./expiry.ts";
import { beginRing, onFanned, onNoticed } from "./fan-out.ts";
import { emptyOutput, type Output } from "./output.ts";
import { onMessage, onReply, onSilence } from "./peers.ts";
import { findLeader, recover } from "./recover.ts";
import { onRequest, release } from "./serve.ts";
import { onRelayed, onRelayFailed } from "./stand.ts";
import type { MemberState } from "./state.ts";
import { endTurn, giveUp } from "./turn.ts";
import { closeWatcher, onChecked, onTaken, openWatcher } from "./watch.ts";

export function step(state: MemberState, event: MemberEvent): Output {
  const output = emptyOutput();
  const { now } = event;
  switch (event.type) {
    case "request":
      onRequest(state, event.slot, event.request, event.caller, now, output);
      break;
    case "turn-end":
      endTurn(state, now, output);
      break;
    case "confirmed":
      onConfirmed(state, event, output);
      break;
    case "message":
      onMessage(state, event.slot, event.message, now, output);
      break;
    case "reply":
      onReply(state, event.reply, now, output);
      break;
    case "unreachable":
      onSilence(state, event.from, event.message, now, output);
      break;
    case "relayed":
      onRelayed(state, event.answers, output);
      break;
    case "relay-failed":
      onRelayFailed(state, event.slots);
      break;
    case "errand":
      onErrand(state, event, output);
      break;
    case "fanned":
      onFanned(state);
      break;
    case "followed":
      state.fanOut.replicas = event.replicas;
      // They may lack all that there is.
      if (state.raft.leadership !== null && state.tail.lastIndex > ORIGIN) {
        armAlarm(state, now, output);
      }
      break;
    case "noticed":
      onNoticed(state, event.region, event.index);
      break;
    case "watch-open":
      openWatcher(state, event.id, event.watcher, output);
      break;
    case "watch-taken":
      onTaken(state, event.id, event.amount);
      break;
    case "watch-checked":
      onChecked(state, event.id, event.leads, output);
      break;
    case "watch-closed":
      closeWatcher(state, event.id);
      break;
    case "timer":
      giveUp(state, now, output);
      break;
    case "alarm":
      onAlarm(state, now, output);
      break;
    default:
      unreachable(event);
  }
  return output;
}

function onConfirmed(
  state: MemberState,
  { through, term, now }: Extract<MemberEvent, { type: "confirmed" }>,
  output: Output,
): void {
  const { raft, store } = state;
  // Where the log was cut off meanwhile, it was another entry that the disk confirmed.
  const stands = store.termAt(through);
  if (stands === null || !sameTerm(stands, term)) return;
  if (through > raft.durableIndex) raft.durableIndex = through;
  if (advanceCommit(raft, state.tail)) release(state, now, output);
}

/** Another group's leader answered an errand, or nobody did in time. */
function onErrand(
  state: MemberState,
  { number, answer, now }: Extract<MemberEvent, { type: "errand" }>,
  output: Output,
): void {
  const done = onErrandAnswer(state, number, answer, now, output);
  if (done !== null) onErrandDone(state, done, now, output);
}

function onAlarm(state: MemberState, now: Instant, output: Output): void {
  state.alarmAt = null;
  const { raft, store, tail } = state;
  if (raft.leadership === null) {
    findLeader(state, now, output);
    return;
  }
  if (raft.leadership.transfer !== null) {
    // Should the hand-over fail, there is still to do what it rang for.
    state.alarmAt = addMs(now, RECOVERY_PAUSE_MS);
    output.alarm = state.alarmAt;
    return;
  }
  const overdue = store.overdue(now, EXPIRY_KEYS_MAX);
  const locks = locksOver(state, now);
  // A key that a transaction has locked expires once it is resolved.
  const isFree = (key: string): boolean => tail.openVotes.holder(key, false) === null;
  const free = [...overdue, ...locks.over].filter(isFree);
  if (free.length > 0) appendExpiry(state, free, now);
  for (const open of tail.openVotes.all()) {
    if (open.effect.recoverAt <= now) recover(state, open, now, output);
  }
  beginRing(state, now);
  const again = overdue.length === EXPIRY_KEYS_MAX && free.length > 0 ? now : null;
  const next = earliest([again, locks.next, store.nextExpiry(now), nextRecovery(state, now)]);
  if (next === null) return;
  state.alarmAt = next;
  output.alarm = next;
}
