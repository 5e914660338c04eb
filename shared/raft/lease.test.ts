import { describe, expect, it } from "vitest";
import { type Instant, logIndex, type Region } from "../types.ts";
import { leaderLeaseMs } from "./config.ts";
import {
  APAC,
  at,
  ENAM,
  emptyOutbox,
  FIVE,
  lead,
  logOf,
  raftOf,
  SAM,
  THREE,
  WEUR,
  WNAM,
} from "./fixture.ts";
import { countAnswer, hasCommittedInBlock, leaseHolds, mayServeReads } from "./lease.ts";
import { renew } from "./replication.ts";
import type { RaftState } from "./state.ts";

const log = logOf(["1.0"]);
const LEASE_LED = leaderLeaseMs(raftOf().config);

/** A leader that has sent rounds 0, 1, … at these times. */
function leader(members: readonly Region[], ...rounds: number[]): RaftState {
  const raft = raftOf({ members });
  lead(raft, 1, log, { resumed: true, baseInBlock: true });
  for (const sentAt of rounds) renew(raft, log, at(sentAt), emptyOutbox());
  return raft;
}

const leaseEnd = (raft: RaftState): number => raft.leadership?.leaseUntil ?? 0;

describe("the lease (L1)", () => {
  it("is counted from when the round was sent, not from its answer", () => {
    const raft = leader(THREE, 1_000);
    countAnswer(raft, WNAM, 0, at(2_500));
    expect(leaseEnd(raft)).toBe(1_000 + LEASE_LED);
    expect(leaseHolds(raft, at(2_634))).toBe(true);
    expect(leaseHolds(raft, at(2_635))).toBe(false);
  });

  it("does not hold before a quorum has answered a round", () => {
    expect(leaseHolds(leader(THREE, 1_000), at(1_000))).toBe(false);
    const five = leader(FIVE, 1_000);
    countAnswer(five, WNAM, 0, at(1_100));
    expect(leaseHolds(five, at(1_100))).toBe(false);
    countAnswer(five, ENAM, 0, at(1_200));
    expect(leaseHolds(five, at(1_200))).toBe(true);
  });

  it("counts one follower once, however often it answers", () => {
    const five = leader(FIVE, 1_000);
    for (let times = 0; times < 3; times++) countAnswer(five, WNAM, 0, at(1_100));
    expect(leaseHolds(five, at(1_100))).toBe(false);
  });

  it("counts from the round that a quorum has answered, where followers answered different ones", () => {
    const five = leader(FIVE, 1_000, 1_500, 1_900);
    countAnswer(five, WNAM, 2, at(1_950));
    countAnswer(five, ENAM, 1, at(1_960));
    expect(leaseEnd(five)).toBe(1_500 + LEASE_LED);
    countAnswer(five, APAC, 0, at(1_970));
    expect(leaseEnd(five)).toBe(1_500 + LEASE_LED);
    countAnswer(five, SAM, 2, at(1_980));
    expect(leaseEnd(five)).toBe(1_900 + LEASE_LED);
  });

  it("is not shortened by the late answer to an earlier round", () => {
    const raft = leader(THREE, 1_000, 1_500);
    countAnswer(raft, WNAM, 1, at(1_600));
    countAnswer(raft, WNAM, 0, at(1_700));
    expect(leaseEnd(raft)).toBe(1_500 + LEASE_LED);
  });

  it("counts nothing for a round that this leadership did not send", () => {
    const raft = leader(THREE, 1_000);
    countAnswer(raft, WNAM, 5, at(1_100));
    expect(leaseHolds(raft, at(1_100))).toBe(false);
  });

  it("is held by no member that does not lead", () => {
    expect(leaseHolds(raftOf(), at(0))).toBe(false);
  });

  it("binds the leader itself as a voter from when the round was sent", () => {
    const raft = leader(THREE, 1_000);
    expect(raft.promise).toMatchObject({ to: WEUR, block: 1, until: 3_000 });
  });

  it("needs no answer where the quorum is one", () => {
    expect(leaseHolds(leader([WEUR]), at(99_000))).toBe(true);
  });
});

describe("a strong read (L2)", () => {
  const held = (commitIndex: number, now: Instant, changes = {}) => {
    const raft = raftOf({ commitIndex: logIndex(commitIndex) });
    lead(raft, 1, log, { baseInBlock: true, leaseUntil: at(2_000), ...changes });
    return mayServeReads(raft, now);
  };

  it("needs the lease", () => {
    expect(held(1, at(1_999))).toBe(true);
    expect(held(1, at(2_000))).toBe(false);
  });

  it("needs the end of the log that was resumed to be committed", () => {
    expect(held(0, at(1_000))).toBe(false);
  });

  it("needs an entry of the leader's own block, where the log did not end in it", () => {
    const won = { baseInBlock: false, firstIndex: logIndex(2) };
    expect(held(1, at(1_000), won)).toBe(false);
    expect(held(2, at(1_000), won)).toBe(true);
    expect(held(1, at(1_000), { baseInBlock: false, firstIndex: null })).toBe(false);
  });

  it("finds everything committed in the empty log of the group's first leader", () => {
    const raft = raftOf();
    lead(raft, 1, logOf([]), { baseInBlock: true });
    expect(hasCommittedInBlock(raft)).toBe(true);
  });
});
