/**
 * Hearing from other members: their calls, their replies, their silence.
 */
import { unreachable } from "../assert.ts";
import { planted } from "../planted.ts";
import { campaign, onVote, onVoted } from "../raft/election.ts";
import { onAppend, onRenew } from "../raft/follower.ts";
import { advanceCommit, appendNoop } from "../raft/leader.ts";
import type { HandOverMessage, PeerMessage, PeerReply, VoteMessage } from "../raft/messages.ts";
import { onAccepted, onUnreachable } from "../raft/replication.ts";
import { onSnapshot, onStaged } from "../raft/snapshot.ts";
import { addMs, type Instant, type Region } from "../types.ts";
import { compaction } from "./compaction.ts";
import { armAlarm } from "./expiry.ts";
import { endHandOver } from "./operate.ts";
import type { Output } from "./output.ts";
import { release } from "./serve.ts";
import { sendElsewhere, sendToLeader } from "./stand.ts";
import type { MemberState, Slot } from "./state.ts";

export function onMessage(
  state: MemberState,
  slot: Slot,
  message: PeerMessage,
  now: Instant,
  output: Output,
): void {
  const { raft, store } = state;
  if (message.type === "hand-over") {
    // A late repeat, after another block was begun, has nobody stand: a leader least of all.
    const over = store.hardState.block > message.permission.block;
    const inTime = raft.leadership === null && (!over || planted("permission-outlives-block"));
    if (inTime) campaign(raft, store.hardState, store, message.permission, now, output);
    output.replies.push({ slot, reply: { type: "taken", from: raft.config.self } });
    return;
  }
  const led = raft.leadership !== null;
  const reply = replyTo(state, message, now, output);
  output.replies.push({ slot, reply });
  if (message.type === "vote" && isDoubted(state, message, reply)) state.leaseUsed = true;
  const follows = reply.type === "accepted" || reply.type === "staged";
  if (follows) {
    // Whom the alarm has asked for has made itself known: with the lease that its answer needs, and before that.
    if (state.alarmAt !== null) state.ledElsewhere = true;
    sendToLeader(state, message.from, output);
    // Compaction looks at the log as it was: where the message also cuts it off or replaces it, it waits for the next.
    const grows = output.writes.every(({ type }) => type === "append" || type === "hard-state");
    if (grows || planted("compacts-what-is-replaced"))
      output.writes.push(...compaction(state, now));
  }
  // Who waits since a hand-over of one's own too: what follows may cut off or overtake what their answers rest on.
  if ((led || follows) && raft.leadership === null) sendElsewhere(state, message.from, output);
}

/** Whether another one stands for a higher block, and lacks what this leader has. Who leads still, a round shows. */
function isDoubted({ raft }: MemberState, { block }: VoteMessage, reply: PeerReply): boolean {
  if (raft.leadership === null || block <= raft.leadership.block) return false;
  return reply.type === "voted" && !reply.granted && reply.waitMs === 0;
}

function replyTo(
  state: MemberState,
  message: Exclude<PeerMessage, HandOverMessage>,
  now: Instant,
  output: Output,
): PeerReply {
  const { raft, store } = state;
  switch (message.type) {
    case "vote":
      return onVote(raft, store.hardState, store, message, now, output);
    case "append":
      return onAppend(raft, store.hardState, store, message, now, output);
    case "renew":
      return onRenew(raft, store.hardState, store, message, now, output);
    case "snapshot":
      return onSnapshot(raft, store.hardState, store, message, now, output);
    default:
      return unreachable(message);
  }
}

export function onReply(state: MemberState, reply: PeerReply, now: Instant, output: Output): void {
  const { raft, store, tail } = state;
  switch (reply.type) {
    case "voted":
      // Committing in a block begins with an entry of it, whoever asked for what.
      if (onVoted(raft, store.hardState, tail, reply, now, output) && raft.leadership !== null) {
        tail.forgetRecent();
        state.fanOut.sent = tail.lastIndex;
        appendNoop(raft.leadership, tail, now);
        armAlarm(state, now, output);
      }
      break;
    case "accepted":
      onAccepted(raft, tail, reply, now);
      advanceCommit(raft, tail);
      release(state, now, output);
      break;
    case "staged":
      onStaged(raft, reply, now);
      break;
    case "taken":
      endHandOver(state, true, output);
      break;
    case "stale":
      if (reply.block > raft.highestBlock) raft.highestBlock = reply.block;
      stepDown(state, reply, now, output);
      break;
    default:
      unreachable(reply);
  }
}

/** A member has promised a leader of a higher block: this one's is over, or soon will be. */
function stepDown(
  state: MemberState,
  reply: Extract<PeerReply, { type: "stale" }>,
  now: Instant,
  output: Output,
): void {
  const { raft } = state;
  if (raft.leadership === null || reply.block <= raft.leadership.block) return;
  raft.leadership = null;
  if (reply.leader !== null) {
    raft.heir = { region: reply.leader, until: addMs(now, raft.config.leaseMs) };
  }
  sendElsewhere(state, reply.leader ?? reply.from, output);
}

export function onSilence(
  state: MemberState,
  from: Region,
  message: PeerMessage,
  now: Instant,
  output: Output,
): void {
  if (message.type === "hand-over") {
    endHandOver(state, false, output);
    // It may never have arrived: neither member would send the other's clients anywhere but to the other.
    state.raft.heir = null;
  }
  if (message.type === "append" || message.type === "snapshot") {
    onUnreachable(state.raft, from, message.round, now);
  }
}
