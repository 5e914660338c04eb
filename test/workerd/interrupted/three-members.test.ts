/**
 * Groups of three: the member that leads ends or is cut off in the midst of a transaction, another one is elected, and
 * whatever the old one still says or hears, the outcome is one (T1, T2, T3).
 */
import { describe, expect, it } from "vitest";
import { LEASE_MS, RECOVERY_ROUND_MS } from "../../../shared/limits.ts";
import { clock } from "./clock.ts";
import { TestNamespace } from "./namespace.ts";
import { network, type Place } from "./network.ts";
import { type CutOff, expectOver, onTestClock, RECOVERIES, recover } from "./recovery.ts";
import { TestTransaction } from "./transaction.ts";

const KEYS = ["anchor", "participant"];
const BEFORE = { anchor: 0, participant: 0 };

onTestClock();

const STEPS = (["prepare", "resolve"] as const).flatMap((type) =>
  (["sent", "answered"] as const).map((place) => ({ type, place, told: type === "resolve" })),
);

async function begin(place: Place, type: string) {
  const namespace = new TestNamespace(3, KEYS);
  await namespace.wake();
  const participant = namespace.object("participant");
  const held = network.hold(
    place,
    (message) => message.to === participant && message.type === type,
  );
  const transaction = new TestTransaction(namespace, KEYS, 1).begin();
  return { namespace, transaction, held };
}

describe("a commit over groups of three", () => {
  const ENDED = STEPS.flatMap((step) => KEYS.map((group) => ({ ...step, group })));

  async function cutOff({ type, place, told, group }: (typeof ENDED)[number]): Promise<CutOff> {
    const { namespace, transaction, held } = await begin(place, type);
    await clock.atOnce(held.stopped());
    if (told) await clock.atOnce(transaction.answered);
    await namespace.end(group, "aborted");
    return { namespace, transaction, before: BEFORE, late: [held] };
  }

  it.each(ENDED.flatMap((one) => RECOVERIES.map((by) => ({ ...one, by }))))(
    "with a $type $place, and the leader of $group aborted: $by find it out",
    async (one) => {
      const cut = await cutOff(one);
      await recover(cut, one.by);
      await expectOver(cut);
    },
  );

  it.each(ENDED)(
    "with a $type $place, and the leader of $group gone: readers elect others",
    async (one) => {
      const cut = await cutOff(one);
      const back = cut.namespace.takeDown(one.group);
      await recover(cut, "readers");
      back();
      await expectOver(cut);
    },
  );
});

/** It is back, and whatever is still open is found out. */
async function expectOne(cut: CutOff, rejoin: () => void): Promise<void> {
  if (cut.transaction.begun) await clock.until(cut.transaction.answered);
  rejoin();
  await recover(cut, "readers");
  await expectOver(cut);
}

describe("a leader of a participant that is cut off, and goes on", () => {
  it("tells no vote that it could not make durable", async () => {
    const namespace = new TestNamespace(3, KEYS);
    await namespace.wake();
    const rejoin = namespace.cutOff("participant");
    const transaction = new TestTransaction(namespace, KEYS, 1).begin();
    await expectOne({ namespace, transaction, before: BEFORE, late: [] }, rejoin);
  });
});

describe("a leader of the anchor that is cut off, and goes on", () => {
  it("hears no vote in an attempt that its successor has settled", async () => {
    const { namespace, transaction, held } = await begin("sent", "prepare");
    const message = await clock.atOnce(held.stopped());
    await clock.quiet();
    const rejoin = namespace.cutOff("anchor");
    const silent = network.lose((other) => other.type === "prepare" && other !== message);
    expect(await clock.until(transaction.lookUp())).toBe("aborted");
    silent();
    held.goOn();
    await expectOne({ namespace, transaction, before: BEFORE, late: [held] }, rejoin);
  });

  it("tells no commit whose record it could not make durable", async () => {
    const namespace = new TestNamespace(3, KEYS);
    await namespace.wake();
    const rejoin = namespace.cutOff("anchor");
    const transaction = new TestTransaction(namespace, KEYS, 1).begin();
    await clock.quiet();
    const voted = await clock.atOnce(namespace.describe("participant"));
    expect(voted.inDoubt).toMatchObject([{ id: transaction.request.id }]);
    expect(await clock.until(transaction.lookUp())).toBe("aborted");
    await expectOne({ namespace, transaction, before: BEFORE, late: [] }, rejoin);
  });

  it("tells a commit, which its successor finds out however long it takes", async () => {
    const { namespace, transaction, held } = await begin("answered", "prepare");
    await clock.atOnce(held.stopped());
    const rejoin = namespace.cutOff("anchor");
    held.goOn();
    expect(await clock.atOnce(transaction.answered)).toMatchObject({ type: "transacted" });
    const silent = network.lose(({ type }) => type === "settle");
    const lookedUp = transaction.lookUp();
    await clock.pass(clock.now + LEASE_MS + RECOVERY_ROUND_MS + 1_000);
    silent();
    expect(await clock.until(lookedUp)).toBe("committed");
    await expectOne({ namespace, transaction, before: BEFORE, late: [held] }, rejoin);
  });

  it("tells nobody of an abort that it could not make durable, whoever asks", async () => {
    const namespace = new TestNamespace(3, KEYS);
    await namespace.wake();
    const rejoin = namespace.cutOff("anchor");
    const transaction = new TestTransaction(namespace, KEYS, 1);
    const { id } = transaction.request;
    const asked = namespace.askAt(namespace.first, "anchor", { type: "look-up", id, settle: true });
    await clock.quiet();
    const begun = namespace.ask("anchor", transaction.request);
    expect(await clock.until(begun)).toMatchObject({ type: "transacted" });
    expect(await clock.until(asked)).not.toMatchObject({ type: "looked-up" });
    await expectOne({ namespace, transaction, before: BEFORE, late: [] }, rejoin);
  });

  it("tells no abort that it could not make durable", async () => {
    const { namespace, transaction, held } = await begin("sent", "prepare");
    const message = await clock.atOnce(held.stopped());
    await clock.quiet();
    const rejoin = namespace.cutOff("anchor");
    const silent = network.lose(({ type }) => type === "prepare");
    await clock.pass(clock.now + transaction.request.deadlineMs + 1_000);
    silent();
    // Its prepare arrives late, and completes the votes.
    await clock.atOnce(namespace.arrive(message));
    expect(await clock.until(transaction.lookUp())).toBe("committed");
    await expectOne({ namespace, transaction, before: BEFORE, late: [held] }, rejoin);
  });
});
