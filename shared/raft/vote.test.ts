import { describe, expect, it } from "vitest";
import { logIndex, ms } from "../types.ts";
import { campaign, onVote } from "./election.ts";
import {
  at,
  block,
  ENAM,
  emptyOutbox,
  hardOf,
  LEASE,
  LIFE,
  lead,
  logOf,
  OTHER_LIFE,
  raftOf,
  term,
  voteMessage,
  WEUR,
  WNAM,
} from "./fixture.ts";
import type { HardState } from "./hard-state.ts";
import type { VoteMessage } from "./messages.ts";
import { promise } from "./promise.ts";
import type { LeaderLog } from "./replication.ts";
import type { RaftState } from "./state.ts";

const NOW = at(50_000);

/** What a voter does with a message, and what it has become. */
function ask(
  message: VoteMessage,
  of: { raft?: RaftState; hard?: HardState; log?: LeaderLog; now?: number } = {},
) {
  const raft = of.raft ?? raftOf({ self: ENAM });
  const outbox = emptyOutbox();
  const { hard = hardOf(), log = logOf([]), now = NOW } = of;
  const reply = onVote(raft, hard, log, message, at(now), outbox);
  if (reply.type !== "voted") throw new Error("a vote is answered by a vote");
  return { reply, outbox, raft };
}

describe("a vote", () => {
  it("is granted to a higher block, and stored with it (R4)", () => {
    const { reply, outbox } = ask(voteMessage({ block: block(2) }));
    expect(reply).toMatchObject({ granted: true, waitMs: 0, campaign: 7, incarnation: OTHER_LIFE });
    expect(outbox.writes).toEqual([
      { type: "hard-state", state: hardOf({ block: block(2), promisedTo: WNAM }) },
    ]);
    expect([outbox.sends, outbox.sendsOnceDurable]).toEqual([[], []]);
  });

  it("is granted once a block (R1)", () => {
    const voted = hardOf({ block: block(2), promisedTo: WEUR });
    const { reply, outbox, raft } = ask(voteMessage({ block: block(2), from: WNAM }), {
      hard: voted,
    });
    expect(reply).toMatchObject({ granted: false, waitMs: 0, block: 2 });
    expect(outbox.writes).toEqual([]);
    expect(raft.promise).toBeNull();
  });

  it("is granted again to a repeat of the same request (R1)", () => {
    const voted = hardOf({ block: block(2), promisedTo: WNAM });
    expect(ask(voteMessage({ block: block(2) }), { hard: voted }).reply.granted).toBe(true);
  });

  it("is refused for a block below the voter's, which the reply names", () => {
    const { reply, outbox } = ask(voteMessage({ block: block(2) }), {
      hard: hardOf({ block: block(3), promisedTo: WNAM }),
    });
    expect(reply).toMatchObject({ granted: false, block: 3 });
    expect(outbox.writes).toEqual([]);
  });

  it("promises the candidate a lease (L1)", () => {
    const { raft } = ask(voteMessage());
    expect(raft.promise).toEqual({
      to: WNAM,
      block: 2,
      until: NOW + LEASE,
      incarnation: OTHER_LIFE,
    });
  });

  it("ends the voter's own leadership and campaign (R1)", () => {
    const raft = raftOf({ self: ENAM });
    lead(raft, 1, logOf([]));
    const { reply } = ask(voteMessage(), { raft });
    expect(reply.granted).toBe(true);
    expect([raft.leadership, raft.campaign]).toEqual([null, null]);
  });

  it("keeps what the voter won and gave up before (R4)", () => {
    const hard = hardOf({ block: block(3), won: block(2), gaveUp: block(1) });
    const { outbox } = ask(voteMessage({ block: block(4) }), { hard });
    expect(outbox.writes).toMatchObject([{ state: { won: 2, gaveUp: 1, block: 4 } }]);
  });
});

describe("a vote goes only to a log at least as complete (R3, Raft §5.4.1)", () => {
  const own = logOf(["1.0", "1.0", "1.2"]);
  it.each([
    ["the same end", "1.2", 3, true],
    ["a longer log of the same term", "1.2", 4, true],
    ["a shorter log of the same term", "1.2", 2, false],
    ["a shorter log of a higher block", "2.0", 1, true],
    ["a shorter log of a higher wake", "1.3", 1, true],
    ["a longer log of a lower wake", "1.1", 9, false],
    ["a longer log of a lower block", "0.9", 9, false],
  ])("%s: term %s, index %i → %s", (_, lastTerm, lastIndex, granted) => {
    const message = { lastTerm: term(lastTerm), lastIndex: logIndex(lastIndex), block: block(3) };
    for (const pre of [true, false]) {
      const { reply, outbox } = ask(voteMessage({ ...message, pre }), { log: own });
      expect(reply.granted).toBe(granted);
      expect(outbox.writes.length).toBe(granted && !pre ? 1 : 0);
    }
  });
});

describe("a voter that has promised a lease (L1)", () => {
  function bound(): RaftState {
    const raft = raftOf({ self: ENAM });
    promise(raft, WEUR, block(1), LIFE, NOW);
    return raft;
  }

  it("votes for nobody else, and says for how long", () => {
    const { reply, outbox } = ask(voteMessage(), { raft: bound(), now: NOW + 300 });
    expect(reply).toMatchObject({ granted: false, waitMs: LEASE - 300 });
    expect(outbox.writes).toEqual([]);
  });

  it("does not adopt the block of a candidate it refuses", () => {
    const { reply, raft } = ask(voteMessage({ block: block(9) }), { raft: bound() });
    expect(reply).toMatchObject({ granted: false, block: 1 });
    expect(raft.highestBlock).toBe(1);
    expect(raft.promise?.to).toBe(WEUR);
  });

  it("votes when the lease is over", () => {
    expect(ask(voteMessage(), { raft: bound(), now: NOW + LEASE }).reply.granted).toBe(true);
  });

  it("refuses others while it leads: a leader's rounds bind itself", () => {
    const raft = raftOf({ self: ENAM });
    lead(raft, 1, logOf([]));
    promise(raft, ENAM, block(1), LIFE, NOW);
    expect(ask(voteMessage(), { raft }).reply).toMatchObject({ granted: false, waitMs: LEASE });
    expect(raft.leadership).not.toBeNull();
  });

  it("is released by a hand-over's permission for the next block alone", () => {
    const permission = { from: WEUR, block: block(1) };
    const next = voteMessage({ block: block(2), permission });
    expect(ask(next, { raft: bound() }).reply.granted).toBe(true);
    const beyond = voteMessage({ block: block(3), permission });
    expect(ask(beyond, { raft: bound() }).reply).toMatchObject({ granted: false, waitMs: LEASE });
  });
});

describe("a pre-vote", () => {
  const pre = voteMessage({ pre: true });

  it("is answered as the vote would be", () => {
    expect(ask(pre).reply).toMatchObject({ pre: true, granted: true });
  });

  it("changes nothing: no row, no promise, no block, no leader unseated", () => {
    const raft = raftOf({ self: ENAM });
    const leadership = lead(raft, 1, logOf([]));
    const before = structuredClone(raft);
    const { outbox } = ask(pre, { raft });
    expect(outbox).toEqual(emptyOutbox());
    expect(raft).toEqual(before);
    expect(raft.leadership).toBe(leadership);
  });
});

describe("of two members that ask for pre-votes at once, one gives way", () => {
  function campaigning(self: typeof WEUR, log: LeaderLog): RaftState {
    const raft = raftOf({ self });
    campaign(raft, hardOf(), log, null, NOW, emptyOutbox());
    return raft;
  }
  const rival = (from: typeof WEUR, log: LeaderLog) =>
    voteMessage({ pre: true, from, lastIndex: log.lastIndex, lastTerm: log.lastTerm });
  const short = logOf(["1.0"]);
  const long = logOf(["1.0", "1.0"]);

  it("the one with the less complete log", () => {
    const raft = campaigning(WEUR, short);
    expect(ask(rival(WNAM, long), { raft, log: short }).reply.granted).toBe(true);
    expect(raft.campaign?.votes.size).toBe(0);
  });

  it("with equal logs, the one that is named later", () => {
    const earlier = campaigning(WEUR, long);
    expect(ask(rival(WNAM, long), { raft: earlier, log: long }).reply.granted).toBe(false);
    expect(earlier.campaign?.votes).toEqual(new Set([WEUR]));
    const later = campaigning(WNAM, long);
    expect(ask(rival(WEUR, long), { raft: later, log: long }).reply.granted).toBe(true);
    expect(later.campaign?.votes.size).toBe(0);
  });

  it("and the one that insists says when to ask again", () => {
    const raft = campaigning(WEUR, long);
    const { reply } = ask(rival(WNAM, long), { raft, log: long });
    expect(reply.waitMs).toBeGreaterThan(ms(0));
  });

  it("but not to a campaign that is over: its member stands anew where it lacks less", () => {
    const raft = campaigning(ENAM, long);
    const { againAt } = raft.campaign ?? { againAt: 0 };
    const { reply, outbox } = ask(rival(WNAM, short), { raft, log: long, now: againAt });
    expect(reply).toMatchObject({ granted: false, waitMs: 0 });
    expect(raft.campaign).toMatchObject({ number: 1, sentAt: againAt });
    expect(outbox.sends.map(({ to }) => to)).toEqual([WEUR, WNAM]);
    const same = campaigning(WEUR, long);
    expect(ask(rival(WNAM, long), { raft: same, log: long, now: againAt }).reply.granted).toBe(
      true,
    );
  });
});
