import { beforeEach, describe, expect, it } from "vitest";
import { PEER_CALL_MS, PEER_PAUSE_MS } from "../limits.ts";
import type { Answer, Caller } from "../member/request.ts";
import { addMs, type Instant, logIndex, ms, type Region, region } from "../types.ts";
import type { FeedRequest } from "./feed.ts";
import { type Bill, Leaders, noBill } from "./leaders.ts";
import { FEED_CALLS_MAX, FEED_MS } from "./limits.ts";

const MEMBERS = ["wnam", "enam", "weur"].map(region);
const [WNAM, ENAM, WEUR] = MEMBERS as [Region, Region, Region];
const REQUEST: FeedRequest = { type: "feed", from: logIndex(1), state: null };
const FED = {
  type: "fed",
  entries: [],
  state: null,
  commitIndex: logIndex(7),
} as unknown as Answer;
const HANGS = "hangs";

const redirected = (leader: Region): Answer => ({ type: "redirected", leader });
const refused = (code: "no-quorum"): Answer => ({ type: "refused", code, detail: "" });

/** Members that answer by a rule; a call takes 10 ms, and one that hangs as long as it may. */
function members(rule: (to: Region, caller: Caller, call: number) => Answer | typeof HANGS) {
  let now = 0 as Instant;
  const calls: { to: Region; caller: Caller; at: number }[] = [];
  const leaders = new Leaders(MEMBERS, {
    now: () => now,
    sleep: async (duration) => {
      now = addMs(now, duration);
    },
    ask: async (_group, to, _request, caller) => {
      calls.push({ to, caller, at: now });
      const answer = rule(to, caller, calls.length);
      now = addMs(now, answer === HANGS ? caller.deadlineMs : ms(10));
      if (answer === HANGS) throw new Error("no answer");
      return answer;
    },
  });
  return { leaders, calls, asked: () => calls.map(({ to }) => to), now: () => now };
}

let bill: Bill;

beforeEach(() => {
  bill = noBill();
});

describe("a group's leader", () => {
  it("is the namespace's first region until told otherwise", async () => {
    const { leaders, calls } = members(() => FED);
    expect(await leaders.ask("g", REQUEST, bill)).toEqual({ answer: FED, sentAt: 0 });
    expect(calls).toEqual([
      { to: WNAM, caller: { alone: true, deadlineMs: PEER_CALL_MS, unreachable: [] }, at: 0 },
    ]);
  });

  it("is found through any member, and remembered", async () => {
    const { leaders, asked } = members((to) => (to === WEUR ? FED : redirected(WEUR)));
    // The answer proves nothing of when it was first asked elsewhere.
    expect(await leaders.ask("g", REQUEST, bill)).toMatchObject({ sentAt: 10 });
    await leaders.ask("g", REQUEST, bill);
    expect(asked()).toEqual([WNAM, WEUR, WEUR]);
    expect(bill).toEqual({ calls: 3 });
  });

  it("is told of to another member where it does not answer", async () => {
    const { leaders, calls } = members((to) => (to === WNAM ? HANGS : FED));
    expect(await leaders.ask("g", REQUEST, bill)).toMatchObject({ sentAt: PEER_CALL_MS });
    expect(calls.map(({ to, caller }) => [to, caller.unreachable])).toEqual([
      [WNAM, []],
      [ENAM, [WNAM]],
    ]);
  });

  it("is asked again where it was said to be unreachable, and another member names it", async () => {
    const { leaders, calls } = members((to, _, call) => {
      if (to === ENAM) return redirected(WNAM);
      return call === 1 ? HANGS : FED;
    });
    expect(await leaders.ask("g", REQUEST, bill)).not.toBeNull();
    expect(calls.map(({ to, caller }) => [to, caller.unreachable])).toEqual([
      [WNAM, []],
      [ENAM, [WNAM]],
      [WNAM, []],
    ]);
  });

  it("is waited for a little where it refuses", async () => {
    const { leaders, calls } = members((_to, _caller, call) =>
      call < 3 ? refused("no-quorum") : FED,
    );
    expect(await leaders.ask("g", REQUEST, bill)).not.toBeNull();
    expect(calls.map(({ at }) => at)).toEqual([0, 260, 520]);
  });

  it("is given up when nobody answers in time", async () => {
    const { leaders, now } = members(() => HANGS);
    expect(await leaders.ask("g", REQUEST, bill)).toBeNull();
    expect(now()).toBeLessThanOrEqual(FEED_MS + PEER_PAUSE_MS);
  });

  it("is given up where two members send to each other", async () => {
    const { leaders, calls } = members((to) => redirected(to === WNAM ? ENAM : WNAM));
    expect(await leaders.ask("g", REQUEST, bill)).toBeNull();
    expect(calls).toHaveLength(FEED_CALLS_MAX);
  });
});
