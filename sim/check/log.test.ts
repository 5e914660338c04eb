import { describe, expect, it } from "vitest";
import type { Answer } from "../../shared/member/request.ts";
import type { Entry } from "../../shared/store/entry.ts";
import { type Block, type Instant, logIndex, ms, type Wake } from "../../shared/types.ts";
import { checkCosts } from "./costs.ts";
import {
  absent,
  answeredGet,
  answeredPut,
  life,
  log,
  operation,
  putEntry,
  putRequest,
  receipt,
  reported,
  stored,
} from "./fixture.ts";
import { checkLeaders } from "./leaders.ts";
import { checkMembers } from "./members.ts";
import { checkOnce } from "./once.ts";
import { checkOrder } from "./order.ts";
import { checkReplay } from "./replay.ts";
import { checkHistoryWindow, checkKeptLogs, checkOverdue } from "./windows.ts";

const first = putRequest("q1", "x", "one");
const second = putRequest("q2", "x", "two");
const twoPuts = log(putEntry(1, first, true), putEntry(2, second, false));
const refused = (code: "idempotency-key-reused" | "revision-compacted"): Answer => ({
  type: "refused",
  code,
  detail: "",
});

describe("the replay of a log", () => {
  const replayed = (of: typeof twoPuts, operations: Parameters<typeof checkReplay>[1]) =>
    reported((report) => checkReplay(of, operations, report));
  const asked = [answeredPut([0, 1], first, 1, true), answeredPut([2, 3], second, 2, false)];

  it("agrees with a history that followed it", () => {
    const reads = [
      answeredGet([4, 5], "x", 2, { value: "two", revision: 2 }),
      answeredGet([4, 5], "x", 1, { value: "one", revision: 1 }, 1),
      answeredGet([4, 5], "y", 2, null),
    ];
    expect(replayed(twoPuts, [...asked, ...reads])).toEqual([]);
  });

  it("finds an acknowledged write that did not last", () => {
    expect(replayed(log(putEntry(1, first, true)), asked)).toEqual(["durability"]);
    const another = putRequest("q3", "x", "three");
    const replaced = log(putEntry(1, first, true), putEntry(2, another, false));
    const unheard = operation([0], another, null);
    expect(replayed(replaced, [...asked, unheard])).toEqual(["durability"]);
  });

  it("finds a read that shows something else", () => {
    const stale = answeredGet([4, 5], "x", 2, { value: "one", revision: 1 });
    expect(replayed(twoPuts, [...asked, stale])).toEqual(["read"]);
    const past = answeredGet([4, 5], "x", 1, { value: "two", revision: 2 }, 1);
    expect(replayed(twoPuts, [...asked, past])).toEqual(["history"]);
  });

  it("finds a list of no one point in time", () => {
    const other = putRequest("q3", "y", "three");
    const three = log(...twoPuts.entries, putEntry(3, other, true));
    const range = { prefix: "", start: null, end: null, after: null, reverse: false, limit: 10 };
    const listed = (...records: ReturnType<typeof stored>[]) =>
      operation(
        [6, 7],
        { type: "list", range },
        { type: "records", records, more: false, receipt: receipt(3) },
      );
    const all = [...asked, answeredPut([4, 5], other, 3, true)];
    const x = stored("x", { value: "two", revision: 2 });
    const y = stored("y", { value: "three", revision: 3 });
    expect(replayed(three, [...all, listed(x, y)])).toEqual([]);
    expect(replayed(three, [...all, listed(x)])).toEqual(["list"]);
    expect(replayed(three, [...all, listed(y, x)])).toEqual(["list"]);
  });

  it("finds a write whose condition did not hold", () => {
    const create = putRequest("q3", "x", "three", { conditions: [absent("x")] });
    const wrong = log(...twoPuts.entries, putEntry(3, create, true));
    const operations = [...asked, answeredPut([4, 5], create, 3, true)];
    expect(replayed(wrong, operations)).toEqual(["conditions"]);
  });

  it("finds a refusal without a reason", () => {
    const create = putRequest("q3", "y", "three", { conditions: [absent("y")] });
    const failed: Answer = {
      type: "failed",
      failed: [{ condition: 0, key: "y", revision: null }],
      replayed: false,
      receipt: receipt(2),
    };
    expect(replayed(twoPuts, [...asked, operation([4, 5], create, failed)])).toEqual([
      "conditions",
    ]);
  });

  it("finds times and terms that fall, and entries that are missing", () => {
    const late = log(
      putEntry(1, first, true, { at: 9_000 as Instant }),
      putEntry(2, second, false),
    );
    expect(replayed(late, asked)).toEqual(["times"]);
    const term = { block: 1 as Block, wake: 0 as Wake };
    const fallen = log(putEntry(1, first, true), putEntry(2, second, false, { term }));
    expect(replayed(fallen, asked)).toEqual(["R2"]);
    const gap = log(putEntry(1, first, true), putEntry(3, second, false));
    expect(replayed(gap, [asked[0]!, answeredPut([2, 3], second, 3, false)])).toEqual(["R2"]);
  });

  it("finds a key that was removed before its time, or written again since", () => {
    const forTime = putRequest("q1", "x", "one", {
      operations: [{ ...first.operations[0]!, type: "put", ttlMs: ms(500) } as never],
    });
    const expired = (at: number): Entry => ({
      ...putEntry(2, second, false),
      at: at as Instant,
      request: null,
      outcome: null,
      effects: [{ type: "delete", key: "x", expired: true }],
    });
    const operations = [answeredPut([0, 1], forTime, 1, true)];
    expect(replayed(log(putEntry(1, forTime, true), expired(1_500)), operations)).toEqual([]);
    expect(replayed(log(putEntry(1, forTime, true), expired(1_499)), operations)).toEqual([
      "expiry",
    ]);
    expect(replayed(log(putEntry(1, first, true), expired(9_000)), [asked[0]!])).toEqual([
      "expiry",
    ]);
  });
});

describe("real time", () => {
  const order = (...operations: Parameters<typeof checkOrder>[0]) =>
    reported((report) => checkOrder(operations, report));

  it("agrees with a log in which earlier answers come first", () => {
    const read = answeredGet([2, 5], "x", 1, null);
    expect(
      order(answeredPut([0, 1], first, 1, true), answeredPut([2, 3], second, 2, false), read),
    ).toEqual([]);
  });

  it("does not agree with an answer from before what was known", () => {
    const stale = answeredGet([2, 3], "x", 0, null);
    expect(order(answeredPut([0, 1], first, 1, true), stale)).toEqual(["linearizability"]);
    const early = answeredPut([2, 3], second, 1, false);
    expect(order(answeredPut([0, 1], first, 2, true), early)).toEqual(["linearizability"]);
  });

  it("takes no offence at a read of the past", () => {
    const past = answeredGet([2, 3], "x", 0, null, 0);
    expect(order(answeredPut([0, 1], first, 1, true), past)).toEqual([]);
  });
});

describe("I1", () => {
  const once = (of: typeof twoPuts, operations: Parameters<typeof checkOnce>[1]) =>
    reported((report) => checkOnce(of, operations, report));
  const keyed = (id: string, fingerprint = "f") =>
    putRequest(id, "x", "one", { idempotency: { key: "k", fingerprint } });

  it("is kept where each request has one entry", () => {
    expect(once(twoPuts, [answeredPut([0, 1], first, 1, true)])).toEqual([]);
  });

  it("is broken by a request or a key with two entries", () => {
    expect(once(log(putEntry(1, first, true), putEntry(2, first, false)), [])).toEqual(["I1"]);
    const twice = log(putEntry(1, keyed("q1"), true), putEntry(2, keyed("q2"), false));
    expect(once(twice, [])).toEqual(["I1"]);
  });

  it("is broken by a refused request that took effect", () => {
    const denied = operation([0, 1], first, refused("idempotency-key-reused"));
    expect(once(twoPuts, [denied])).toEqual(["I1"]);
  });

  it("is broken by a key called used that nobody used", () => {
    const denied = operation([0, 1], keyed("q9"), refused("idempotency-key-reused"));
    expect(once(twoPuts, [denied])).toEqual(["I1"]);
    expect(once(log(putEntry(1, keyed("q1", "g"), true)), [denied])).toEqual([]);
  });

  it("is broken by a repeat that hears something else, or not that it is one", () => {
    const used = log(putEntry(1, keyed("q1"), true));
    const told = (id: string, created: boolean, replayed: boolean) =>
      operation(
        [0, 1],
        keyed(id),
        { type: "written", results: [{ type: "put", created }], replayed, receipt: receipt(1) },
        { effect: "k" },
      );
    expect(once(used, [told("q1", true, false), told("q2", true, true)])).toEqual([]);
    expect(once(used, [told("q1", true, false), told("q2", false, true)])).toEqual(["I1"]);
    expect(once(used, [told("q1", true, false), told("q2", true, false)])).toEqual(["I1"]);
  });
});

describe("the other checks", () => {
  it("find two lives that append in one term", () => {
    const witness = { arrivedAt: null, latest: 0 as Instant };
    const by = (name: string) => ({ witness: { ...witness, incarnation: life(name) } });
    const one = answeredPut([0, 1], first, 1, true, by("a#1"));
    const same = answeredPut([2, 3], second, 2, false, by("a#1"));
    const other = answeredPut([2, 3], second, 2, false, by("a#2"));
    expect(reported((report) => checkLeaders([one, same], report))).toEqual([]);
    expect(reported((report) => checkLeaders([one, other], report))).toEqual(["R1"]);
  });

  it("find members that disagree", () => {
    const lasting = twoPuts.entries;
    const other = [putEntry(1, second, true), putEntry(2, second, false)];
    const ahead = [...lasting, putEntry(3, putRequest("q3", "x", "three"), false)];
    const of = (...members: Entry[][]) => ({ group: "a", entries: lasting, members });
    const check = (...members: Entry[][]) =>
      reported((report) => checkMembers(of(...members), report));
    expect(check([...lasting], ahead, [])).toEqual([]);
    expect(check(other)).toEqual(["R2"]);
  });

  it("find a read of what was overdue", () => {
    const read = (expiresAt: number, arrivedAt: number | null) => ({
      ...answeredGet([0, 1], "x", 1, { value: "one", revision: 1, expiresAt }),
      witness: {
        incarnation: life("a#1"),
        arrivedAt: arrivedAt as Instant | null,
        latest: 0 as Instant,
      },
    });
    const check = (...of: ReturnType<typeof read>[]) =>
      reported((report) => checkOverdue(of, report));
    expect(check(read(11, 10), read(10, null))).toEqual([]);
    expect(check(read(10, 10))).toEqual(["expiry"]);
  });

  it("find history that was forgotten too early", () => {
    const read = (latest: number) =>
      operation(
        [0, 1],
        { type: "get", key: "x", revision: logIndex(1) },
        refused("revision-compacted"),
        { witness: { incarnation: life("a#1"), arrivedAt: null, latest: latest as Instant } },
      );
    const check = (latest: number) =>
      reported((report) => checkHistoryWindow(twoPuts, [read(latest)], 5_000, report));
    expect(check(7_001)).toEqual([]);
    expect(check(7_000)).toEqual(["history"]);
  });

  it("find a member that keeps less than it must", () => {
    const window = (endsAt: number) => ({ historyMs: 70_000, clockSpreadMs: 500, endsAt });
    const short = { ...twoPuts, members: [twoPuts.entries, twoPuts.entries.slice(1)] };
    const check = (endsAt: number) =>
      reported((report) => checkKeptLogs(short, window(endsAt), report));
    expect(check(71_000 + 501)).toEqual([]);
    expect(check(71_000 - 500)).toEqual(["history"]);
  });

  it("find what costs more than it may", () => {
    const put = answeredPut([0, 1], first, 1, true);
    const dear = operation([0, 1], first, { ...put.answer, receipt: receipt(1, 3) } as Answer);
    const read = answeredGet([0, 1], "x", 1, null);
    const dearRead = { ...read, answer: { ...read.answer, receipt: receipt(1, 1) } as Answer };
    expect(reported((report) => checkCosts([put, read], report))).toEqual([]);
    expect(reported((report) => checkCosts([dear, dearRead], report))).toEqual(["costs", "costs"]);
  });
});
