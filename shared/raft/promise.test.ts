import { describe, expect, it } from "vitest";
import type { Region } from "../types.ts";
import { at, block, ENAM, hardOf, LEASE, LIFE, raftOf, WEUR, WNAM } from "./fixture.ts";
import type { HardState } from "./hard-state.ts";
import type { Permission } from "./messages.ts";
import { boundFor, promise } from "./promise.ts";
import type { RaftState } from "./state.ts";

const hard = hardOf({ block: block(4), promisedTo: WEUR });

function waitOf(
  raft: RaftState,
  of: HardState,
  candidate: Region,
  now: number,
  inBlock = 5,
  permission: Permission | null = null,
): number {
  return boundFor(raft, of, candidate, block(inBlock), permission, at(now));
}

describe("a promise (L1)", () => {
  function promised(): RaftState {
    const raft = raftOf({ self: ENAM });
    promise(raft, WEUR, block(4), LIFE, at(10_000));
    return raft;
  }

  it("binds for one lease on the voter's own clock, and says how long", () => {
    expect(waitOf(promised(), hard, WNAM, 10_000)).toBe(LEASE);
    expect(waitOf(promised(), hard, WNAM, 11_999)).toBe(1);
  });

  it("is over when the lease is", () => {
    expect(waitOf(promised(), hard, WNAM, 12_000)).toBe(0);
  });

  it("binds nobody against whom it was given to, in whatever block", () => {
    expect(waitOf(promised(), hard, WEUR, 10_000)).toBe(0);
    expect(waitOf(promised(), hard, WEUR, 10_000, 9)).toBe(0);
  });

  it("binds a member against itself too", () => {
    expect(waitOf(promised(), hard, ENAM, 10_500)).toBe(1_500);
  });

  it("counts afresh from each message that gives it again", () => {
    const raft = promised();
    promise(raft, WEUR, block(4), LIFE, at(11_000));
    expect(waitOf(raft, hard, WNAM, 12_999)).toBe(1);
  });
});

describe("a member that has just woken (L1)", () => {
  const woken = () => raftOf({ self: ENAM, wakeUntil: at(12_000) });

  it("refuses everyone but whom its disk says it promised, for one lease", () => {
    expect(waitOf(woken(), hard, WNAM, 10_000)).toBe(2_000);
    expect(waitOf(woken(), hard, ENAM, 10_001)).toBe(1_999);
    expect(waitOf(woken(), hard, WEUR, 10_000)).toBe(0);
  });

  it("refuses everyone where none is stored for its block", () => {
    const none = hardOf({ block: block(4), promisedTo: null });
    for (const candidate of [WEUR, WNAM, ENAM]) {
      expect(waitOf(woken(), none, candidate, 11_000)).toBe(1_000);
    }
  });

  it("is bound to nobody when that lease is over", () => {
    expect(waitOf(woken(), hard, WNAM, 12_000)).toBe(0);
  });

  it("once it promises anew, is bound by that", () => {
    const raft = woken();
    promise(raft, WEUR, block(4), LIFE, at(11_000));
    expect(waitOf(raft, hard, WNAM, 12_500)).toBe(500);
  });
});

describe("the permission of a hand-over (L1)", () => {
  const permission: Permission = { from: WEUR, block: block(4) };

  function bound(to: Region, inBlock: number): RaftState {
    const raft = raftOf({ self: ENAM });
    promise(raft, to, block(inBlock), LIFE, at(10_000));
    return raft;
  }

  it("releases a promise to that leader in that block", () => {
    expect(waitOf(bound(WEUR, 4), hard, WNAM, 10_000, 5, permission)).toBe(0);
  });

  it("serves only a campaign for the next block", () => {
    expect(waitOf(bound(WEUR, 4), hard, WNAM, 10_000, 6, permission)).toBe(LEASE);
    expect(waitOf(bound(WEUR, 4), hard, WNAM, 10_000, 4, permission)).toBe(LEASE);
  });

  it("releases no promise to another leader, nor one of another block", () => {
    expect(waitOf(bound(ENAM, 4), hard, WNAM, 10_000, 5, permission)).toBe(LEASE);
    expect(waitOf(bound(WEUR, 3), hard, WNAM, 10_000, 5, permission)).toBe(LEASE);
    expect(waitOf(bound(WEUR, 5), hard, WNAM, 10_000, 5, permission)).toBe(LEASE);
  });

  it("releases what a woken member's disk says, on the same terms", () => {
    const woken = raftOf({ self: ENAM, wakeUntil: at(12_000) });
    expect(waitOf(woken, hard, WNAM, 10_000, 5, permission)).toBe(0);
    expect(waitOf(woken, hard, WNAM, 10_000, 6, permission)).toBe(2_000);
    const later = hardOf({ block: block(5), promisedTo: WEUR });
    expect(waitOf(woken, later, WNAM, 10_000, 5, permission)).toBe(2_000);
    const another = hardOf({ block: block(4), promisedTo: ENAM });
    expect(waitOf(woken, another, WNAM, 10_000, 5, permission)).toBe(2_000);
  });
});
