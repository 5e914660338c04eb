/**
 * A commit, cut off between every two of its steps: there the object of the anchor ends, that of a participant, or both.
 * Whoever comes by finds the outcome out, and so does an alarm alone (T1, T2, T3, T5).
 */
import { describe, expect, it } from "vitest";
import { clock } from "./clock.ts";
import { TestNamespace } from "./namespace.ts";
import { network, type Place } from "./network.ts";
import { type CutOff, ENDS, expectOver, onTestClock, RECOVERIES, recover } from "./recovery.ts";
import { TestTransaction } from "./transaction.ts";

const KEYS = ["anchor", "participant", "bystander"];

interface Step {
  readonly step: string;
  readonly type: string;
  readonly place: Place;
  /** Whether the client has its answer by then. */
  readonly told: boolean;
}

const STEPS: readonly Step[] = [
  { step: "a prepare has been sent", type: "prepare", place: "sent", told: false },
  { step: "a vote has been cast", type: "prepare", place: "answered", told: false },
  { step: "the client has been told", type: "resolve", place: "sent", told: true },
  { step: "the outcome has been heard", type: "resolve", place: "answered", told: true },
];

const ENDED = [["anchor"], ["participant"], ["anchor", "participant"]];

const CASES = STEPS.flatMap((step) =>
  ENDED.flatMap((ended) =>
    ENDS.flatMap((how) => RECOVERIES.map((by) => ({ ...step, ended, how, by }))),
  ),
);

const COMMITTED = { type: "transacted", answer: { succeeded: true } };

onTestClock();

async function begin(place: Place, type: string) {
  const namespace = new TestNamespace(1, KEYS);
  await namespace.wake();
  const participant = namespace.object("participant");
  const held = network.hold(
    place,
    (message) => message.to === participant && message.type === type,
  );
  const transaction = new TestTransaction(namespace, KEYS, 1).begin();
  await clock.atOnce(held.stopped());
  const before = { anchor: 0, participant: 0, bystander: 0 };
  const cut: CutOff = { namespace, transaction, before, late: [held] };
  return cut;
}

describe("a commit", () => {
  it.each(CASES)("when $step and $ended is $how: $by find it out", async (one) => {
    const cut = await begin(one.place, one.type);
    const { namespace, transaction } = cut;
    if (one.told) expect(await clock.atOnce(transaction.answered)).toMatchObject(COMMITTED);
    else expect(transaction.told).toBeUndefined();
    for (const group of one.ended) await namespace.end(group, one.how);
    await recover(cut, one.by);
    await expectOver(cut);
  });

  it.each(["prepare", "resolve"].flatMap((type) => RECOVERIES.map((by) => ({ type, by }))))(
    "with anchor aborted in the turn that sends each $type: $by find it out",
    async ({ type, by }) => {
      const cut = await begin("sent by the last turn", type);
      await recover(cut, by);
      await expectOver(cut);
    },
  );
});
