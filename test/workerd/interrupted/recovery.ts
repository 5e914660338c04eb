/** What every test of this folder does once it has cut a transaction off: have it recovered, and look whether it is over. */
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { LEASE_MS, PEER_CALL_MS } from "../../../shared/limits.ts";
import { clock } from "./clock.ts";
import type { End, TestNamespace } from "./namespace.ts";
import { type Held, network } from "./network.ts";
import type { TestTransaction } from "./transaction.ts";

/** For a file of tests: their objects live by the test's clock. */
export function onTestClock(): void {
  beforeAll(() => clock.install());
  afterEach(() => network.reset());
  afterAll(() => clock.uninstall());
}

export const ENDS: readonly End[] = ["aborted", "evicted"];

/** Contact and alarm each suffice alone. */
export const RECOVERIES = ["readers", "alarms"] as const;
export type Recovery = (typeof RECOVERIES)[number];

export interface CutOff {
  readonly namespace: TestNamespace;
  readonly transaction: TestTransaction;
  /** What each key held before. */
  readonly before: Readonly<Record<string, number>>;
  /** Messages that were held: they arrive in the end. */
  readonly late: readonly Held[];
}

/** Has the transaction recovered, in time (T5). */
export async function recover({ namespace, transaction }: CutOff, by: Recovery): Promise<void> {
  const from = clock.now;
  if (by === "alarms") await namespace.ringAlarms();
  else for (const key of transaction.keys) await clock.until(transaction.read(key));
  // An alarm may ring once more behind that, to find nothing.
  const until = by === "alarms" ? network.movedAt : clock.now;
  const limit = transaction.request.deadlineMs + LEASE_MS + PEER_CALL_MS;
  expect(until - from).toBeLessThanOrEqual(limit);
}

/** It is over, stays so when what was held arrives after all, and leaves nothing behind. */
export async function expectOver({ namespace, transaction, before, late }: CutOff): Promise<void> {
  if (transaction.begun) await clock.until(transaction.answered);
  await transaction.expectOver(before);
  for (const held of late) {
    held.goOn();
    if (held.message !== null) await clock.atOnce(namespace.arrive(held.message));
  }
  await namespace.ringAlarms();
  await clock.rest();
  await transaction.expectOver(before);
  await transaction.expectRepeatable();
}
