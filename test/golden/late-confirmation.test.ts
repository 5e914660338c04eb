/** What no transcript can show, since there the disk confirms everything at once: a confirmation that comes late. */
import { describe, expect, it } from "vitest";
import type { MemberEvent } from "../../shared/member/event.ts";
import { startMember } from "../../shared/member/state.ts";
import { step } from "../../shared/member/step.ts";
import { bornState } from "../../shared/raft/hard-state.ts";
import type { AppendMessage } from "../../shared/raft/messages.ts";
import { TERM_ZERO, type Term } from "../../shared/raft/term.ts";
import type { Entry } from "../../shared/store/entry.ts";
import { Store } from "../../shared/store/store.ts";
import {
  type Incarnation,
  type Instant,
  logIndex,
  ms,
  type Region,
  region,
} from "../../shared/types.ts";
import { NodeSql } from "../../sim/node-sql.ts";

const NOW = 1_000 as Instant;
const [WEUR, WNAM, ENAM] = ["weur", "wnam", "enam"].map(region) as [Region, Region, Region];
const termOf = (block: number): Term => ({ block, wake: 0 }) as unknown as Term;

const entryOf = (index: number, block: number): Entry => ({
  index: logIndex(index),
  term: termOf(block),
  at: NOW,
  request: null,
  effects: [],
  outcome: null,
  idempotency: null,
});

function append(from: Region, block: number, behind: Entry | null, count: number): AppendMessage {
  const prevIndex = behind?.index ?? logIndex(0);
  return {
    type: "append",
    from,
    term: termOf(block),
    incarnation: "another" as Incarnation,
    round: 0,
    commitIndex: logIndex(0),
    prevIndex,
    prevTerm: behind?.term ?? TERM_ZERO,
    entries: Array.from({ length: count }, (_, place) => entryOf(prevIndex + place + 1, block)),
  };
}

function follower() {
  const store = new Store(new NodeSql(), bornState(ENAM, WEUR));
  const config = {
    self: ENAM,
    members: [WEUR, WNAM, ENAM],
    incarnation: "this" as Incarnation,
    leaseMs: ms(2_000),
    driftBound: 0.1,
  };
  const state = startMember(config, "g", ms(600_000), store, NOW);
  const take = (event: MemberEvent) => {
    for (const write of step(state, event).writes) store.write(write);
  };
  return {
    raft: state.raft,
    hear: (message: AppendMessage) => take({ type: "message", now: NOW, slot: 0, message }),
    confirmed: (through: number, block: number) =>
      take({ type: "confirmed", now: NOW, through: logIndex(through), term: termOf(block) }),
  };
}

describe("what the disk confirms (R4)", () => {
  it("is durable up to the entry it names", () => {
    const { raft, hear, confirmed } = follower();
    hear(append(WEUR, 2, null, 3));
    confirmed(2, 2);
    expect(raft.durableIndex).toBe(2);
    confirmed(3, 2);
    expect(raft.durableIndex).toBe(3);
  });

  it("was another entry, where the log was cut off meanwhile", () => {
    const { raft, hear, confirmed } = follower();
    hear(append(WEUR, 2, null, 3));
    hear(append(WNAM, 3, entryOf(1, 2), 2));
    confirmed(3, 2);
    expect(raft.durableIndex).toBe(0);
    confirmed(3, 3);
    expect(raft.durableIndex).toBe(3);
  });

  it("lies beyond the log, where that was cut off and is shorter now", () => {
    const { raft, hear, confirmed } = follower();
    hear(append(WEUR, 2, null, 3));
    hear(append(WNAM, 3, entryOf(1, 2), 1));
    confirmed(3, 2);
    expect(raft.durableIndex).toBe(0);
  });
});
