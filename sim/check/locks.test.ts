import { describe, expect, it } from "vitest";
import { internalKey } from "../../shared/lock/key.ts";
import { encodeLock, type Lock } from "../../shared/lock/lock.ts";
import type { LockRequest } from "../../shared/lock/request.ts";
import type { Entry } from "../../shared/store/entry.ts";
import {
  type Instant,
  logIndex,
  ms,
  type RequestId,
  type TransactionId,
} from "../../shared/types.ts";
import type { Operation } from "../history.ts";
import { type Belief, Holder } from "../plays/locks/holder.ts";
import type { Place } from "../plays/locks/layout.ts";
import type { Fenced } from "../plays/locks/play.ts";
import { bareEntry, log, operation, receipt, reported } from "./fixture.ts";
import { checkLockAnswers } from "./locks/answers.ts";
import { checkBeliefs } from "./locks/beliefs.ts";
import { checkGuarded, checkTokens } from "./locks/fencing.ts";
import { chaptersOf, checkHistory } from "./locks/history.ts";

const KEY = internalKey("lock", "a");
const PLACE: Place = { key: KEY, group: "a", guarded: "{a}g" };

const believes = (holder: string, token: number, from: number, until: number): Belief => ({
  place: PLACE,
  holder,
  token: logIndex(token),
  from,
  until,
});

describe("K2: what holders rely on", () => {
  const check = (...beliefs: Belief[]) => reported((report) => checkBeliefs(beliefs, report));

  it("may follow one another, and overlap for one holder alone", () => {
    expect(check(believes("v", 1, 0, 10), believes("w", 5, 10, 20))).toEqual([]);
    expect(check(believes("w", 1, 0, 10), believes("w", 5, 5, 20))).toEqual([]);
    expect(check(believes("v", 1, 0, 10), believes("w", 2, 5, 5))).toEqual([]);
  });

  it("may not overlap for two, however many lie between", () => {
    expect(check(believes("v", 1, 0, 10), believes("w", 5, 9, 20))).toEqual(["K2"]);
    const within = [believes("v", 1, 0, 100), believes("v", 2, 10, 20), believes("w", 5, 50, 60)];
    expect(check(...within)).toEqual(["K2"]);
  });
});

describe("a holder", () => {
  it("relies on a grant from when it asked, on a clock of its own", () => {
    const beliefs: Belief[] = [];
    const holder = new Holder("v", null as never, 0.5, beliefs);
    const belief = holder.granted(PLACE, logIndex(3), 100, 1_000, 1_050);
    expect([belief.from, belief.until]).toEqual([1_050, 1_200]);
    holder.renewed(belief, 100, 1_100, 1_150);
    expect(belief.until).toBe(1_300);
    holder.die(1_160);
    expect(holder.held(1_161)).toEqual([]);
    expect(belief.until).toBe(1_160);
  });

  it("relies on nothing where the answer comes too late", () => {
    const beliefs: Belief[] = [];
    const holder = new Holder("v", null as never, 1, beliefs);
    holder.granted(PLACE, logIndex(3), 100, 1_000, 2_000);
    expect(holder.held(2_000)).toEqual([]);
  });
});

const lock = (holder: string, token: number): Lock => ({
  holder,
  token: logIndex(token),
  ttlMs: ms(1_000),
  expiresAt: 5_000 as Instant,
  value: null,
});

const holds = (index: number, held: Lock, request: string): Entry =>
  bareEntry(index, request, {
    effects: [{ type: "put", key: KEY, value: encodeLock(held), expiresAt: 6_000 as Instant }],
  });
const gone = (index: number, request: string | null): Entry =>
  bareEntry(index, request, {
    effects: [{ type: "delete", key: KEY, expired: request === null }],
  });

const asks = (id: string, what: Pick<LockRequest, "conditions" | "operations">): Operation => {
  const about = { copy: false, idempotency: null, waitMs: ms(0) };
  return operation([0, 9], { type: "lock", id: id as RequestId, ...about, ...what }, null);
};
const grant = (id: string, holder: string): Operation =>
  asks(id, {
    conditions: [{ type: "free", key: KEY, holder }],
    operations: [{ type: "grant", key: KEY, holder, ttlMs: ms(1_000), value: null }],
  });
const renewal = (id: string, token: number): Operation =>
  asks(id, {
    conditions: [{ type: "held", key: KEY, token: logIndex(token) }],
    operations: [{ type: "renew", key: KEY, ttlMs: ms(1_000) }],
  });
const release = (id: string, token: number): Operation =>
  asks(id, {
    conditions: [{ type: "held", key: KEY, token: logIndex(token) }],
    operations: [{ type: "delete", key: KEY }],
  });

describe("the log's story of a lock", () => {
  const asked = [grant("g1", "v"), grant("g2", "w"), renewal("n1", 1), release("d1", 1)];
  const check = (...entries: Entry[]) =>
    reported((report) => checkHistory(log(...entries), asked, report));

  it("goes from grant to renewal to release or expiry, and on to the next", () => {
    const first = [holds(1, lock("v", 1), "g1"), holds(2, lock("v", 1), "n1")];
    expect(check(...first, gone(3, "d1"), holds(4, lock("w", 4), "g2"))).toEqual([]);
    expect(check(...first, gone(3, null), holds(4, lock("w", 4), "g2"))).toEqual([]);
  });

  it.each<[string, string[], Entry[]]>([
    [
      "a grant while another holds it",
      ["locks"],
      [holds(1, lock("v", 1), "g1"), holds(2, lock("w", 2), "g2")],
    ],
    ["a token that is not the grant's index", ["K1"], [holds(2, lock("v", 1), "g1")]],
    [
      "a renewal under another token",
      ["K3"],
      [holds(3, lock("v", 3), "g1"), holds(4, lock("v", 3), "n1")],
    ],
    ["a release of what is another's", ["K3"], [holds(2, lock("w", 2), "g2"), gone(3, "d1")]],
    ["an end of what nobody held", ["locks"], [gone(1, null)]],
    ["a grant that nobody asked for", ["log"], [holds(1, lock("v", 1), "other")]],
    [
      "a request that takes effect twice",
      ["I1"],
      [holds(1, lock("v", 1), "g1"), gone(2, null), holds(3, lock("v", 3), "g1")],
    ],
  ])("does not tell of %s", (_, properties, entries) => {
    expect(check(...entries)).toEqual(properties);
  });

  it("does not tell of what was refused", () => {
    const refused: Operation = {
      ...grant("g1", "v"),
      answer: { type: "refused", code: "no-quorum", detail: "" },
    };
    const found = reported((report) =>
      checkHistory(log(holds(1, lock("v", 1), "g1")), [refused], report),
    );
    expect(found).toEqual(["I1"]);
  });
});

describe("what is told of a lock", () => {
  const chapters = chaptersOf(log(holds(1, lock("v", 1), "g1"), gone(2, null)));
  const told = (index: number, held: Lock | null): Operation => ({
    ...grant("g3", "w"),
    answer: {
      type: "failed",
      failed: [{ condition: 0, key: KEY, revision: null, lock: held }],
      replayed: false,
      receipt: receipt(index),
    },
  });
  const check = (...operations: Operation[]) =>
    reported((report) => checkLockAnswers(chapters, operations, report));

  it("is what the log says as of its index", () => {
    expect(check(told(1, lock("v", 1)), told(2, null))).toEqual([]);
    expect(check(told(1, null))).toEqual(["locks"]);
    expect(check(told(2, lock("v", 1)))).toEqual(["locks"]);
  });

  it("is never that its own holder holds it", () => {
    const own = chaptersOf(log(holds(1, lock("w", 1), "g1")));
    const found = reported((report) => checkLockAnswers(own, [told(1, lock("w", 1))], report));
    expect(found).toEqual(["locks"]);
  });
});

describe("K3: what is written under a token", () => {
  const id = "01HF7YAT00VVVVVVVVVVVVVVVV.a" as TransactionId;
  const fenced = (value: string, token: number, said: Fenced["told"] = "committed"): Fenced => ({
    id,
    place: PLACE,
    token: logIndex(token),
    value,
    told: said,
  });
  const list = (...values: string[]) => new Map([[PLACE.guarded, values]]);
  const [old, young] = [fenced("1/a", 1), fenced("5/b", 5)];

  it("stands in the order of tokens, once", () => {
    const check = (values: string[], ...all: Fenced[]) =>
      reported((report) => checkGuarded(list(...values), all, report));
    expect(check(["1/a", "5/b"], old, young)).toEqual([]);
    expect(check(["5/b", "1/a"], old, young)).toEqual(["K3"]);
    expect(check(["1/a"], old, young)).toEqual(["durability"]);
    expect(check(["1/a", "1/a"], old)).toEqual(["I1"]);
    expect(check(["1/a", "?"], old)).toEqual(["K3"]);
    expect(check(["1/a"], fenced("1/a", 1, "aborted"))).toEqual(["T3"]);
  });

  it("was written while the token held the lock", () => {
    const commit = (at: number): Entry =>
      bareEntry(at, id, {
        transaction: [
          {
            type: "outcome",
            id,
            attempt: 1 as never,
            status: "committed",
            final: true,
            votes: { a: logIndex(at) },
            answer: null,
            fault: null,
          },
        ],
      });
    const entries = [holds(1, lock("v", 1), "g1"), gone(3, null), holds(4, lock("w", 4), "g2")];
    const check = (at: number, token: number) => {
      const logs = [log(...[...entries, commit(at)].sort((a, b) => a.index - b.index))];
      const chapters = chaptersOf(log(...entries));
      return reported((report) => checkTokens(logs, chapters, [fenced("x", token)], report));
    };
    expect(check(2, 1)).toEqual([]);
    expect(check(5, 4)).toEqual([]);
    expect(check(5, 1)).toEqual(["K3"]);
  });
});
