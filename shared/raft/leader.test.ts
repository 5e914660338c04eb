import { describe, expect, it } from "vitest";
import { Violation } from "../assert.ts";
import { logIndex } from "../types.ts";
import {
  at,
  block,
  ENAM,
  emptyOutbox,
  hardOf,
  lead,
  logOf,
  raftOf,
  term,
  WEUR,
  WNAM,
} from "./fixture.ts";
import { bornState } from "./hard-state.ts";
import {
  advanceCommit,
  currentTerm,
  entryAtTail,
  mayResume,
  needsNoop,
  resume,
  termToAppend,
} from "./leader.ts";
import { renew, replicate } from "./replication.ts";
import type { RaftState } from "./state.ts";

describe("a woken member resumes its block", () => {
  it("where it won it and has not given it up (R1)", () => {
    expect(mayResume(hardOf({ block: block(3), won: block(3) }))).toBe(true);
    expect(mayResume(hardOf({ block: block(3), won: block(3), gaveUp: block(2) }))).toBe(true);
  });

  it.each([
    ["it only voted for itself", hardOf({ block: block(3), promisedTo: WEUR, won: null })],
    ["it won an earlier one", hardOf({ block: block(3), won: block(2) })],
    ["it gave it up", hardOf({ block: block(3), won: block(3), gaveUp: block(3) })],
  ])("not where %s (R1)", (_, hard) => {
    expect(mayResume(hard)).toBe(false);
    expect(() => resume(raftOf(), hard, logOf([]))).toThrow(Violation);
  });

  it("needs no row for it in a group that nobody has used", () => {
    const raft = raftOf();
    resume(raft, bornState(WEUR, WEUR), logOf([]));
    expect(raft.leadership).toMatchObject({
      block: 1,
      resumed: true,
      baseInBlock: true,
      wake: null,
    });
  });

  it("knows its log's end for its own only where it is of the block", () => {
    const hard = hardOf({ block: block(2), won: block(2) });
    const inBlock = (terms: string[]) => {
      const raft = raftOf();
      resume(raft, hard, logOf(terms));
      return raft.leadership?.baseInBlock;
    };
    expect(inBlock(["1.0", "2.0"])).toBe(true);
    expect(inBlock(["1.0", "1.0"])).toBe(false);
    expect(inBlock([])).toBe(false);
  });

  it("must append before it can tell what is committed, where the log does not end in the block", () => {
    const raft = raftOf();
    const leadership = lead(raft, 2, logOf(["1.0"]));
    expect(needsNoop(leadership)).toBe(true);
    termToAppend(leadership, logOf(["1.0"]));
    expect(needsNoop(leadership)).toBe(false);
    expect(needsNoop(lead(raft, 1, logOf(["1.0"]), { baseInBlock: true }))).toBe(false);
  });
});

describe("the first write of a resumed leader takes a wake (R2)", () => {
  it.each([
    ["one above the highest of the block in its log", logOf(["1.0", "2.4"]), "2.5"],
    ["wake 1, where it won the block and stored nothing of it", logOf(["1.7"]), "2.1"],
    ["wake 1, in an empty log", logOf([]), "2.1"],
    [
      "one above the snapshot's, where the log is compacted",
      logOf([], { index: 9, term: "2.6" }),
      "2.7",
    ],
    [
      "wake 1, where the snapshot is of an earlier block",
      logOf([], { index: 9, term: "1.6" }),
      "2.1",
    ],
  ])("%s", (_, log, expected) => {
    const leadership = lead(raftOf(), 2, log);
    expect(termToAppend(leadership, log)).toEqual(term(expected));
    expect(leadership.firstIndex).toBe(log.lastIndex + 1);
  });

  it("once, and keeps it", () => {
    const leadership = lead(raftOf(), 2, logOf(["2.4"]));
    termToAppend(leadership, logOf(["2.4"]));
    expect(termToAppend(leadership, logOf(["2.4", "2.5"]))).toEqual(term("2.5"));
    expect(leadership.firstIndex).toBe(2);
  });

  it("and shows the term it resumed before that", () => {
    const log = logOf(["1.0", "2.4"]);
    const leadership = lead(raftOf(), 2, log);
    expect(currentTerm(leadership, log)).toEqual(term("2.4"));
    termToAppend(leadership, log);
    expect(currentTerm(leadership, log)).toEqual(term("2.5"));
  });
});

describe("an entry's time", () => {
  const log = (lastAt: number) => ({ ...logOf(["1.0"]), lastAt: at(lastAt) });
  const content = { request: null, effects: [], outcome: null, idempotency: null };

  it("is the leader's clock", () => {
    const leadership = lead(raftOf(), 1, logOf(["1.0"]));
    expect(entryAtTail(leadership, log(100), at(150), content)).toMatchObject({
      index: 2,
      at: 150,
    });
  });

  it("never falls, though the clock be set back", () => {
    const leadership = lead(raftOf(), 1, logOf(["1.0"]));
    expect(entryAtTail(leadership, log(100), at(50), content).at).toBe(100);
  });
});

describe("nothing of a wake is sent before its first batch is on the leader's disk (R2)", () => {
  function writing(durable: number): RaftState {
    const raft = raftOf({ durableIndex: logIndex(durable) });
    lead(raft, 1, logOf(["1.0"]), {
      resumed: true,
      baseInBlock: true,
      wake: term("1.1").wake,
      firstIndex: logIndex(2),
    });
    return raft;
  }
  const log = logOf(["1.0", "1.1", "1.1"]);

  it("no entry", () => {
    const outbox = emptyOutbox();
    replicate(writing(1), log, at(0), outbox);
    expect(outbox.sends).toEqual([]);
  });

  it("nor, in a renewal, its term or its entries", () => {
    const outbox = emptyOutbox();
    renew(writing(1), log, at(0), outbox);
    expect(outbox.sends[0]?.message).toMatchObject({
      term: term("1.0"),
      lastIndex: 1,
      lastTerm: term("1.0"),
    });
  });

  it("later batches go out before they are written", () => {
    const outbox = emptyOutbox();
    replicate(writing(2), log, at(0), outbox);
    expect(outbox.sends.map(({ to }) => to)).toEqual([WNAM, ENAM]);
    expect(outbox.sends[0]?.message).toMatchObject({
      term: term("1.1"),
      prevIndex: 1,
      entries: [{ index: 2 }, { index: 3 }],
    });
  });
});

describe("the commit index advances (R3)", () => {
  interface Case {
    readonly terms: string[];
    readonly durable: number;
    readonly match: [number, number];
    readonly baseInBlock?: boolean;
    readonly base?: number;
    readonly first?: number | null;
  }

  function commit({ terms, durable, match, baseInBlock = false, base = 0, first = null }: Case) {
    const log = logOf(terms);
    const raft = raftOf({ durableIndex: logIndex(durable) });
    const leadership = lead(raft, 2, log, {
      baseIndex: logIndex(base),
      baseInBlock,
      firstIndex: first === null ? null : logIndex(first),
    });
    for (const [place, member] of [WNAM, ENAM].entries()) {
      const progress = leadership.progress.get(member);
      if (progress !== undefined) progress.match = logIndex(match[place] ?? 0);
    }
    advanceCommit(raft, log);
    return raft.commitIndex;
  }

  const won = { terms: ["1.0", "1.0", "2.0", "2.0"], base: 2, first: 3 };

  it("to an entry of its own block that a quorum holds, and all before it with it", () => {
    expect(commit({ ...won, durable: 4, match: [4, 0] })).toBe(4);
    expect(commit({ ...won, durable: 4, match: [3, 2] })).toBe(3);
  });

  it("only as far as the leader's own write is confirmed", () => {
    expect(commit({ ...won, durable: 3, match: [4, 4] })).toBe(3);
    expect(commit({ ...won, durable: 2, match: [4, 4] })).toBe(0);
  });

  it("never to entries of earlier blocks by counting them (Raft §5.4.2)", () => {
    expect(commit({ ...won, durable: 4, match: [2, 2] })).toBe(0);
  });

  it("not on the leader's own copy alone", () => {
    expect(commit({ ...won, durable: 4, match: [0, 0] })).toBe(0);
  });

  const resumed = { terms: ["1.0", "2.0", "2.0"], base: 3, baseInBlock: true };

  it("to the end a leader resumed, where that is of its own block and a quorum holds it", () => {
    expect(commit({ ...resumed, durable: 3, match: [3, 0] })).toBe(3);
  });

  it("not to less than that end", () => {
    expect(commit({ ...resumed, durable: 3, match: [2, 2] })).toBe(0);
  });

  it("not to the end it resumed, where that is of an earlier block", () => {
    const earlier = { terms: ["1.0", "1.0", "1.0"], base: 3, baseInBlock: false };
    expect(commit({ ...earlier, durable: 3, match: [3, 3] })).toBe(0);
  });

  it("never backwards", () => {
    const raft = raftOf({ durableIndex: logIndex(2), commitIndex: logIndex(4) });
    lead(raft, 2, logOf(won.terms), { firstIndex: logIndex(1) });
    expect(advanceCommit(raft, logOf(won.terms))).toBe(false);
    expect(raft.commitIndex).toBe(4);
  });

  it("for no member that does not lead", () => {
    expect(advanceCommit(raftOf({ durableIndex: logIndex(2) }), logOf(["1.0", "1.0"]))).toBe(false);
  });
});
