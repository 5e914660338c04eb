/** What a member answers whom it made wait, where it cannot be alone with the request any more. */
import { describe, expect, it } from "vitest";
import type { MemberEvent } from "../../shared/member/event.ts";
import type { Output } from "../../shared/member/output.ts";
import type { AnyAnswer, AnyRequest, Caller } from "../../shared/member/request.ts";
import { startMember } from "../../shared/member/state.ts";
import { step } from "../../shared/member/step.ts";
import { bornState } from "../../shared/raft/hard-state.ts";
import type { AppendMessage, HandOverMessage } from "../../shared/raft/messages.ts";
import { TERM_ZERO, type Term } from "../../shared/raft/term.ts";
import { Store } from "../../shared/store/store.ts";
import {
  type Block,
  type Incarnation,
  type Instant,
  logIndex,
  ms,
  type Region,
  type RequestId,
  region,
} from "../../shared/types.ts";
import { NodeSql } from "../../sim/node-sql.ts";

const [WEUR, WNAM, ENAM] = ["weur", "wnam", "enam"].map(region) as [Region, Region, Region];
const LIFE = "this" as Incarnation;
const BORN = 1_000 as Instant;
/** When nobody is bound any more by what was promised before the member woke. */
const NOW = 10_000 as Instant;

const WRITE: AnyRequest = {
  type: "write",
  id: "r" as RequestId,
  copy: false,
  idempotency: null,
  conditions: [{ type: "exists", key: "k", exists: true }],
  operations: [{ type: "delete", key: "k" }],
};
const REFUSED: AnyAnswer = { type: "refused", code: "no-quorum", detail: "no" };

/** A member of a group whose first leader is in weur. */
function member(self: Region) {
  const store = new Store(new NodeSql(), bornState(self, WEUR));
  const config = {
    self,
    members: [WEUR, WNAM, ENAM],
    incarnation: LIFE,
    leaseMs: ms(2_000),
    driftBound: 0.1,
  };
  const state = startMember(config, "g", ms(600_000), store, BORN);
  const carryOut = (event: MemberEvent): Output => {
    const output = step(state, event);
    for (const write of output.writes) store.write(write);
    return output;
  };
  /** One event and its turn's end; the disk confirms at once. */
  const take = (event: MemberEvent): Output[] => [
    carryOut(event),
    carryOut({ type: "turn-end", now: event.now }),
    carryOut({
      type: "confirmed",
      now: event.now,
      through: store.lastIndex,
      term: store.lastTerm,
    }),
  ];
  const answersTo = (event: MemberEvent) => take(event).flatMap((output) => output.answers);
  const ask = (request: AnyRequest, caller: Partial<Caller> = {}) =>
    take({
      type: "request",
      now: NOW,
      slot: 7,
      request,
      caller: { deadlineMs: ms(5_000), unreachable: [], ...caller },
    });
  return { state, store, take, answersTo, ask };
}

const handOver = (block: number): HandOverMessage => ({
  type: "hand-over",
  permission: { from: WEUR, block: block as Block },
});

const appendOf = (from: Region, block: number): AppendMessage => ({
  type: "append",
  from,
  term: { block, wake: 0 } as unknown as Term,
  incarnation: "another" as Incarnation,
  round: 0,
  commitIndex: logIndex(0),
  prevIndex: logIndex(0),
  prevTerm: TERM_ZERO,
  entries: [],
});

describe("a write that is passed on (I1)", () => {
  const passedOn = () => {
    const follower = member(WNAM);
    const [relay] = follower.ask(WRITE, { unreachable: [WEUR] }).flatMap((output) => output.relays);
    return { ...follower, relay };
  };

  it("is a copy from then on, wherever it is evaluated", () => {
    const { relay, state } = passedOn();
    expect(relay).toMatchObject({ to: WEUR, requests: [{ slot: 7, request: { copy: true } }] });
    expect(state.waiting).toMatchObject([{ stage: "relayed", request: { copy: true } }]);
  });

  it("is not told what only the member asked knows of it", () => {
    const { answersTo, state } = passedOn();
    const answers = [{ slot: 7, answer: REFUSED }];
    expect(answersTo({ type: "relayed", now: NOW, answers })).toEqual([]);
    expect(state.waiting).toMatchObject([{ slot: 7, stage: "stranded" }]);
  });

  it("may have been appended, though nobody said so in time", () => {
    const { answersTo } = passedOn();
    answersTo({ type: "relay-failed", now: NOW, to: WEUR, slots: [7] });
    const now = (NOW + 5_000) as Instant;
    expect(answersTo({ type: "timer", now })).toMatchObject([
      { slot: 7, answer: { code: "deadline-exceeded" } },
    ]);
  });
});

describe("a hand-over's permission", () => {
  const permits = (one: ReturnType<typeof member>, block: number) =>
    one
      .take({ type: "message", now: NOW, slot: 1, message: handOver(block) })
      .flatMap((output) => output.sends.map(({ message }) => message.type));

  it("has the heir stand for election", () => {
    const heir = member(WNAM);
    expect(permits(heir, 1)).toEqual(["vote", "vote"]);
  });

  it("that comes again has no leader stand, which would leave its answers behind", () => {
    const leader = member(WEUR);
    expect(permits(leader, 1)).toEqual([]);
    expect(leader.state.raft.campaign).toBeNull();
    expect(leader.state.raft.leadership).not.toBeNull();
  });

  it("that comes when another block has begun has nobody stand", () => {
    const late = member(WNAM);
    late.take({ type: "message", now: NOW, slot: 0, message: appendOf(ENAM, 2) });
    expect(permits(late, 1)).toEqual([]);
  });
});

describe("a member that another one leads", () => {
  it("sends an operator who waits for its hand-over to the leader", () => {
    const { answersTo, ask } = member(WEUR);
    ask({ type: "transfer", to: WNAM });
    expect(answersTo({ type: "message", now: NOW, slot: 1, message: appendOf(ENAM, 2) })).toEqual([
      { slot: 7, answer: { type: "redirected", leader: ENAM } },
    ]);
  });

  it("keeps no answer from before, though it had given its block up itself", () => {
    const { answersTo, ask, state } = member(WEUR);
    ask(WRITE);
    expect(state.held).toHaveLength(1);
    state.raft.leadership = null;
    expect(answersTo({ type: "message", now: NOW, slot: 1, message: appendOf(ENAM, 2) })).toEqual([
      { slot: 7, answer: { type: "redirected", leader: ENAM } },
    ]);
  });
});
