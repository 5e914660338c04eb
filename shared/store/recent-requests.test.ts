import { describe, expect, it } from "vitest";
import { REQUEST_COPY_MS, REQUESTS_KEPT_MIN } from "../limits.ts";
import { type Block, type Instant, logIndex, type RequestId, type Wake } from "../types.ts";
import type { Entry } from "./entry.ts";
import { RecentRequests } from "./recent-requests.ts";

const id = (text: string): RequestId => text as RequestId;

function entry(index: number, at: number, request: string | null): Entry {
  return {
    index: logIndex(index),
    term: { block: 1 as Block, wake: 1 as Wake },
    at: at as Instant,
    request: request === null ? null : id(request),
    effects: [],
    outcome: null,
    idempotency: null,
  };
}

describe("recent requests (I1)", () => {
  it("are those read from the log and those appended since", () => {
    const recent = new RecentRequests([
      { request: id("a"), index: logIndex(3), at: 10 as Instant },
    ]);
    recent.add(entry(4, 20, "b"));
    recent.add(entry(5, 20, null));
    expect(["a", "b", "c"].map((one) => recent.find(id(one)))).toEqual([[3], [4], []]);
  });

  it("are kept for as long as a copy can live, and no longer", () => {
    const recent = new RecentRequests([]);
    recent.add(entry(1, 1_000, "a"));
    for (let n = 0; n < REQUESTS_KEPT_MIN; n++) recent.add(entry(2 + n, 1_001, `b${n}`));
    recent.add(entry(1_000, 1_000 + REQUEST_COPY_MS, null));
    expect(recent.find(id("a"))).toEqual([1]);
    recent.add(entry(1_001, 1_001 + REQUEST_COPY_MS, null));
    expect([recent.find(id("a")), recent.find(id("b0"))]).toEqual([[], [2]]);
  });

  it("are kept when few, however far a clock has jumped", () => {
    const recent = new RecentRequests([]);
    recent.add(entry(1, 1_000, "a"));
    recent.add(entry(2, 1_000_000_000, "b"));
    expect(recent.find(id("a"))).toEqual([1]);
  });
});
