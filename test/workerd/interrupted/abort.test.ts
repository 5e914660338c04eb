/**
 * An abort, cut off between every two of its steps, however it comes about: a participant gives way to an older
 * transaction, a participant is out of reach until the deadline, a later life of the anchor settles what the one before
 * began, or never heard of. A prepare that comes late must not change it (T1, T2, T3, T5).
 */
import { describe, expect, it } from "vitest";
import { ms } from "../../../shared/types.ts";
import { clock } from "./clock.ts";
import { type End, TestNamespace } from "./namespace.ts";
import { type Held, type Match, network, type Place } from "./network.ts";
import {
  type CutOff,
  ENDS,
  expectOver,
  onTestClock,
  RECOVERIES,
  type Recovery,
  recover,
} from "./recovery.ts";
import { TestTransaction } from "./transaction.ts";

const KEYS = ["anchor", "participant", "bystander"];
const BEFORE = { anchor: 0, participant: 0, bystander: 0 };

onTestClock();

/** Every step, with the end of each object that has to do with it, in both ways, recovered in both ways. */
const everyWay = <Step>(steps: readonly Step[], ended: (step: Step) => readonly string[]) =>
  steps.flatMap((step) =>
    ended(step).flatMap((group) =>
      ENDS.flatMap((how) => RECOVERIES.map((by) => ({ ...step, ended: group, how, by }))),
    ),
  );

/** The `count`-th message of this type to a group. */
function nth(namespace: TestNamespace, type: string, group: string, count = 1): Match {
  const to = namespace.object(group);
  let left = count;
  return (message) => message.type === type && message.to === to && --left === 0;
}

async function expectAborted(cut: CutOff): Promise<void> {
  await expectOver(cut);
  expect(await cut.transaction.lookUp()).toBe("aborted");
}

describe("a transaction that gives way to an older one", () => {
  interface Step {
    readonly step: string;
    readonly type: string;
    readonly to: string;
    readonly count: number;
    readonly place: Place;
    /** How long the transaction tries. */
    readonly deadlineMs: number;
    /** Whether the client has its answer by then. */
    readonly told: boolean;
  }

  const to = "bystander";
  const trying = { deadlineMs: 5_000, told: false };
  const over = { deadlineMs: 3, told: true };
  const STEPS: readonly Step[] = [
    ...(["sent", "answered"] as const).flatMap((place) => [
      { step: "prepare", type: "prepare", to: "participant", count: 1, place, ...trying },
      { step: "abort of the attempt", type: "resolve", to, count: 1, place, ...trying },
      { step: "prepare of the next attempt", type: "prepare", to, count: 2, place, ...trying },
      { step: "abort of the whole", type: "resolve", to, count: 2, place, ...over },
    ]),
  ];

  async function cutOff(step: Step, ended: string, how: End): Promise<CutOff> {
    const namespace = new TestNamespace(1, [...KEYS, "elder"]);
    await namespace.wake();
    const [elder, participant] = [namespace.object("elder"), namespace.object("participant")];
    // Its anchor cannot tell the participant that it is committed, which goes on holding its key.
    const unheard = network.lose(
      ({ from, to, type }) => from === elder && to === participant && type === "resolve",
    );
    const deadlineMs = ms(step.deadlineMs);
    const older = new TestTransaction(namespace, ["elder", "participant"], 7, deadlineMs).begin();
    expect(await clock.atOnce(older.answered)).toMatchObject({ type: "transacted" });
    const held = network.hold(step.place, nth(namespace, step.type, step.to, step.count));
    const transaction = new TestTransaction(namespace, KEYS, 1, deadlineMs).begin();
    await clock.until(held.stopped());
    if (step.told) {
      const conflict = { type: "refused", code: "transaction-conflict" };
      expect(await clock.atOnce(transaction.answered)).toMatchObject(conflict);
    } else expect(transaction.told).toBeUndefined();
    await namespace.end(ended, how);
    unheard();
    return { namespace, transaction, before: { ...BEFORE, participant: 7 }, late: [held] };
  }

  it.each(everyWay(STEPS, (one) => ["anchor", one.to]))(
    "with its $step $place, and $ended $how: $by find it out",
    async (one) => {
      const cut = await cutOff(one, one.ended, one.how);
      await recover(cut, one.by);
      await (one.told ? expectAborted(cut) : expectOver(cut));
    },
  );
});

describe("a transaction with a participant out of reach until its deadline", () => {
  const STEPS = (["sent", "answered"] as const).map((place) => ({ place }));

  async function untilAborted(place: Place) {
    const namespace = new TestNamespace(1, KEYS);
    await namespace.wake();
    const participant = namespace.object("participant");
    const prepare = network.hold("sent", nth(namespace, "prepare", "participant"));
    const abort = network.hold(place, nth(namespace, "resolve", "bystander"));
    const transaction = new TestTransaction(namespace, KEYS, 1).begin();
    await clock.atOnce(prepare.stopped());
    const restore = network.lose(({ to }) => to === participant);
    await clock.until(abort.stopped());
    const cut: CutOff = { namespace, transaction, before: BEFORE, late: [prepare, abort] };
    return { cut, restore };
  }

  it.each(everyWay(STEPS, () => ["anchor", "bystander"]))(
    "with its abort $place, and $ended $how: $by find it out",
    async ({ place, ended, how, by }) => {
      const { cut, restore } = await untilAborted(place);
      await cut.namespace.end(ended, how);
      const outOfReach = { type: "refused", code: "no-quorum" };
      expect(await clock.atOnce(cut.transaction.answered)).toMatchObject(outOfReach);
      restore();
      await recover(cut, by);
      await expectAborted(cut);
    },
  );

  it.each(RECOVERIES)(
    "and anchor aborted in the turn that sends the abort: %s find it out",
    async (by) => {
      const { cut, restore } = await untilAborted("sent by the last turn");
      restore();
      await recover(cut, by);
      await expectAborted(cut);
    },
  );
});

describe("a transaction whose anchor ended after its record", () => {
  const STEPS = (["sent", "answered"] as const).map((place) => ({ place }));

  async function cutOff(place: Place, ended: string, how: End, by: Recovery): Promise<CutOff> {
    const namespace = new TestNamespace(1, KEYS);
    await namespace.wake();
    const prepare = network.hold("sent", nth(namespace, "prepare", "participant"));
    const transaction = new TestTransaction(namespace, KEYS, 1).begin();
    await clock.atOnce(prepare.stopped());
    await clock.quiet();
    await namespace.end("anchor", "aborted");
    const settle = network.hold(place, nth(namespace, "settle", "participant"));
    await begin(namespace, transaction, "bystander", by, settle);
    await namespace.end(ended, how);
    return { namespace, transaction, before: BEFORE, late: [settle, prepare] };
  }

  it.each(everyWay(STEPS, () => ["anchor", "participant"]))(
    "with the settling of its later life $place, and $ended $how: $by find it out",
    async (one) => {
      const cut = await cutOff(one.place, one.ended, one.how, one.by);
      await recover(cut, one.by);
      await expectAborted(cut);
    },
  );
});

describe("a transaction whose anchor ended before its record", () => {
  const STEPS = (["sent", "answered"] as const).map((place) => ({ place }));

  async function cutOff(place: Place, ended: string, how: End, by: Recovery): Promise<CutOff> {
    const namespace = new TestNamespace(1, KEYS);
    await namespace.wake();
    const prepare = network.hold("sent by the last turn", nth(namespace, "prepare", "participant"));
    const transaction = new TestTransaction(namespace, KEYS, 1).begin();
    await clock.atOnce(prepare.stopped());
    expect(await clock.atOnce(transaction.answered)).toBeInstanceOf(Error);
    expect(await clock.atOnce(transaction.lookUp())).toBe("aborted");
    // What it sent in its last turn comes late, and the participant votes.
    if (prepare.message !== null) await clock.atOnce(namespace.arrive(prepare.message));
    expect(await clock.atOnce(namespace.inDoubt())).toHaveLength(1);
    const inquire = network.hold(place, nth(namespace, "inquire", "anchor"));
    await begin(namespace, transaction, "participant", by, inquire);
    await namespace.end(ended, how);
    return { namespace, transaction, before: BEFORE, late: [inquire, prepare] };
  }

  it.each(everyWay(STEPS, () => ["anchor", "participant"]))(
    "with a late voter's question $place, and $ended $how: $by find it out",
    async (one) => {
      const cut = await cutOff(one.place, one.ended, one.how, one.by);
      await recover(cut, one.by);
      await expectAborted(cut);
    },
  );
});

/** Has a group begin to recover, until a message that is part of it is held. */
async function begin(
  namespace: TestNamespace,
  transaction: TestTransaction,
  group: string,
  by: Recovery,
  held: Held,
): Promise<void> {
  if (by === "alarms") await namespace.ring(group);
  // Whoever asks may be told nothing, should the object end.
  else void transaction.read(group).catch(() => {});
  await clock.until(held.stopped());
}
