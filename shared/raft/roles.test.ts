/**
 * What a message makes of a member, for every message and every role: the compiler demands each cell.
 */
import { describe, expect, it } from "vitest";
import { logIndex } from "../types.ts";
import { campaign, onVote } from "./election.ts";
import {
  appendMessage,
  at,
  block,
  ENAM,
  emptyOutbox,
  hardOf,
  LIFE,
  lead,
  logOf,
  raftOf,
  renewMessage,
  term,
  voteMessage,
  WEUR,
} from "./fixture.ts";
import { onAppend, onRenew } from "./follower.ts";
import type { HardState } from "./hard-state.ts";
import type { PeerReply } from "./messages.ts";
import { promise } from "./promise.ts";
import type { RaftState } from "./state.ts";

const NOW = at(50_000);
const OVER = at(40_000);

type Role = "idle" | "bound" | "woken" | "candidate" | "leader" | "leader whose lease is over";
type Message = "pre-vote" | "vote" | "append" | "renew";
type Age = "lower block" | "same block" | "higher block";
/** The reply, and whether the member leads or campaigns afterwards, and how many rows it wrote. */
type Expected = readonly [reply: string, then: "leads" | "campaigns" | "neither", rows: number];

/** A member of block 3: a follower of WEUR's, or, where it leads, the one that won the block. */
function memberAs(role: Role): { raft: RaftState; hard: HardState } {
  const raft = raftOf({ self: ENAM, commitIndex: logIndex(1) });
  const hard = hardOf({ block: block(3), promisedTo: WEUR });
  const won = hardOf({ block: block(3), promisedTo: ENAM, won: block(3) });
  switch (role) {
    case "idle":
      return { raft, hard };
    case "bound":
      promise(raft, WEUR, block(3), LIFE, NOW);
      return { raft, hard };
    case "woken":
      return { raft: { ...raft, wakeUntil: at(NOW + 2_000) }, hard };
    case "candidate":
      campaign(raft, hard, log, null, NOW, emptyOutbox());
      return { raft, hard };
    case "leader":
      lead(raft, 3, log);
      promise(raft, ENAM, block(3), LIFE, NOW);
      return { raft, hard: won };
    case "leader whose lease is over":
      lead(raft, 3, log);
      promise(raft, ENAM, block(3), LIFE, OVER);
      return { raft, hard: won };
  }
}

const log = logOf(["1.0", "3.0"]);
const BLOCKS: Record<Age, number> = { "lower block": 2, "same block": 3, "higher block": 4 };

function send(message: Message, age: Age, { raft, hard }: { raft: RaftState; hard: HardState }) {
  const outbox = emptyOutbox();
  const of = BLOCKS[age];
  const end = { lastIndex: log.lastIndex, lastTerm: log.lastTerm };
  const ofLeader = { from: WEUR, term: term(`${of}.0`) };
  const reply = ((): PeerReply => {
    switch (message) {
      case "pre-vote":
      case "vote": {
        // From the one member that nobody here has promised anything.
        const vote = voteMessage({ pre: message === "pre-vote", block: block(of), ...end });
        return onVote(raft, hard, log, vote, NOW, outbox);
      }
      case "append":
        return onAppend(raft, hard, log, appendMessage(ofLeader), NOW, outbox);
      case "renew":
        return onRenew(raft, hard, log, renewMessage(ofLeader), NOW, outbox);
    }
  })();
  return { reply, rows: outbox.writes.length };
}

function described(reply: PeerReply): string {
  if (reply.type !== "voted") return reply.type;
  if (reply.granted) return "granted";
  return reply.waitMs > 0 ? "wait" : "refused";
}

const stateOf = (raft: RaftState) => {
  if (raft.leadership !== null) return "leads";
  return raft.campaign === null ? "neither" : "campaigns";
};

const neither = (reply: string, rows = 0): Expected => [reply, "neither", rows];
const leads = (reply: string): Expected => [reply, "leads", 0];
const campaigns = (reply: string): Expected => [reply, "campaigns", 0];
/** Two members that lead one block: R1 is broken, and the member stops. */
const violation: Expected = ["R1", "leads", 0];

const TABLE: Record<Age, Record<Message, Record<Role, Expected>>> = {
  "lower block": {
    "pre-vote": {
      idle: neither("refused"),
      bound: neither("refused"),
      woken: neither("refused"),
      candidate: campaigns("refused"),
      leader: leads("refused"),
      "leader whose lease is over": leads("refused"),
    },
    vote: {
      idle: neither("refused"),
      bound: neither("refused"),
      woken: neither("refused"),
      candidate: campaigns("refused"),
      leader: leads("refused"),
      "leader whose lease is over": leads("refused"),
    },
    append: {
      idle: neither("stale"),
      bound: neither("stale"),
      woken: neither("stale"),
      candidate: campaigns("stale"),
      leader: leads("stale"),
      "leader whose lease is over": leads("stale"),
    },
    renew: {
      idle: neither("stale"),
      bound: neither("stale"),
      woken: neither("stale"),
      candidate: campaigns("stale"),
      leader: leads("stale"),
      "leader whose lease is over": leads("stale"),
    },
  },
  "same block": {
    "pre-vote": {
      idle: neither("refused"),
      bound: neither("refused"),
      woken: neither("refused"),
      candidate: campaigns("refused"),
      leader: leads("refused"),
      "leader whose lease is over": leads("refused"),
    },
    vote: {
      idle: neither("refused"),
      bound: neither("refused"),
      woken: neither("refused"),
      candidate: campaigns("refused"),
      leader: leads("refused"),
      "leader whose lease is over": leads("refused"),
    },
    append: {
      idle: neither("accepted"),
      bound: neither("accepted"),
      woken: neither("accepted"),
      candidate: neither("accepted"),
      leader: violation,
      "leader whose lease is over": violation,
    },
    renew: {
      idle: neither("accepted"),
      bound: neither("accepted"),
      woken: neither("accepted"),
      candidate: neither("accepted"),
      leader: violation,
      "leader whose lease is over": violation,
    },
  },
  "higher block": {
    "pre-vote": {
      idle: neither("granted"),
      bound: neither("wait"),
      woken: neither("wait"),
      candidate: campaigns("granted"),
      leader: leads("wait"),
      "leader whose lease is over": leads("granted"),
    },
    vote: {
      idle: neither("granted", 1),
      bound: neither("wait"),
      woken: neither("wait"),
      candidate: neither("granted", 1),
      leader: leads("wait"),
      "leader whose lease is over": neither("granted", 1),
    },
    append: {
      idle: neither("accepted", 1),
      bound: neither("accepted", 1),
      woken: neither("accepted", 1),
      candidate: neither("accepted", 1),
      leader: neither("accepted", 1),
      "leader whose lease is over": neither("accepted", 1),
    },
    renew: {
      idle: neither("accepted", 1),
      bound: neither("accepted", 1),
      woken: neither("accepted", 1),
      candidate: neither("accepted", 1),
      leader: neither("accepted", 1),
      "leader whose lease is over": neither("accepted", 1),
    },
  },
};

const keys = <K extends string>(of: Record<K, unknown>) => Object.keys(of) as K[];

for (const age of keys(TABLE)) {
  for (const message of keys(TABLE[age])) {
    describe(`${message}, ${age}`, () => {
      for (const role of keys(TABLE[age][message])) {
        const [reply, then, rows] = TABLE[age][message][role];
        it(`${role}: ${reply}, then ${then}, ${rows} rows`, () => {
          const member = memberAs(role);
          if (reply === "R1") {
            expect(() => send(message, age, member)).toThrow(/^R1/);
          } else {
            const found = send(message, age, member);
            expect([described(found.reply), stateOf(member.raft), found.rows]).toEqual([
              reply,
              then,
              rows,
            ]);
          }
        });
      }
    });
  }
}
