import { describe, expect, it } from "vitest";
import { leaderLeaseMs } from "./config.ts";
import { campaign, onVote, onVoted } from "./election.ts";
import {
  at,
  block,
  ENAM,
  emptyOutbox,
  FIVE,
  hardOf,
  LEASE,
  LIFE,
  logOf,
  OTHER_LIFE,
  raftOf,
  voteMessage,
  WEUR,
  WNAM,
} from "./fixture.ts";
import type { HardState } from "./hard-state.ts";
import { mayResume } from "./leader.ts";
import type { PeerReply } from "./messages.ts";
import type { Outbox } from "./outbox.ts";
import { promise } from "./promise.ts";
import type { RaftState } from "./state.ts";

const NOW = 50_000;
const hard = hardOf({ block: block(1), promisedTo: WEUR });
const log = logOf(["1.0", "1.0"]);

type Voted = Extract<PeerReply, { type: "voted" }>;

function voted(changes: Partial<Voted> = {}): Voted {
  return {
    type: "voted",
    from: ENAM,
    pre: true,
    granted: true,
    campaign: 0,
    incarnation: LIFE,
    block: block(1),
    waitMs: 0 as Voted["waitMs"],
    ...changes,
  };
}

/** A candidate whose writes reach its disk at once. */
class Candidate {
  readonly raft: RaftState;
  hard: HardState;

  constructor(raft: RaftState = raftOf({ self: WNAM }), of: HardState = hard) {
    this.raft = raft;
    this.hard = of;
  }

  campaign(now = NOW): Outbox {
    const outbox = emptyOutbox();
    campaign(this.raft, this.hard, log, null, at(now), outbox);
    return outbox;
  }

  hear(reply: Voted, now = NOW + 10): Outbox {
    const outbox = emptyOutbox();
    onVoted(this.raft, this.hard, log, reply, at(now), outbox);
    for (const write of outbox.writes) if (write.type === "hard-state") this.hard = write.state;
    return outbox;
  }
}

/** A candidate that has a quorum of pre-votes, and so asks for votes. */
function elected(): Candidate {
  const candidate = new Candidate();
  candidate.campaign();
  candidate.hear(voted());
  return candidate;
}

describe("a campaign", () => {
  it("begins with a pre-vote to all members at once, and writes nothing", () => {
    const outbox = new Candidate().campaign();
    expect(outbox.sends.map(({ to, message }) => [to, message])).toMatchObject([
      [WEUR, { type: "vote", pre: true, block: 2, lastIndex: 2, lastTerm: { block: 1, wake: 0 } }],
      [ENAM, { type: "vote", pre: true, block: 2 }],
    ]);
    expect(outbox.writes).toEqual([]);
    expect(outbox.sendsOnceDurable).toEqual([]);
  });

  it("is for the block above the highest heard of", () => {
    const candidate = new Candidate(raftOf({ self: WNAM, highestBlock: block(6) }));
    candidate.campaign();
    expect(candidate.raft.campaign?.block).toBe(7);
  });

  it("goes above the block a voter answers with, next time", () => {
    const candidate = new Candidate();
    candidate.campaign();
    candidate.hear(voted({ granted: false, block: block(4) }));
    candidate.campaign();
    expect(candidate.raft.campaign).toMatchObject({ number: 1, block: 5 });
  });

  it("asks for votes once a quorum has granted the pre-vote, its own included", () => {
    const five = new Candidate(raftOf({ self: WNAM, members: FIVE }));
    five.campaign();
    expect(five.hear(voted()).sendsOnceDurable).toEqual([]);
    expect(five.hear(voted()).sendsOnceDurable).toEqual([]);
    expect(five.hear(voted({ from: WEUR })).sendsOnceDurable.length).toBe(4);
  });

  it("asked to wait by a promise, is run again when it is over (L1)", () => {
    const candidate = new Candidate();
    candidate.campaign();
    candidate.hear(voted({ granted: false, waitMs: LEASE }), NOW + 10);
    expect(candidate.raft.campaign).toMatchObject({ waits: true, againAt: NOW + 10 + LEASE });
  });
});

describe("a candidate is a voter like the others (L1)", () => {
  function bound(): Candidate {
    const raft = raftOf({ self: WNAM });
    promise(raft, WEUR, block(1), LIFE, at(NOW - 500));
    return new Candidate(raft);
  }

  it("does not vote for itself while it has promised another", () => {
    const candidate = bound();
    const outbox = candidate.campaign();
    expect(candidate.raft.campaign?.votes.size).toBe(0);
    expect(outbox.sends.length).toBe(2);
    expect(candidate.raft.campaign?.againAt).toBe(NOW + 1_500);
  });

  it("does not go on without its own vote, whoever else grants theirs", () => {
    const candidate = bound();
    candidate.campaign();
    candidate.hear(voted({ from: ENAM }));
    const outbox = candidate.hear(voted({ from: WEUR }));
    expect(outbox).toEqual(emptyOutbox());
    expect(candidate.raft.campaign?.pre).toBe(true);
  });

  it("does not go on with a campaign in which it gave way to another candidate", () => {
    const candidate = new Candidate();
    candidate.campaign();
    const end = { lastIndex: log.lastIndex, lastTerm: log.lastTerm };
    const rival = voteMessage({ pre: true, from: WEUR, ...end });
    onVote(candidate.raft, candidate.hard, log, rival, at(NOW), emptyOutbox());
    candidate.hear(voted({ from: ENAM }));
    expect(candidate.hear(voted({ from: WEUR }))).toEqual(emptyOutbox());
  });

  it("does not vote for itself where it promised another since the pre-vote", () => {
    const candidate = new Candidate();
    candidate.campaign();
    promise(candidate.raft, WEUR, block(1), LIFE, at(NOW));
    expect(candidate.hear(voted())).toEqual(emptyOutbox());
  });

  it("does not vote for itself where it voted for another since the pre-vote (R1)", () => {
    const candidate = new Candidate();
    candidate.campaign();
    candidate.hard = hardOf({ block: block(2), promisedTo: ENAM });
    expect(candidate.hear(voted())).toEqual(emptyOutbox());
  });

  it("may not right after it woke, unless its disk says it promised itself", () => {
    const woken = new Candidate(raftOf({ self: WNAM, wakeUntil: at(NOW + 700) }));
    woken.campaign();
    expect(woken.raft.campaign).toMatchObject({ votes: new Set(), againAt: NOW + 700 });
    const own = new Candidate(
      raftOf({ self: WNAM, wakeUntil: at(NOW + 700) }),
      hardOf({ promisedTo: WNAM }),
    );
    own.campaign();
    expect(own.raft.campaign?.votes).toEqual(new Set([WNAM]));
  });
});

describe("a candidate's own vote (R4)", () => {
  it("is durable before the others are asked for theirs", () => {
    const candidate = new Candidate();
    candidate.campaign();
    const outbox = candidate.hear(voted());
    expect(outbox.sends).toEqual([]);
    expect(outbox.writes).toEqual([
      { type: "hard-state", state: hardOf({ block: block(2), promisedTo: WNAM }) },
    ]);
    expect(outbox.sendsOnceDurable.map(({ to, message }) => [to, message])).toMatchObject([
      [WEUR, { type: "vote", pre: false, block: 2 }],
      [ENAM, { type: "vote", pre: false, block: 2 }],
    ]);
  });

  it("promises itself the lease (L1)", () => {
    expect(elected().raft.promise).toMatchObject({ to: WNAM, block: 2, until: NOW + 10 + LEASE });
  });

  it("is no win: nobody resumes on it (R1)", () => {
    const { hard: stored } = elected();
    expect(stored).toMatchObject({ block: 2, promisedTo: WNAM, won: null });
    expect(mayResume(stored)).toBe(false);
  });
});

describe("a candidate wins", () => {
  it("with a quorum of votes, its own included, and stores the win as a row of its own (R4)", () => {
    const candidate = elected();
    const outbox = candidate.hear(voted({ pre: false }), NOW + 90);
    expect(outbox.writes).toEqual([
      {
        type: "hard-state",
        state: {
          ...hardOf({ block: block(2), promisedTo: WNAM, won: block(2) }),
          // Where its log ended, and when: what others granted is counted from here.
          wonAt: { block: block(2), at: NOW + 90, index: 2 },
        },
      },
    ]);
    expect([outbox.sends, outbox.sendsOnceDurable]).toEqual([[], []]);
    expect(mayResume(candidate.hard)).toBe(true);
  });

  it("wake 0 of its block, for entries behind its log's end", () => {
    const candidate = elected();
    candidate.hear(voted({ pre: false }));
    expect(candidate.raft.leadership).toMatchObject({
      block: 2,
      resumed: false,
      wake: 0,
      firstIndex: 3,
      baseInBlock: false,
    });
    expect(candidate.raft.campaign).toBeNull();
  });

  it("a lease counted from when it asked for the votes, not from their coming (L1)", () => {
    const candidate = elected();
    candidate.hear(voted({ pre: false }), NOW + 900);
    const { leadership, config } = candidate.raft;
    expect(leadership?.leaseUntil).toBe(NOW + 10 + leaderLeaseMs(config));
  });

  it.each([
    ["a pre-vote", { pre: true }],
    ["a vote of an earlier campaign", { pre: false, campaign: 9 }],
    ["a vote for a dead incarnation", { pre: false, incarnation: OTHER_LIFE }],
    ["a vote that was refused", { pre: false, granted: false }],
  ])("not by %s (R1)", (_, changes) => {
    const candidate = elected();
    expect(candidate.hear(voted(changes)).writes).toEqual([]);
    expect(candidate.raft.leadership).toBeNull();
  });

  it("not by one voter's vote heard twice (R1)", () => {
    const five = new Candidate(raftOf({ self: WNAM, members: FIVE }));
    five.campaign();
    for (const from of [ENAM, WEUR]) five.hear(voted({ from }));
    for (const from of [ENAM, ENAM, ENAM]) five.hear(voted({ pre: false, from }));
    expect(five.raft.leadership).toBeNull();
    five.hear(voted({ pre: false, from: WEUR }));
    expect(five.raft.leadership?.block).toBe(2);
  });
});
