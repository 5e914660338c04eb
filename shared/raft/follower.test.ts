import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Violation } from "../assert.ts";
import { logIndex } from "../types.ts";
import {
  appendMessage,
  at,
  block,
  ENAM,
  emptyOutbox,
  entryOf,
  hardOf,
  LEASE,
  LIFE,
  lead,
  logOf,
  OTHER_LIFE,
  raftOf,
  renewMessage,
  term,
  WEUR,
  WNAM,
} from "./fixture.ts";
import { onAppend, onRenew } from "./follower.ts";
import type { HardState } from "./hard-state.ts";
import type { AppendMessage, RenewMessage } from "./messages.ts";
import { promise } from "./promise.ts";
import type { LeaderLog } from "./replication.ts";
import type { RaftState } from "./state.ts";

const NOW = 50_000;
const following = hardOf({ block: block(2), promisedTo: WNAM });

function hear(
  message: AppendMessage | RenewMessage,
  log: LeaderLog,
  of: { raft?: RaftState; hard?: HardState } = {},
) {
  const { raft = raftOf({ self: ENAM }), hard = following } = of;
  const outbox = emptyOutbox();
  const reply =
    message.type === "append"
      ? onAppend(raft, hard, log, message, at(NOW), outbox)
      : onRenew(raft, hard, log, message, at(NOW), outbox);
  return { reply, writes: outbox.writes, outbox, raft };
}

const log = logOf(["1.0", "1.0", "2.0"]);
const behind = { prevIndex: logIndex(3), prevTerm: term("2.0") };

describe("a follower appends", () => {
  it("what comes behind its log's end, and says how far it holds it", () => {
    const entries = [entryOf(4, "2.0"), entryOf(5, "2.0")];
    const { reply, writes, outbox } = hear(appendMessage({ ...behind, entries }), log);
    expect(writes).toEqual([{ type: "append", entries }]);
    expect(reply).toEqual({
      type: "accepted",
      from: ENAM,
      block: 2,
      incarnation: OTHER_LIFE,
      round: 4,
      match: 5,
      lastIndex: 5,
      lastTerm: term("2.0"),
    });
    expect([outbox.sends, outbox.sendsOnceDurable]).toEqual([[], []]);
  });

  it("nothing where it does not hold what came before, and says where its log ends", () => {
    const later = appendMessage({
      prevIndex: logIndex(4),
      prevTerm: term("2.0"),
      entries: [entryOf(5, "2.0")],
      commitIndex: logIndex(5),
    });
    const { reply, writes, raft } = hear(later, log);
    expect(writes).toEqual([]);
    expect(reply).toMatchObject({ match: null, lastIndex: 3, lastTerm: term("2.0") });
    expect(raft.commitIndex).toBe(0);
  });

  it("nothing behind an entry of another term at that index (R2)", () => {
    const other = appendMessage({
      prevIndex: logIndex(3),
      prevTerm: term("2.1"),
      term: term("2.1"),
      entries: [entryOf(4, "2.1")],
    });
    expect(hear(other, log)).toMatchObject({ writes: [], reply: { match: null } });
  });

  it("nothing of a term below its log's last: an earlier wake is over (R2)", () => {
    const woken = logOf(["1.0", "2.3"]);
    const late = appendMessage({
      term: term("2.2"),
      prevIndex: logIndex(1),
      prevTerm: term("1.0"),
      entries: [entryOf(2, "2.2")],
    });
    const { reply, writes, raft } = hear(late, woken);
    expect(reply).toMatchObject({ type: "stale", from: ENAM, block: 2 });
    expect(writes).toEqual([]);
    expect(raft.promise).toBeNull();
  });

  it("nothing of a block below its own, and names its own (R1)", () => {
    const message = appendMessage({ term: term("1.9"), entries: [entryOf(1, "1.9")] });
    const { reply, writes, raft } = hear(message, logOf([]));
    expect(reply).toMatchObject({ type: "stale", from: ENAM, block: 2 });
    expect(writes).toEqual([]);
    expect(raft.promise).toBeNull();
  });
});

describe("a follower truncates only on conflict (R2, R3)", () => {
  it("cuts off from the first entry that differs, and takes the leader's", () => {
    const entries = [entryOf(2, "1.0"), entryOf(3, "2.1")];
    const message = appendMessage({
      term: term("2.1"),
      prevIndex: logIndex(1),
      prevTerm: term("1.0"),
      entries,
    });
    const { reply, writes } = hear(message, log);
    expect(writes).toEqual([
      { type: "truncate", last: 2 },
      { type: "append", entries: [entryOf(3, "2.1")] },
    ]);
    expect(reply).toMatchObject({ match: 3, lastIndex: 3, lastTerm: term("2.1") });
  });

  it("keeps what lies behind entries it holds: an old message may be late", () => {
    const message = appendMessage({
      prevIndex: logIndex(0),
      entries: [entryOf(1, "1.0"), entryOf(2, "1.0")],
    });
    const { reply, writes } = hear(message, log);
    expect(writes).toEqual([]);
    expect(reply).toMatchObject({ match: 2, lastIndex: 3, lastTerm: term("2.0") });
  });

  it("knows no longer for durable what it cut off", () => {
    const raft = raftOf({ self: ENAM, durableIndex: logIndex(3), commitIndex: logIndex(2) });
    const entries = [entryOf(3, "2.1")];
    const prev = { prevIndex: logIndex(2), prevTerm: term("1.0") };
    hear(appendMessage({ term: term("2.1"), ...prev, entries }), log, { raft });
    expect(raft.durableIndex).toBe(2);
  });

  it("never cuts off a committed entry: that is a violation", () => {
    const raft = raftOf({ self: ENAM, commitIndex: logIndex(3) });
    const entries = [entryOf(3, "2.1")];
    const prev = { prevIndex: logIndex(2), prevTerm: term("1.0") };
    const message = appendMessage({ term: term("2.1"), ...prev, entries });
    expect(() => hear(message, log, { raft })).toThrow(
      /^R3: a committed entry is cut off; found 2/,
    );
  });

  it("takes what is compacted for committed, and so for the leader's", () => {
    const compacted = logOf(["2.0"], { index: 5, term: "1.0" });
    const entries = [4, 5].map((index) => entryOf(index, "1.0"));
    const message = appendMessage({
      prevIndex: logIndex(3),
      prevTerm: term("1.0"),
      entries: [...entries, entryOf(6, "2.0"), entryOf(7, "2.0")],
    });
    const { writes, reply } = hear(message, compacted);
    expect(writes).toEqual([{ type: "append", entries: [entryOf(7, "2.0")] }]);
    expect(reply).toMatchObject({ match: 7 });
  });
});

describe("a follower's commit index goes only to what the message matched (R3)", () => {
  it("behind an append, to its last entry", () => {
    const message = appendMessage({
      prevIndex: logIndex(0),
      entries: [entryOf(1, "1.0")],
      commitIndex: logIndex(3),
    });
    expect(hear(message, log).raft.commitIndex).toBe(1);
  });

  it("behind an append, to the leader's commit index", () => {
    const message = appendMessage({
      ...behind,
      entries: [entryOf(4, "2.0")],
      commitIndex: logIndex(2),
    });
    expect(hear(message, log).raft.commitIndex).toBe(2);
  });

  it("behind a renewal, to the end that both hold", () => {
    const end = { lastIndex: logIndex(2), lastTerm: term("1.0") };
    expect(hear(renewMessage({ ...end, commitIndex: logIndex(2) }), log).raft.commitIndex).toBe(2);
    expect(hear(renewMessage({ ...end, commitIndex: logIndex(3) }), log).raft.commitIndex).toBe(2);
  });

  it("behind a renewal whose end it does not hold, nowhere", () => {
    const end = { lastIndex: logIndex(3), lastTerm: term("2.1") };
    const { raft, reply } = hear(renewMessage({ ...end, commitIndex: logIndex(1) }), log);
    expect(raft.commitIndex).toBe(0);
    expect(reply).toMatchObject({ match: null, lastIndex: 3, lastTerm: term("2.0") });
  });

  it("never backwards", () => {
    const raft = raftOf({ self: ENAM, commitIndex: logIndex(3) });
    hear(appendMessage({ ...behind, commitIndex: logIndex(1) }), log, { raft });
    expect(raft.commitIndex).toBe(3);
  });
});

describe("a follower renews", () => {
  const end = { lastIndex: logIndex(3), lastTerm: term("2.0") };

  it("and answers its own last index and term, without a row (§9)", () => {
    const { reply, outbox } = hear(renewMessage(end), log);
    expect(outbox).toEqual(emptyOutbox());
    expect(reply).toMatchObject({ type: "accepted", match: 3, ...end, round: 4 });
  });

  it("at a leader whose log is behind its own: only the block must not be over", () => {
    const { reply } = hear(renewMessage({ term: term("2.0") }), logOf(["1.0", "2.3"]));
    expect(reply).toMatchObject({
      type: "accepted",
      match: 0,
      lastIndex: 2,
      lastTerm: term("2.3"),
    });
  });

  it("not in a block below its own", () => {
    const { reply, raft } = hear(renewMessage({ ...end, term: term("1.0") }), log);
    expect(reply).toMatchObject({ type: "stale", from: ENAM, block: 2 });
    expect(raft.promise).toBeNull();
  });
});

describe.each([
  ["an append", appendMessage(behind)],
  ["a renewal", renewMessage({ lastIndex: logIndex(3), lastTerm: term("2.0") })],
] as const)("accepting %s", (_, message) => {
  it("promises the leader a lease (L1)", () => {
    expect(hear(message, log).raft.promise).toEqual({
      to: WNAM,
      block: 2,
      until: NOW + LEASE,
      incarnation: OTHER_LIFE,
    });
  });

  it("stores the leader it accepted, where the row names another (R4)", () => {
    const voted = hardOf({ block: block(2), promisedTo: WEUR, won: block(1) });
    expect(hear(message, log, { hard: voted }).writes[0]).toEqual({
      type: "hard-state",
      state: { ...voted, promisedTo: WNAM },
    });
  });

  it("writes no row of it where it names the leader already", () => {
    expect(hear(message, log).writes).toEqual([]);
  });

  it("adopts a higher block at once, whatever it promised (L1)", () => {
    const raft = raftOf({ self: ENAM });
    promise(raft, WEUR, block(1), LIFE, at(NOW));
    const { reply, writes } = hear(message, log, { raft, hard: hardOf({ block: block(1) }) });
    expect(reply.type).toBe("accepted");
    expect(writes[0]).toMatchObject({ state: { block: 2, promisedTo: WNAM } });
    expect(raft.promise).toMatchObject({ to: WNAM, block: 2 });
  });

  it("right after it woke, adopts a higher block too", () => {
    const raft = raftOf({ self: ENAM, wakeUntil: at(NOW + 1_000) });
    expect(hear(message, log, { raft, hard: hardOf({ block: block(1) }) }).reply.type).toBe(
      "accepted",
    );
  });

  it("ends its own leadership of a lower block, and its campaign", () => {
    const raft = raftOf({ self: ENAM });
    lead(raft, 1, log);
    hear(message, log, { raft, hard: hardOf({ block: block(1), promisedTo: ENAM }) });
    expect([raft.leadership, raft.campaign]).toEqual([null, null]);
  });

  it("is a violation for a member that leads that very block (R1)", () => {
    const raft = raftOf({ self: ENAM });
    lead(raft, 2, log);
    expect(() => hear(message, log, { raft })).toThrow(/^R1: two members lead one block/);
    expect(() => hear(message, log, { raft })).toThrow(Violation);
  });
});

describe("whatever order appends come in", () => {
  it("a follower holds what the leader holds as far as it says so (R2)", () => {
    const terms = ["1.0", "1.0", "1.1", "2.0", "2.0", "2.1"];
    const leader = logOf(terms);
    const batch = fc.tuple(fc.nat(5), fc.nat(6)).map(([prev, count]) => ({ prev, count }));
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 12 }), (batches) => {
        const raft = raftOf({ self: ENAM });
        let own = logOf(["1.0", "1.0", "1.0", "1.0"]);
        for (const { prev, count } of batches) {
          const message = appendMessage({
            term: term("2.1"),
            prevIndex: logIndex(prev),
            prevTerm: leader.termAt(logIndex(prev)) ?? term("0.0"),
            entries: leader.entries(logIndex(prev + 1), 0).slice(0, count),
          });
          const { reply, writes } = hear(message, own, { raft });
          let next = Array.from({ length: own.lastIndex }, (_, place) =>
            own.termAt(logIndex(place + 1)),
          );
          for (const write of writes) {
            if (write.type === "truncate") next = next.slice(0, write.last);
            if (write.type === "append")
              next = [...next, ...write.entries.map((entry) => entry.term)];
          }
          own = logOf(next.map((one) => `${one?.block}.${one?.wake}`));
          if (reply.type !== "accepted") throw new Error("the leader's messages are never stale");
          for (let index = 1; index <= (reply.match ?? 0); index++) {
            expect(own.termAt(logIndex(index))).toEqual(leader.termAt(logIndex(index)));
          }
        }
      }),
    );
  });
});
