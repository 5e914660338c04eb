/**
 * Elections: voting, campaigning, winning.
 *
 * Source: Raft §5.2 and §5.4.1, the thesis's §9.6 for the pre-vote. Two departures: a vote also waits for what the
 * voter promised (promise.ts), the candidate's own included; and a win is a row of its own, because it
 * entitles the winner to all terms of the block, over restarts. Owns R1 and R4.
 */

import { PEER_PAUSE_MS } from "../limits.ts";
import { planted } from "../planted.ts";
import type { LogView } from "../store/view.ts";
import { addMs, type Block, type Instant, type Ms, ms, type Region } from "../types.ts";
import { leaderLeaseMs, quorum } from "./config.ts";
import type { HardState } from "./hard-state.ts";
import { type LogEnd, newLeadership } from "./leader.ts";
import type { PeerReply, Permission, VoteMessage } from "./messages.ts";
import type { Outbox } from "./outbox.ts";
import { boundFor, promise } from "./promise.ts";
import type { RaftState } from "./state.ts";
import { compareTerms, nextBlock, WAKE_ZERO } from "./term.ts";

type Voted = Extract<PeerReply, { type: "voted" }>;

/** Whether a candidate's log holds at least what this one does (Raft §5.4.1). */
function atLeastAsComplete(candidate: LogEnd, own: LogEnd): boolean {
  const terms = planted("blocks-compared-alone")
    ? candidate.lastTerm.block - own.lastTerm.block
    : compareTerms(candidate.lastTerm, own.lastTerm);
  return terms > 0 || (terms === 0 && candidate.lastIndex >= own.lastIndex);
}

/** How soon a campaign that nobody answered is run again: each member at a time of its own. */
function retryMs(raft: RaftState): Ms {
  return ms(PEER_PAUSE_MS * (1 + raft.config.members.indexOf(raft.config.self)));
}

/**
 * Of two members that campaign at once one gives way while both only ask, or each would promise itself and wait for the
 * other's promise to end. The more complete log goes first, then the member named first. Giving way is always safe.
 */
function outranks(raft: RaftState, own: LogEnd, rival: VoteMessage): boolean {
  if (!atLeastAsComplete(own, rival)) return false;
  if (!atLeastAsComplete(rival, own)) return true;
  const { members, self } = raft.config;
  return members.indexOf(self) < members.indexOf(rival.from);
}

/** Answers a request for a vote. A pre-vote changes nothing; a granted vote is durable before it is told. */
export function onVote(
  raft: RaftState,
  hard: HardState,
  log: LogEnd,
  message: VoteMessage,
  now: Instant,
  outbox: Outbox,
): PeerReply {
  const { block, from, permission } = message;
  const twice = planted("vote-twice");
  const over =
    block < hard.block ||
    (block === hard.block && hard.promisedTo !== null && hard.promisedTo !== from && !twice);
  // A campaign that nobody waits for any more is not run again, so nobody need give way to it.
  const idle = raft.campaign === null || raft.campaign.againAt <= now;
  const rivals = message.pre && !over && raft.campaign !== null;
  const insists = rivals && !idle && outranks(raft, log, message);
  if (rivals && !insists && raft.campaign?.pre) {
    raft.campaign.votes.clear();
    raft.campaign.againAt = addMs(now, ms(2 * PEER_PAUSE_MS));
  }
  const bound = over ? ms(0) : boundFor(raft, hard, from, block, permission, now);
  const waitMs = insists && bound === 0 ? PEER_PAUSE_MS : bound;
  const complete = atLeastAsComplete(message, log) || planted("vote-for-incomplete-log");
  const granted = !over && waitMs === 0 && complete;
  // Whoever asks cannot win for want of entries that this member has, and nobody else may ever ask it to stand.
  if (message.pre && !over && waitMs === 0 && !complete && idle && raft.leadership === null) {
    campaign(raft, hard, log, null, now, outbox);
  }
  if (granted && !message.pre) {
    raft.leadership = null;
    raft.campaign = null;
    const promisedTo = planted("wake-trusts-leader-alone") ? hard.promisedTo : from;
    if (!planted("vote-forgotten")) {
      outbox.writes.push({ type: "hard-state", state: { ...hard, block, promisedTo } });
    }
    promise(raft, from, block, message.incarnation, now);
  }
  return {
    type: "voted",
    from: raft.config.self,
    pre: message.pre,
    granted,
    campaign: message.campaign,
    incarnation: message.incarnation,
    block: hard.block,
    waitMs,
  };
}

/**
 * Starts a campaign with a pre-vote to all members at once, unless this member is itself bound to another:
 * then says how long. The pre-vote keeps a member that cannot win from unseating a healthy leader.
 */
export function campaign(
  raft: RaftState,
  hard: HardState,
  log: LogEnd,
  permission: Permission | null,
  now: Instant,
  outbox: Outbox,
): void {
  const { config } = raft;
  const block = nextBlock(Math.max(hard.block, raft.highestBlock) as Block);
  const free = planted("candidate-against-own-promise");
  const waitMs = free ? ms(0) : boundFor(raft, hard, config.self, block, permission, now);
  raft.campaign = {
    number: raft.nextCampaign++,
    pre: true,
    block,
    sentAt: now,
    votes: new Set(waitMs === 0 ? [config.self] : []),
    permission,
    againAt: addMs(now, waitMs > 0 ? waitMs : retryMs(raft)),
    waits: waitMs > 0,
  };
  askForVotes(raft, log, outbox.sends);
}

function askForVotes(raft: RaftState, log: LogEnd, outbox: Outbox["sends"]): void {
  const { campaign: running, config } = raft;
  if (running === null) return;
  for (const to of others(raft)) {
    outbox.push({
      to,
      message: {
        type: "vote",
        pre: running.pre,
        from: config.self,
        block: running.block,
        campaign: running.number,
        incarnation: config.incarnation,
        lastIndex: log.lastIndex,
        lastTerm: log.lastTerm,
        permission: running.permission,
      },
    });
  }
}

/** Counts a vote. A quorum of pre-votes starts the election, a quorum of votes wins it; true when this one did. */
export function onVoted(
  raft: RaftState,
  hard: HardState,
  log: LogEnd,
  reply: Voted,
  now: Instant,
  outbox: Outbox,
): boolean {
  const { campaign: running, config } = raft;
  if (reply.block > raft.highestBlock) raft.highestBlock = reply.block;
  if (running === null || reply.campaign !== running.number || reply.pre !== running.pre)
    return false;
  const mine = reply.incarnation === config.incarnation || planted("votes-for-dead-life-counted");
  if (!mine) return false;
  if (!reply.granted) {
    if (reply.waitMs > 0) {
      const over = addMs(now, reply.waitMs);
      running.againAt = running.waits && running.againAt < over ? running.againAt : over;
      running.waits = true;
    }
    return false;
  }
  running.votes.add(reply.from);
  if (running.votes.size < quorum(config) || !running.votes.has(config.self)) return false;
  if (running.pre) elect(raft, hard, log, now, outbox);
  else win(raft, hard, log, now, outbox);
  return !running.pre;
}

/** Votes for itself, durably, and then asks the others to. */
function elect(raft: RaftState, hard: HardState, log: LogEnd, now: Instant, outbox: Outbox): void {
  const { campaign: running, config } = raft;
  if (running === null) return;
  const free = planted("candidate-against-own-promise");
  const { permission } = running;
  if (!free && boundFor(raft, hard, config.self, running.block, permission, now) > 0) return;
  if (hard.block >= running.block) return;
  outbox.writes.push({
    type: "hard-state",
    state: {
      ...hard,
      block: running.block,
      promisedTo: config.self,
      won: planted("own-vote-is-a-win") ? running.block : hard.won,
    },
  });
  raft.leadership = null;
  promise(raft, config.self, running.block, config.incarnation, now);
  raft.campaign = {
    ...running,
    pre: false,
    sentAt: now,
    votes: new Set([config.self]),
    againAt: addMs(now, retryMs(raft)),
    waits: false,
  };
  const early = planted("own-vote-told-before-durable");
  askForVotes(raft, log, early ? outbox.sends : outbox.sendsOnceDurable);
}

/** Leads from here: the win is a row, and the lease counts from when the votes were asked for. */
function win(raft: RaftState, hard: HardState, log: LogEnd, now: Instant, outbox: Outbox): void {
  const { campaign: running, config } = raft;
  if (running === null) return;
  const wonAt = { block: running.block, at: now, index: log.lastIndex };
  outbox.writes.push({ type: "hard-state", state: { ...hard, won: running.block, wonAt } });
  raft.leadership = {
    ...newLeadership(config, running.block, log),
    resumed: false,
    wake: WAKE_ZERO,
    firstIndex: (log.lastIndex + 1) as LogView["lastIndex"],
    leaseUntil: addMs(running.sentAt, leaderLeaseMs(config)),
  };
  raft.campaign = null;
}

export function others(raft: RaftState): Region[] {
  return raft.config.members.filter((member) => member !== raft.config.self);
}
