/** How an operator's request finds the leader, and what it is told when it does not. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RemoteMember } from "../../durable-objects/reach.ts";
import { TRANSFER_MS } from "../../shared/limits.ts";
import type { Caller, OperatorAnswer, OperatorRequest } from "../../shared/member/request.ts";
import { namespaceConfig } from "../../shared/namespace.ts";
import { addMs, type Instant, ms, region } from "../../shared/types.ts";
import type { Env } from "../context.ts";
import { handOver } from "./hand-over.ts";
import { operate } from "./operate.ts";
import { ELECTION_PATIENCE_MS, PATIENCE_MS_OF_SEVERAL } from "./setback.ts";

const namespace = namespaceConfig("ns", { regions: ["wnam", "enam", "weur"].map(region) }, []);
const DESCRIBE: OperatorRequest = { type: "describe" };
const TRANSFER: OperatorRequest = { type: "transfer", to: region("weur") };
const SILENT = () => new Promise<never>(() => {});

type Reaction = (request: OperatorRequest, caller: Caller) => Promise<OperatorAnswer>;

/** Who was asked, for what, and which members were named as unreachable. */
let asked: string[] = [];

/** Members that react as told; one of whom nothing is told never answers. */
function members(reactions: Readonly<Record<string, Reaction>>): Env {
  const gates = namespace.regions.map((self): [string, RemoteMember] => [
    `REGION_${self}`,
    {
      operate: (group, request, caller) => {
        expect(group).toMatchObject({ namespace: "ns", group: "g", self });
        const names = caller.unreachable.map((one) => ` -${one}`).join("");
        asked.push(`${request.type} ${self}${names}`);
        return (reactions[self] ?? SILENT)(request, caller);
      },
      serve: SILENT,
      receive: SILENT,
      fetch: SILENT,
    },
  ]);
  return Object.fromEntries(gates) as unknown as Env;
}

const receipt = { term: { block: 1, wake: 0 }, index: 0, rows: 0 } as never;
const leads =
  (leader: string): Reaction =>
  async ({ type }) =>
    type === "transfer"
      ? { type: "transferred", leader: region(leader) }
      : {
          type: "described",
          leader: region(leader),
          leaseMs: ms(1),
          members: [],
          inDoubt: [],
          receipt,
        };
const namesAs =
  (leader: string): Reaction =>
  async () => ({ type: "redirected", leader: region(leader) });
const noQuorum: Reaction = async () => ({ type: "refused", code: "no-quorum", detail: "none" });
const fails =
  (about: object = {}): Reaction =>
  async () => {
    throw Object.assign(new Error("a fault"), about);
  };

const subject = () => ({
  namespace,
  group: "g",
  deadline: addMs(Date.now() as Instant, ms(10_000)),
});

/** What is answered, and after how many milliseconds. */
async function after<Answer>(work: Promise<Answer>): Promise<[Answer, number]> {
  const startedAt = Date.now();
  const timed = work.then((answer): [Answer, number] => [answer, Date.now() - startedAt]);
  await vi.advanceTimersByTimeAsync(60_000);
  return timed;
}

const ask = (request: OperatorRequest, reactions: Readonly<Record<string, Reaction>>) =>
  after(operate(members(reactions), { ...subject(), request }));

beforeEach(() => {
  asked = [];
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the leader", () => {
  it("is the first region, where nothing else is known", async () => {
    const [answer] = await ask(DESCRIBE, { wnam: leads("wnam") });
    expect(answer).toMatchObject({ type: "described", leader: "wnam" });
    expect(asked).toEqual(["describe wnam"]);
  });

  it("that answers leaves no timer behind", async () => {
    const answer = await operate(members({ wnam: leads("wnam") }), {
      ...subject(),
      request: DESCRIBE,
    });
    expect(answer.type).toBe("described");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is who another names", async () => {
    const [answer] = await ask(DESCRIBE, { wnam: namesAs("weur"), weur: leads("weur") });
    expect(answer).toMatchObject({ leader: "weur" });
    expect(asked).toEqual(["describe wnam", "describe weur"]);
  });

  it("is asked for elsewhere where it does not answer", async () => {
    const [answer, tookMs] = await ask(DESCRIBE, { enam: leads("enam") });
    expect(answer).toMatchObject({ leader: "enam" });
    expect(asked).toEqual(["describe wnam", "describe enam -wnam"]);
    expect(tookMs).toBe(PATIENCE_MS_OF_SEVERAL);
  });

  it("may be known better by a third", async () => {
    const [answer] = await ask(DESCRIBE, { enam: namesAs("weur"), weur: leads("weur") });
    expect(answer).toMatchObject({ leader: "weur" });
    expect(asked).toEqual(["describe wnam", "describe enam -wnam", "describe weur -wnam"]);
  });

  it("is tried again where a member has heard of it since", async () => {
    let calls = 0;
    const later: Reaction = (...about) => (++calls === 1 ? SILENT() : leads("wnam")(...about));
    const [answer] = await ask(DESCRIBE, { wnam: later, enam: namesAs("wnam") });
    expect(answer).toMatchObject({ leader: "wnam" });
    expect(asked).toEqual(["describe wnam", "describe enam -wnam", "describe wnam"]);
  });

  it("is given as long as the request has", async () => {
    const deadlines: number[] = [];
    const note: Reaction = (_, caller) => {
      deadlines.push(caller.deadlineMs);
      return SILENT();
    };
    await ask(DESCRIBE, { wnam: note, enam: note, weur: note });
    expect(deadlines).toEqual([
      10_000,
      10_000 - PATIENCE_MS_OF_SEVERAL,
      10_000 - PATIENCE_MS_OF_SEVERAL - ELECTION_PATIENCE_MS,
    ]);
  });

  it("is not left before it can say that its heir did not catch up", async () => {
    const late: Reaction = (...about) =>
      new Promise((resolve) => setTimeout(resolve, TRANSFER_MS + 500)).then(() =>
        noQuorum(...about),
      );
    const [answer] = await ask(TRANSFER, { wnam: late });
    expect(answer).toMatchObject({ type: "refused", code: "no-quorum" });
  });
});

describe("where nobody leads", () => {
  it("the deadline ends it, and not before", async () => {
    const [answer, tookMs] = await ask(DESCRIBE, {});
    expect(answer).toMatchObject({ type: "refused", code: "deadline-exceeded" });
    expect(tookMs).toBe(10_000);
  });

  it("members that name each other are asked with pauses", async () => {
    const [answer, tookMs] = await ask(DESCRIBE, { wnam: namesAs("enam"), enam: namesAs("wnam") });
    expect(answer).toMatchObject({ type: "refused", code: "deadline-exceeded" });
    expect(tookMs).toBeGreaterThan(9000);
    expect(asked.length).toBeLessThan(60);
  });

  it("a member's refusal is passed on", async () => {
    const [answer] = await ask(DESCRIBE, { wnam: noQuorum });
    expect(answer).toEqual({ type: "refused", code: "no-quorum", detail: "none" });
    expect((await ask(TRANSFER, { wnam: noQuorum }))[0]).toMatchObject({ code: "no-quorum" });
  });
});

describe("faults", () => {
  it("of a connection are tried elsewhere", async () => {
    const broken = fails({ retryable: true });
    const [answer] = await ask(DESCRIBE, { wnam: broken, enam: leads("enam") });
    expect(answer).toMatchObject({ leader: "enam" });
    expect(asked).toEqual(["describe wnam", "describe enam -wnam"]);
  });

  it("of the code are tried three times, logged, and told", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const [answer] = await ask(DESCRIBE, { wnam: fails(), enam: fails(), weur: fails() });
    expect(answer).toMatchObject({ type: "refused", code: "internal" });
    expect(asked).toEqual(["describe wnam", "describe enam -wnam", "describe weur -wnam -enam"]);
    expect(log).toHaveBeenCalledTimes(3);
  });

  it("of too much work are not tried again", async () => {
    const [answer] = await ask(DESCRIBE, { wnam: fails({ overloaded: true }) });
    expect(answer).toMatchObject({ type: "refused", code: "overloaded" });
    expect(asked).toHaveLength(1);
  });
});

describe("a refusal", () => {
  it("says nothing of a hand-over that was asked for before and not answered", async () => {
    const [answer] = await ask(TRANSFER, { enam: noQuorum, weur: noQuorum });
    expect(answer).toMatchObject({ type: "refused", code: "deadline-exceeded" });
  });

  it("says all there is to say where the member before only named another", async () => {
    const [answer, tookMs] = await ask(TRANSFER, { wnam: namesAs("enam"), enam: noQuorum });
    expect(answer).toMatchObject({ type: "refused", code: "no-quorum" });
    expect(tookMs).toBeLessThan(100);
  });
});

describe("handing over", () => {
  const move = (reactions: Readonly<Record<string, Reaction>>) =>
    after(handOver(members(reactions), { ...subject(), to: region("weur") }));

  it("is done when the member named is seen to lead", async () => {
    const [answer] = await move({ wnam: leads("weur"), weur: leads("weur") });
    expect(answer).toEqual({ type: "led", leader: "weur" });
    expect(asked).toEqual(["transfer wnam", "describe weur"]);
  });

  it("is asked for again where another turned out to lead", async () => {
    let led = "wnam";
    const stale: Reaction = async (request, caller) => {
      const answer = await leads(led)(request, caller);
      led = "weur";
      return answer;
    };
    const [answer] = await move({ wnam: leads("weur"), weur: stale });
    expect(answer).toEqual({ type: "led", leader: "weur" });
    expect(asked.filter((one) => one.startsWith("transfer"))).toHaveLength(2);
  });

  it("passes on that the member did not catch up", async () => {
    const [answer] = await move({ wnam: noQuorum });
    expect(answer).toMatchObject({ type: "refused", code: "no-quorum" });
  });

  it("is not said to have failed once it was offered", async () => {
    const [answer] = await move({ wnam: leads("weur"), weur: noQuorum });
    expect(answer).toMatchObject({ type: "refused", code: "deadline-exceeded" });
  });

  it("nor when it is refused the second time", async () => {
    let offers = 0;
    const once: Reaction = (...about) => (++offers === 1 ? leads("weur") : noQuorum)(...about);
    const [answer] = await move({ wnam: once, weur: leads("enam") });
    expect(answer).toMatchObject({ type: "refused", code: "deadline-exceeded" });
    expect(offers).toBe(2);
  });

  it("is offered three times, and no more, where another goes on leading", async () => {
    const [answer] = await move({ wnam: leads("weur"), weur: leads("enam") });
    expect(answer).toMatchObject({ type: "refused", code: "deadline-exceeded" });
    expect(asked).toHaveLength(6);
  });

  it("ends with the deadline where nobody is in a hurry", async () => {
    const slow: Reaction = (request, caller) =>
      new Promise((resolve) => setTimeout(resolve, 1900)).then(() =>
        leads("enam")(request, caller),
      );
    const [answer, tookMs] = await move({ wnam: slow, enam: slow, weur: slow });
    expect(answer).toMatchObject({ type: "refused", code: "deadline-exceeded" });
    expect(tookMs).toBe(10_000);
  });
});
