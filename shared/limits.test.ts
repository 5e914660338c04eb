import { describe, expect, it } from "vitest";
import * as limits from "./limits.ts";

/** The platform's own limits, in bytes. */
const ROW_BYTES = 2_000_000;
const CALL_BYTES = 32 * 1024 * 1024;

describe("the limits", () => {
  it("keep a row under the platform's, with its key and media type", () => {
    const { VALUE_BYTES_MAX, KEY_BYTES_MAX, CONTENT_TYPE_CHARS_MAX } = limits;
    expect(VALUE_BYTES_MAX + KEY_BYTES_MAX + CONTENT_TYPE_CHARS_MAX).toBeLessThan(ROW_BYTES);
  });

  it.each([
    ["a transaction", limits.TRANSACTION_BYTES_MAX],
    ["a page of a list", limits.LIST_BYTES_MAX + limits.VALUE_BYTES_MAX],
    ["a batch of requests", limits.BATCH_BYTES_MAX + limits.TRANSACTION_BYTES_MAX],
    // Its first entry goes whole, and another may lie just within.
    ["an append", limits.APPEND_BYTES_MAX + limits.TRANSACTION_BYTES_MAX],
  ])("keep %s under half of what a call may carry", (_, bytes) => {
    expect(bytes).toBeLessThan(CALL_BYTES / 2);
  });

  it("let a transaction hold any one value", () => {
    expect(limits.TRANSACTION_BYTES_MAX).toBeGreaterThanOrEqual(limits.VALUE_BYTES_MAX);
  });

  it("keep answers by request id longer than any copy of a request lives (I1)", () => {
    expect(limits.REQUEST_COPY_MS).toBeGreaterThan(limits.DEADLINE_MS_MAX);
    expect(limits.IDEMPOTENCY_MS).toBe(24 * 3_600_000);
    expect(limits.IDEMPOTENCY_MS).toBeGreaterThan(limits.REQUEST_COPY_MS);
  });

  it("let a candidate wait for a lease to end within a request's deadline (T5)", () => {
    expect(2 * limits.LEASE_MS).toBeLessThan(limits.DEADLINE_MS_DEFAULT);
  });

  it("are the lease and drift bound of the design (L1)", () => {
    expect([limits.LEASE_MS, limits.DRIFT_BOUND]).toEqual([2_000, 0.1]);
  });

  it("hold each default between its least and its most", () => {
    expect(limits.LIST_LIMIT_DEFAULT).toBeLessThanOrEqual(limits.LIST_LIMIT_MAX);
    expect(limits.DEADLINE_MS_DEFAULT).toBeLessThanOrEqual(limits.DEADLINE_MS_MAX);
    expect(limits.HISTORY_MS_DEFAULT).toBeGreaterThanOrEqual(limits.HISTORY_MS_MIN);
    expect(limits.HISTORY_MS_DEFAULT).toBeLessThanOrEqual(limits.HISTORY_MS_MAX);
    expect(limits.TTL_MS_MIN).toBeLessThan(limits.TTL_MS_MAX);
  });
});
