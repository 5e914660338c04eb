import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LogIndex, logIndex, nextIndex } from "../types.ts";
import { leaderLeaseMs } from "./config.ts";
import {
  at,
  block,
  ENAM,
  emptyOutbox,
  entryOf,
  LIFE,
  lead,
  logOf,
  OTHER_LIFE,
  raftOf,
  term,
  WEUR,
  WNAM,
} from "./fixture.ts";
import type { PeerReply } from "./messages.ts";
import { type LeaderLog, onAccepted, onUnreachable, renew, replicate } from "./replication.ts";
import type { RaftState } from "./state.ts";

const NOW = 50_000;
type Accepted = Extract<PeerReply, { type: "accepted" }>;

/** A leader of block 2 that took wake 0 at its log's entry 3, all of it durable. */
function leader(log: LeaderLog, next = log.lastIndex + 1): RaftState {
  const raft = raftOf({ durableIndex: log.lastIndex, commitIndex: logIndex(1) });
  const leadership = lead(raft, 2, log, { wake: term("2.0").wake, firstIndex: logIndex(3) });
  for (const progress of leadership.progress.values()) progress.next = logIndex(next);
  return raft;
}

const log = logOf(["1.0", "1.0", "2.0", "2.0"]);

function accepted(changes: Partial<Accepted> = {}): Accepted {
  return {
    type: "accepted",
    from: WNAM,
    block: block(2),
    incarnation: LIFE,
    round: 0,
    match: logIndex(4),
    lastIndex: logIndex(4),
    lastTerm: term("2.0"),
    ...changes,
  };
}

function sent(raft: RaftState, of: LeaderLog = log, now = NOW) {
  const outbox = emptyOutbox();
  replicate(raft, of, at(now), outbox);
  return outbox.sends;
}

const progressOf = (raft: RaftState, member = WNAM) => raft.leadership?.progress.get(member);

describe("a leader replicates", () => {
  it("what each follower does not hold yet, behind the entry before it", () => {
    const raft = leader(log, 3);
    expect(sent(raft)).toMatchObject([
      {
        to: WNAM,
        message: {
          type: "append",
          from: WEUR,
          term: term("2.0"),
          incarnation: LIFE,
          round: 0,
          commitIndex: 1,
          prevIndex: 2,
          prevTerm: term("1.0"),
          entries: [entryOf(3, "2.0"), entryOf(4, "2.0")],
        },
      },
      { to: ENAM, message: { round: 0 } },
    ]);
  });

  it("nothing to a follower that has a batch under way: what comes goes with the next", () => {
    const raft = leader(log, 3);
    sent(raft);
    expect(sent(raft)).toEqual([]);
    onAccepted(raft, log, accepted(), at(NOW));
    const longer = logOf(["1.0", "1.0", "2.0", "2.0", "2.0", "2.0"]);
    expect(sent(raft, longer)).toMatchObject([
      { to: WNAM, message: { prevIndex: 4, entries: [{ index: 5 }, { index: 6 }] } },
    ]);
  });

  it("nothing where everyone holds everything (L3)", () => {
    expect(sent(leader(log))).toEqual([]);
  });

  it("nothing when it does not lead", () => {
    const outbox = emptyOutbox();
    replicate(raftOf(), log, at(NOW), outbox);
    renew(raftOf(), log, at(NOW), outbox);
    expect(outbox).toEqual(emptyOutbox());
  });

  it("again to a follower that could not be reached, after a pause, from what it is known to hold", () => {
    const raft = leader(log, 3);
    sent(raft);
    onUnreachable(raft, WNAM, 0, at(NOW + 1_000));
    expect(sent(raft, log, NOW + 1_000)).toEqual([]);
    expect(sent(raft, log, NOW + 2_000)).toMatchObject([{ to: WNAM, message: { prevIndex: 0 } }]);
  });

  it("and not because another one is silent too, so that nobody asks for ever (L3)", () => {
    const raft = leader(log, 3);
    expect(sent(raft).map(({ to }) => to)).toEqual([WNAM, ENAM]);
    onUnreachable(raft, WNAM, 0, at(NOW + 1_000));
    expect(sent(raft, log, NOW + 1_000)).toEqual([]);
    onUnreachable(raft, ENAM, 0, at(NOW + 1_900));
    expect(sent(raft, log, NOW + 1_900)).toEqual([]);
    expect(sent(raft, log, NOW + 2_900).map(({ to }) => to)).toEqual([WNAM, ENAM]);
  });

  it("and hears nothing in the silence to a round that is over", () => {
    const raft = leader(log, 3);
    sent(raft);
    onUnreachable(raft, WNAM, 9, at(NOW));
    expect(progressOf(raft)?.round).toBe(0);
  });
});

describe("a leader counts an answer", () => {
  it("towards the lease, from when its round was sent (L1)", () => {
    const raft = leader(log);
    renew(raft, log, at(NOW), emptyOutbox());
    onAccepted(raft, log, accepted(), at(NOW + 600));
    expect(raft.leadership?.leaseUntil).toBe(NOW + leaderLeaseMs(raft.config));
    expect(progressOf(raft)).toMatchObject({ match: 4, next: 5, round: null });
  });

  it.each([
    ["to a dead incarnation", { incarnation: OTHER_LIFE }],
    ["of an earlier block", { block: block(1) }],
  ])("not where it is %s (L1)", (_, changes) => {
    const raft = leader(log);
    renew(raft, log, at(NOW), emptyOutbox());
    onAccepted(raft, log, accepted(changes), at(NOW + 600));
    expect(raft.leadership?.leaseUntil).toBe(0);
    expect(progressOf(raft)?.match).toBe(0);
  });

  it("without going back behind a later one", () => {
    const raft = leader(log, 3);
    sent(raft);
    onAccepted(raft, log, accepted({ round: 1 }), at(NOW));
    onAccepted(raft, log, accepted({ round: 0, match: logIndex(2) }), at(NOW));
    onAccepted(
      raft,
      log,
      accepted({ round: 0, match: null, lastIndex: logIndex(1), lastTerm: term("1.0") }),
      at(NOW),
    );
    expect(progressOf(raft)).toMatchObject({ match: 4, next: 5 });
  });

  it("sends again from where the logs agree, to a follower that held less than it guessed", () => {
    const raft = leader(log);
    renew(raft, log, at(NOW), emptyOutbox());
    const end = { match: null, lastIndex: logIndex(1), lastTerm: term("1.0") };
    onAccepted(raft, log, accepted(end), at(NOW));
    expect(sent(raft)).toMatchObject([
      { to: WNAM, message: { prevIndex: 1, entries: { length: 3 } } },
    ]);
  });

  it("keeps no round that nobody may count any more", () => {
    const raft = leader(log);
    for (let sentAt = NOW; sentAt < NOW + 60_000; sentAt += 100) {
      renew(raft, log, at(sentAt), emptyOutbox());
    }
    expect(raft.leadership?.rounds.size).toBeLessThan(50);
  });
});

describe("what two logs share follows from the follower's last index and term alone (R2)", () => {
  const own = logOf(["1.0", "1.0", "2.0", "2.0"]);

  function shared(lastIndex: number, lastTerm: string, of = own): LogIndex | undefined {
    const raft = leader(of);
    const end = { lastIndex: logIndex(lastIndex), lastTerm: term(lastTerm) };
    onAccepted(raft, of, accepted({ match: null, ...end }), at(NOW));
    return progressOf(raft)?.match;
  }

  it.each([
    ["a prefix of the leader's log", 1, "1.0", 1],
    ["the end of a term", 2, "1.0", 2],
    ["more of a term than the leader has", 7, "1.0", 2],
    ["the leader's end", 4, "2.0", 4],
    ["more of the leader's own term than it has", 9, "2.0", 4],
    ["an empty log", 0, "0.0", 0],
    ["a term the leader does not have", 3, "1.5", 0],
    ["a term above all of the leader's", 2, "2.9", 0],
  ])("%s: (%i, %s) → %i", (_, lastIndex, lastTerm, expected) => {
    expect(shared(lastIndex, lastTerm)).toBe(expected);
  });

  it("also where the leader's log begins behind a snapshot", () => {
    const compacted = logOf(["2.0", "2.0"], { index: 5, term: "1.0" });
    expect(shared(5, "1.0", compacted)).toBe(5);
    expect(shared(6, "2.0", compacted)).toBe(6);
    expect(shared(9, "1.0", compacted)).toBe(5);
    expect(shared(3, "1.0", compacted)).toBe(0);
  });

  it("is never more than they share, nor less than the deduction allows", () => {
    // Logs as the protocol makes them: each term's entries are one run that its leader wrote in order, so a
    // log is, per term, a prefix of that run.
    const runs = ["1.0", "1.1", "2.0", "3.0", "3.1"];
    const shape = fc.tuple(...runs.map(() => fc.nat(3)));
    fc.assert(
      fc.property(shape, shape, (mine, theirs) => {
        const { first, second } = histories(runs, mine, theirs);
        if (first.length === 0 || second.length === 0) return;
        let common = 0;
        while (common < Math.min(first.length, second.length) && first[common] === second[common])
          common++;
        const found = shared(second.length, second.at(-1) ?? "0.0", logOf(first)) ?? 0;
        expect(found).toBeLessThanOrEqual(common);
      }),
    );
  });
});

/**
 * Two logs that keep R2: they share everything up to the point where they part, and behind it no term of the one
 * is in the other.
 */
function histories(runs: string[], mine: number[], theirs: number[]) {
  const first: string[] = [];
  const second: string[] = [];
  let parted = false;
  for (const [place, run] of runs.entries()) {
    const own = mine[place] ?? 0;
    const other = theirs[place] ?? 0;
    if (!parted) {
      first.push(...Array<string>(own).fill(run));
      second.push(...Array<string>(other).fill(run));
      parted = own !== other;
    } else if (place % 2 === 0) first.push(...Array<string>(own).fill(run));
    else second.push(...Array<string>(other).fill(run));
  }
  return { first, second };
}

describe("a follower that is told what a leader deduced", () => {
  it("is sent the next entry it lacks", () => {
    const raft = leader(log);
    onAccepted(
      raft,
      log,
      accepted({ match: null, lastIndex: logIndex(2), lastTerm: term("1.0") }),
      at(NOW),
    );
    expect(progressOf(raft)).toMatchObject({ match: 2, next: nextIndex(logIndex(2)) });
  });
});
