/**
 * Asking, against a leader that answers, fails and hangs as told. Time is the test's own.
 *
 * In Node every promise continues where it is, so requests may share calls as they do in the runtime.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Answer, Caller, GroupRequest, WriteRequest } from "../../shared/member/request.ts";
import type { NamespaceConfig } from "../../shared/namespace.ts";
import type { Term } from "../../shared/raft/term.ts";
import type { TransactRequest } from "../../shared/transaction/request.ts";
import {
  logIndex,
  type Ms,
  ms,
  type RequestId,
  region,
  type TransactionId,
} from "../../shared/types.ts";
import type { Env } from "../context.ts";
import type { Delivery } from "./ask.ts";

vi.stubGlobal("Cloudflare", {
  compatibilityFlags: { handle_cross_request_promise_resolution: true },
});
const { ask } = await import("./ask.ts");

interface Call {
  readonly name: string;
  readonly requests: readonly GroupRequest[];
  readonly caller: Caller;
  answer(): void;
  answerWith(answers: readonly Answer[]): void;
  fail(properties: Readonly<Record<string, unknown>>): void;
}

const NAMESPACE: NamespaceConfig = {
  name: "ns",
  regions: [region("weur")],
  replicaRegions: [],
  historyMs: ms(600_000),
};
const RECEIPT = { term: { block: 1, wake: 1 } as unknown as Term, index: logIndex(7), rows: 2 };

/** Answers a write with its id, so that everybody can tell whether an answer is their own. */
const answerTo = (request: GroupRequest): Answer =>
  request.type === "write"
    ? {
        type: "failed",
        failed: [{ condition: 0, key: request.id, revision: null }],
        replayed: false,
        receipt: RECEIPT,
      }
    : { type: "record", record: null, receipt: RECEIPT };

let calls: Call[];
let held: Promise<unknown>[];

const env = {
  MEMBER: {
    getByName: (name: string) => ({
      serve(_: unknown, requests: readonly GroupRequest[], caller: Caller) {
        const { promise, resolve, reject } = Promise.withResolvers<readonly Answer[]>();
        calls.push({
          name,
          requests,
          caller,
          answer: () => resolve(requests.map(answerTo)),
          answerWith: resolve,
          fail: (properties) => reject(Object.assign(new Error("fault"), properties)),
        });
        return promise;
      },
    }),
  },
} as unknown as Env;

const context = { waitUntil: (promise: Promise<unknown>) => void held.push(promise) };

const write = (id: string, bytes = 1): WriteRequest => ({
  type: "write",
  id: id as RequestId,
  copy: false,
  idempotency: null,
  conditions: [],
  operations: [
    {
      type: "put",
      key: "k",
      value: { bytes: new Uint8Array(bytes), contentType: "text/plain" },
      ttlMs: null,
    },
  ],
});
const transact = (id: string): TransactRequest => ({
  type: "transact",
  id: id as TransactionId,
  copy: false,
  idempotency: null,
  parts: [],
  deadlineMs: ms(5_000),
  explain: false,
});
const get = (key: string): GroupRequest => ({ type: "get", key, revision: null });

const send = (request: GroupRequest, deadlineMs: Ms = ms(10_000)): Promise<Delivery> =>
  ask(env, context, { namespace: NAMESPACE, group: "g", request, deadlineMs });

/** Whose answer it is. */
const ownerOf = (delivery: Delivery): string | undefined =>
  delivery.type === "answered" && delivery.answer.type === "failed"
    ? delivery.answer.failed[0]?.key
    : undefined;
const codeOf = (delivery: Delivery): string =>
  delivery.type === "refused" ? delivery.code : delivery.type;
const ids = (call: Call | undefined) =>
  call?.requests.map((request) =>
    request.type === "write" ? `${request.id}${request.copy ? "+" : ""}` : request.type,
  );

const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
  vi.spyOn(console, "error").mockImplementation(() => {});
  calls = [];
  held = [];
});

afterEach(async () => {
  // Nothing may be left behind that somebody else would wait for; timers have run out by then.
  for (const call of calls) call.answer();
  await vi.advanceTimersByTimeAsync(60_000);
  await Promise.all(held);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("one request", () => {
  it("takes one call", async () => {
    const asked = send(write("a"));
    await settle();
    expect(calls).toHaveLength(1);
    expect(calls[0]?.name).toBe("ns/weur/g");
    expect(calls[0]?.caller.deadlineMs).toBe(10_000);
    await vi.advanceTimersByTimeAsync(30);
    calls[0]?.answer();
    const delivery = await asked;
    expect(ownerOf(delivery)).toBe("a");
    expect(delivery).toMatchObject({ calls: 1, region: "weur", tookMs: 30 });
  });

  it("passes a refusal on", async () => {
    const asked = send(get("k"));
    await settle();
    calls[0]?.answerWith([{ type: "refused", code: "revision-compacted", detail: "gone" }]);
    expect(await asked).toEqual({ type: "refused", code: "revision-compacted", detail: "gone" });
  });
});

describe("requests that come together", () => {
  it("share the next call, each with its own answer and its own cost", async () => {
    const asked = ["a", "b", "c", "d"].map((id) => send(write(id)));
    await settle();
    expect(calls.map(ids)).toEqual([["a"]]);
    calls[0]?.answer();
    await settle();
    expect(calls.map(ids)).toEqual([["a"], ["b", "c", "d"]]);
    calls[1]?.answer();
    const deliveries = await Promise.all(asked);
    expect(deliveries.map(ownerOf)).toEqual(["a", "b", "c", "d"]);
    expect(deliveries.map((one) => (one.type === "answered" ? one.calls : null))).toEqual([
      1, 1, 0, 0,
    ]);
  });

  it("do not wait for another group's", async () => {
    const asked = [
      send(write("a")),
      ask(env, context, {
        namespace: NAMESPACE,
        group: "h",
        request: write("b"),
        deadlineMs: ms(100),
      }),
    ];
    await settle();
    expect(calls.map((call) => call.name)).toEqual(["ns/weur/g", "ns/weur/h"]);
    for (const call of calls) call.answer();
    await Promise.all(asked);
  });

  it("read one key once", async () => {
    const asked = [send(write("a")), send(get("x")), send(get("x")), send(get("y"))];
    await settle();
    calls[0]?.answer();
    await settle();
    expect(calls[1]?.requests).toEqual([get("x"), get("y")]);
    calls[1]?.answer();
    expect((await Promise.all(asked)).map(codeOf)).toEqual([
      "answered",
      "answered",
      "answered",
      "answered",
    ]);
  });

  it("wait as long as the most patient of them", async () => {
    const asked = [send(write("a")), send(write("b"), ms(500)), send(write("c"), ms(5_000))];
    await settle();
    calls[0]?.answer();
    await settle();
    expect(calls[1]?.caller.deadlineMs).toBe(5_000);
    calls[1]?.answer();
    await Promise.all(asked);
  });

  it("fail together and come again together, as copies", async () => {
    const asked = ["a", "b", "c"].map((id) => send(write(id)));
    await settle();
    calls[0]?.answer();
    await settle();
    calls[1]?.fail({ retryable: true });
    await vi.advanceTimersByTimeAsync(20);
    expect(ids(calls[2])).toEqual(["b+"]);
    calls[2]?.answer();
    await settle();
    expect(ids(calls[3])).toEqual(["c+"]);
    calls[3]?.answer();
    expect((await Promise.all(asked)).map(ownerOf)).toEqual(["a", "b", "c"]);
  });
});

describe("a client that hangs up", () => {
  /** The platform ends a request whose client is gone once nothing holds it any more. */
  const isHeld = async () => {
    let settled = false;
    void Promise.all(held).then(() => {
      settled = true;
    });
    await settle();
    return !settled;
  };

  it("leaves its call held until it has ended, past its own deadline too", async () => {
    const asked = send(write("a"), ms(100));
    await vi.advanceTimersByTimeAsync(500);
    expect(codeOf(await asked)).toBe("deadline-exceeded");
    expect(await isHeld()).toBe(true);
    calls[0]?.answer();
    await settle();
    expect(await isHeld()).toBe(false);
  });

  it("leaves its place in the queue held, in case the next call is its to make", async () => {
    const first = send(write("a"));
    await settle();
    held = [];
    const asked = send(write("b"));
    await settle();
    expect(held).toHaveLength(1);
    expect(await isHeld()).toBe(true);
    calls[0]?.answer();
    await settle();
    expect(held).toHaveLength(2);
    calls[1]?.answer();
    await Promise.all([first, asked]);
  });
});

describe("a carrier that vanished", () => {
  it("does not stop those who wait behind it, who were never sent", async () => {
    const lost = send(write("lost"));
    await settle();
    const asked = ["a", "b"].map((id) => send(write(id)));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(
      calls
        .slice(1)
        .flatMap((call) => ids(call) ?? [])
        .sort(),
    ).toEqual(["a", "b", "lost+"]);
    for (const call of calls.slice(1)) call.answer();
    await settle();
    for (const call of calls.slice(1)) call.answer();
    expect((await Promise.all(asked)).map(ownerOf)).toEqual(["a", "b"]);
    expect(ownerOf(await lost)).toBe("lost");
  });

  it("makes no copies of those who were never sent, though they lost patience", async () => {
    const lost = send(write("lost"), ms(300));
    await settle();
    const asked = send(write("a"));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(codeOf(await lost)).toBe("deadline-exceeded");
    expect(ids(calls[1])).toEqual(["a"]);
    calls[1]?.answer();
    expect(ownerOf(await asked)).toBe("a");
  });

  it("does not stop those it carried: they try again under their own ids, as copies", async () => {
    const asked = ["a", "b", "c"].map((id) => send(write(id)));
    await settle();
    calls[0]?.answer();
    await settle();
    expect(ids(calls[1])).toEqual(["b", "c"]);
    await vi.advanceTimersByTimeAsync(2_000);
    const again = calls.slice(2).flatMap((call) => ids(call) ?? []);
    expect(again.length).toBeGreaterThan(0);
    for (const id of again) expect(id).toMatch(/^[bc]\+$/);
    for (let i = 2; i < calls.length; i++) {
      calls[i]?.answer();
      await settle();
    }
    expect((await Promise.all(asked)).map(ownerOf)).toEqual(["a", "b", "c"]);
  });

  it("is not waited for by those who come later", async () => {
    const lost = send(write("lost"), ms(30_000));
    await vi.advanceTimersByTimeAsync(1_900);
    const asked = send(write("a"));
    await settle();
    expect(ids(calls[1])).toEqual(["a"]);
    calls[1]?.answer();
    expect(ownerOf(await asked)).toBe("a");
    calls[0]?.answer();
    expect(ownerOf(await lost)).toBe("lost");
  });
});

describe("faults", () => {
  it("are tried again on a new stub, under the same id, as a copy", async () => {
    const asked = send(write("a"));
    await settle();
    calls[0]?.fail({ retryable: true });
    await vi.advanceTimersByTimeAsync(20);
    expect(calls.map(ids)).toEqual([["a"], ["a+"]]);
    calls[1]?.answer();
    const delivery = await asked;
    expect(ownerOf(delivery)).toBe("a");
    expect(delivery).toMatchObject({ calls: 2 });
  });

  it("of an overloaded leader are told at once, and are definite", async () => {
    const asked = send(write("a"));
    await settle();
    calls[0]?.fail({ overloaded: true, retryable: true });
    expect(codeOf(await asked)).toBe("overloaded");
    expect(calls).toHaveLength(1);
  });

  it("of an overloaded leader are not definite where an earlier copy may have got through", async () => {
    const asked = send(write("a"));
    await settle();
    calls[0]?.fail({ retryable: true });
    await vi.advanceTimersByTimeAsync(20);
    calls[1]?.fail({ overloaded: true });
    expect(codeOf(await asked)).toBe("internal");
  });

  it("of an overloaded leader are definite for a read, whatever came before", async () => {
    const asked = send(get("k"));
    await settle();
    calls[0]?.fail({ retryable: true });
    await vi.advanceTimersByTimeAsync(20);
    calls[1]?.fail({ overloaded: true });
    expect(codeOf(await asked)).toBe("overloaded");
  });

  it("of broken code end after three attempts", async () => {
    const asked = send(write("a"));
    for (let attempt = 0; attempt < 3; attempt++) {
      await vi.advanceTimersByTimeAsync(100);
      calls.at(-1)?.fail({ remote: true });
    }
    expect(codeOf(await asked)).toBe("internal");
    expect(calls).toHaveLength(3);
    expect(console.error).toHaveBeenCalledTimes(3);
  });

  it("go on until the deadline, and then nobody knows", async () => {
    const started = Date.now();
    const asked = send(write("a"), ms(1_000));
    for (let i = 0; i < 100; i++) {
      await vi.advanceTimersByTimeAsync(10);
      calls.at(-1)?.fail({ retryable: true });
    }
    expect(codeOf(await asked)).toBe("deadline-exceeded");
    expect(Date.now() - started).toBeLessThanOrEqual(1_000);
  });

  it("are not what a call that hangs is: it ends with the deadline, whoever waits", async () => {
    const asked = [send(write("a"), ms(300)), send(write("b"), ms(400)), send(get("k"), ms(400))];
    await vi.advanceTimersByTimeAsync(300);
    expect(codeOf(await (asked[0] as Promise<Delivery>))).toBe("deadline-exceeded");
    await vi.advanceTimersByTimeAsync(100);
    expect((await Promise.all(asked)).map(codeOf)).toEqual([
      "deadline-exceeded",
      "deadline-exceeded",
      "deadline-exceeded",
    ]);
  });

  it("hidden in a short answer are no answer", async () => {
    const asked = send(write("a"), ms(3_000));
    await settle();
    calls[0]?.answerWith([]);
    await settle();
    expect(ids(calls[1])).toEqual(["a+"]);
    calls[1]?.answer();
    expect(ownerOf(await asked)).toBe("a");
  });
});

describe("a refusal", () => {
  const refused: Answer = { type: "refused", code: "no-quorum", detail: "no" };

  it("for want of a quorum is definite for the only copy", async () => {
    const asked = send(write("a"));
    await settle();
    calls[0]?.answerWith([refused]);
    expect(codeOf(await asked)).toBe("no-quorum");
  });

  it("for want of a quorum says nothing of an earlier copy", async () => {
    const asked = send(write("a"), ms(200));
    await settle();
    calls[0]?.fail({ retryable: true });
    for (let i = 0; i < 20; i++) {
      await vi.advanceTimersByTimeAsync(10);
      if (calls.length > 1) calls.at(-1)?.answerWith([refused]);
    }
    expect(codeOf(await asked)).toBe("deadline-exceeded");
  });
});

describe("an answer that comes when the request has been sent again", () => {
  const deleted = (found: boolean): Answer => ({
    type: "written",
    results: [{ type: "delete", deleted: found }],
    replayed: false,
    receipt: RECEIPT,
  });
  const failed = answerTo(write("a"));
  const remembered = { ...write("a"), idempotency: { key: "i", fingerprint: "f" } };

  it.each<[string, WriteRequest, Answer]>([
    ["a failed condition", write("a"), failed],
    ["a deletion of nothing", write("a"), deleted(false)],
  ])("does not count where nobody remembers it: %s", async (_, request, answer) => {
    const asked = send(request);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(calls.map(ids)).toEqual([["a"], ["a+"]]);
    calls[0]?.answerWith([answer]);
    await settle();
    calls[1]?.answerWith([deleted(true)]);
    expect(await asked).toMatchObject({ answer: deleted(true) });
  });

  it.each<[string, GroupRequest, Answer]>([
    ["a change", write("a"), deleted(true)],
    ["under an idempotency key", remembered, failed],
    ["a read", get("k"), answerTo(get("k"))],
  ])("counts where the other copy can only repeat it: %s", async (_, request, answer) => {
    const asked = send(request);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(calls).toHaveLength(2);
    calls[0]?.answerWith([answer]);
    expect(await asked).toMatchObject({ answer });
  });
});

describe("a member that does not lead", () => {
  it("says who does, and is believed", async () => {
    const asked = send(write("a"));
    await settle();
    calls[0]?.answerWith([{ type: "redirected", leader: region("enam") }]);
    await vi.advanceTimersByTimeAsync(20);
    expect(calls[1]?.name).toBe("ns/enam/g");
    expect(ids(calls[1])).toEqual(["a+"]);
    calls[1]?.answer();
    expect(await asked).toMatchObject({ type: "answered", region: "enam", calls: 2 });
  });
});

describe("a transaction", () => {
  const transacted = (id: string): Answer => ({
    type: "transacted",
    id: id as TransactionId,
    answer: { succeeded: true, failed: [], results: [] },
    seen: [],
    replayed: false,
    trace: [],
    receipt: RECEIPT,
  });
  const asked = (call: Call | undefined) => call?.requests[0] as TransactRequest;

  it("goes alone, and nobody waits for it", async () => {
    const all = [send(write("a")), send(transact("t")), send(transact("u")), send(write("b"))];
    await settle();
    expect(calls.map((call) => call.requests.map(({ type }) => type))).toEqual([
      ["write"],
      ["transact"],
      ["transact"],
    ]);
    expect(calls.map((call) => call.caller.alone)).toEqual([true, true, true]);
    calls[1]?.answerWith([transacted("t")]);
    calls[2]?.answerWith([transacted("u")]);
    calls[0]?.answer();
    await settle();
    expect(ids(calls[3])).toEqual(["b"]);
    calls[3]?.answer();
    expect((await Promise.all(all)).map(codeOf)).toEqual(Array(4).fill("answered"));
  });

  it("is sent again as a copy, with what is left of its time", async () => {
    const sent = send(transact("t"));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(calls.map((call) => [asked(call).copy, asked(call).deadlineMs])).toEqual([
      [false, 5_000],
      [true, 3_000],
    ]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect([asked(calls[2]).copy, asked(calls[2]).deadlineMs]).toEqual([true, 1]);
    calls[2]?.answerWith([transacted("t")]);
    expect(codeOf(await sent)).toBe("answered");
  });

  it.each<[string, Answer]>([
    ["an answer", transacted("t")],
    ["a refusal", { type: "refused", code: "transaction-conflict", detail: "contention" }],
  ])("hears %s that comes when it has been sent again", async (_, answer) => {
    const sent = send(transact("t"));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(calls).toHaveLength(2);
    calls[0]?.answerWith([answer]);
    expect(codeOf(await sent)).toBe(
      answer.type === "refused" ? "transaction-conflict" : "answered",
    );
  });

  it("that an overloaded leader turns away is in doubt where an earlier copy may have got through", async () => {
    const sent = send(transact("t"));
    await settle();
    calls[0]?.fail({ retryable: true });
    await vi.advanceTimersByTimeAsync(20);
    calls[1]?.fail({ overloaded: true });
    expect(codeOf(await sent)).toBe("internal");
  });

  it.each<[boolean, string]>([
    [true, "internal"],
    [false, "overloaded"],
  ])(
    "that is settled may change something, and one looked at does not: %s",
    async (settle_, code) => {
      const sent = send({ type: "look-up", id: "t" as TransactionId, settle: settle_ });
      await settle();
      calls[0]?.fail({ retryable: true });
      await vi.advanceTimersByTimeAsync(20);
      calls[1]?.fail({ overloaded: true });
      expect(codeOf(await sent)).toBe(code);
    },
  );
});

describe("a request that would have to wait for a transaction", () => {
  const crowded: Answer = { type: "crowded", copy: false };

  it("is asked again at once, alone, and is no copy because of that", async () => {
    const all = ["a", "b", "c"].map((id) => send(write(id)));
    await settle();
    calls[0]?.answer();
    await settle();
    expect(ids(calls[1])).toEqual(["b", "c"]);
    expect(calls[1]?.caller.alone).toBe(false);
    calls[1]?.answerWith([crowded, answerTo(write("c"))]);
    await settle();
    expect(ids(calls[2])).toEqual(["b"]);
    expect(calls[2]?.caller.alone).toBe(true);
    calls[2]?.answer();
    expect((await Promise.all(all)).map(ownerOf)).toEqual(["a", "b", "c"]);
  });

  it("lets the others go on meanwhile", async () => {
    const all = ["a", "b", "c"].map((id) => send(write(id)));
    await settle();
    calls[0]?.answer();
    await settle();
    calls[1]?.answerWith([crowded, answerTo(write("c"))]);
    await settle();
    const later = send(write("d"));
    await settle();
    expect(ids(calls[3])).toEqual(["d"]);
    for (const call of calls) call.answer();
    expect((await Promise.all([...all, later])).map(ownerOf)).toEqual(["a", "b", "c", "d"]);
  });

  it("stays a copy where it was one", async () => {
    const sent = send(write("a"));
    await settle();
    calls[0]?.fail({ retryable: true });
    await vi.advanceTimersByTimeAsync(20);
    calls[1]?.answerWith([crowded]);
    await settle();
    expect(ids(calls[2])).toEqual(["a+"]);
    calls[2]?.answer();
    expect(ownerOf(await sent)).toBe("a");
  });

  it("is told no such thing by a call that it no longer waits for", async () => {
    const sent = send(write("a"));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(calls).toHaveLength(2);
    calls[0]?.answerWith([crowded]);
    await settle();
    expect(calls).toHaveLength(2);
    calls[1]?.answer();
    expect(ownerOf(await sent)).toBe("a");
  });

  it("is tried with pauses, not for ever at once, should it be told so alone", async () => {
    const sent = send(write("a"), ms(1_000));
    for (let i = 0; i < 100; i++) {
      await vi.advanceTimersByTimeAsync(10);
      calls.at(-1)?.answerWith([crowded]);
    }
    expect(codeOf(await sent)).toBe("deadline-exceeded");
    expect(calls.length).toBeLessThan(15);
  });
});
