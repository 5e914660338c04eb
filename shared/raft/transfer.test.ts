import { describe, expect, it } from "vitest";
import { TRANSFER_MS } from "../limits.ts";
import { logIndex } from "../types.ts";
import { at, block, emptyOutbox, hardOf, lead, logOf, raftOf, WEUR, WNAM } from "./fixture.ts";
import { mayResume } from "./leader.ts";
import { beginTransfer, moveTransfer } from "./transfer.ts";

const log = logOf(["1.0", "2.0"]);
const hard = hardOf({ block: block(2), promisedTo: WEUR, won: block(2) });
const NOW = at(50_000);

/** A leader that hands over to a follower which holds its log up to `match`. */
function handingOver(match: number, committed = 2, answeredAt = NOW) {
  const raft = raftOf({ commitIndex: logIndex(committed), durableIndex: logIndex(2) });
  const leadership = lead(raft, 2, log, { firstIndex: logIndex(2) });
  const progress = leadership.progress.get(WNAM);
  if (progress !== undefined) progress.match = logIndex(match);
  leadership.answered.set(WNAM, answeredAt);
  beginTransfer(raft, WNAM, NOW);
  return raft;
}

describe("a hand-over", () => {
  it("gives the block up durably before the permission leaves (R4)", () => {
    const outbox = emptyOutbox();
    expect(moveTransfer(handingOver(2), hard, log, NOW, outbox)).toBe(true);
    expect(outbox.sends).toEqual([]);
    expect(outbox.writes).toEqual([{ type: "hard-state", state: { ...hard, gaveUp: 2 } }]);
    expect(outbox.sendsOnceDurable).toEqual([
      { to: WNAM, message: { type: "hand-over", permission: { from: WEUR, block: 2 } } },
    ]);
  });

  it("ends the lease at once, and for good (L1)", () => {
    const raft = handingOver(2);
    const outbox = emptyOutbox();
    moveTransfer(raft, hard, log, NOW, outbox);
    expect(raft.leadership).toBeNull();
    const [write] = outbox.writes;
    expect(write?.type === "hard-state" && mayResume(write.state)).toBe(false);
  });

  it.each([
    ["the follower has everything", handingOver(1)],
    ["everything is committed", handingOver(2, 1)],
    ["the follower has answered since it began", handingOver(2, 2, at(NOW - 1))],
  ])("waits until %s", (_, raft) => {
    const outbox = emptyOutbox();
    expect(moveTransfer(raft, hard, log, NOW, outbox)).toBe(false);
    expect(outbox).toEqual(emptyOutbox());
    expect(raft.leadership?.transfer?.to).toBe(WNAM);
  });

  it("is given up where the follower does not catch up, and the leader leads on", () => {
    const raft = handingOver(1);
    const outbox = emptyOutbox();
    expect(moveTransfer(raft, hard, log, at(NOW + TRANSFER_MS), outbox)).toBe(true);
    expect(outbox).toEqual(emptyOutbox());
    expect(raft.leadership?.transfer).toBeNull();
  });

  it("is none to a member that does not follow", () => {
    const raft = raftOf();
    lead(raft, 2, log);
    beginTransfer(raft, WEUR, NOW);
    expect(raft.leadership?.transfer).toBeNull();
  });
});
