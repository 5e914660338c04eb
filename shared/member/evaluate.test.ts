import { describe, expect, it } from "vitest";
import type { StoredRecord } from "../store/entry.ts";
import { type Instant, logIndex, ms, type RequestId, type Revision } from "../types.ts";
import { evaluate, keysOf, type Records } from "./evaluate.ts";
import type { Condition, Operation, WriteRequest } from "./request.ts";

const NOW = 1_000 as Instant;
const value = { bytes: new Uint8Array([1]), contentType: "text/plain" };
const revisions = (...of: number[]): Revision[] => of.map(logIndex);

/** A state in which `present` stands at revision 5. */
const records: Records = {
  record: (key): StoredRecord | null =>
    key === "present" ? { key, revision: logIndex(5), value, expiresAt: null } : null,
};

function write(conditions: Condition[], operations: Operation[]): WriteRequest {
  const id = "r1" as RequestId;
  return { type: "write", id, copy: false, idempotency: null, conditions, operations };
}

const put = (key: string, ttlMs: number | null = null): Operation => ({
  type: "put",
  key,
  value,
  ttlMs: ttlMs === null ? null : ms(ttlMs),
});

describe("a condition", () => {
  const exists = (key: string, should: boolean): Condition => ({
    type: "exists",
    key,
    exists: should,
  });
  const among = (key: string, of: number[], negated = false): Condition => ({
    type: "revision",
    key,
    among: revisions(...of),
    negated,
  });
  it.each<[string, Condition, boolean]>([
    ["that a key exists holds where it does", exists("present", true), true],
    ["that a key exists fails where it is absent", exists("absent", true), false],
    ["that a key is absent holds where it is", exists("absent", false), true],
    ["that a key is absent fails where it exists", exists("present", false), false],
    ["of a revision holds at that revision", among("present", [5]), true],
    ["of several revisions holds at one of them", among("present", [4, 5]), true],
    ["of a revision fails at another", among("present", [4]), false],
    ["of a revision fails where the key is absent", among("absent", [5]), false],
    ["of no revision holds at none", among("present", []), false],
    ["against a revision fails at that revision", among("present", [5], true), false],
    ["against a revision holds at another", among("present", [4], true), true],
    ["against a revision holds where the key is absent", among("absent", [5], true), true],
  ])("%s", (_, condition, holds) => {
    expect(evaluate(write([condition], []), records, NOW).holds).toBe(holds);
  });

  it("that failed is named by its place, with the revision that failed it (T6)", () => {
    const verdict = evaluate(
      write([exists("present", true), among("present", [4]), exists("absent", true)], [put("a")]),
      records,
      NOW,
    );
    expect(verdict).toEqual({
      holds: false,
      failed: [
        { condition: 1, key: "present", revision: 5 },
        { condition: 2, key: "absent", revision: null },
      ],
    });
  });
});

describe("operations", () => {
  it("say of each put whether it made the key, of each delete whether there was one", () => {
    const operations: Operation[] = [
      put("present"),
      put("absent"),
      { type: "delete", key: "gone" },
    ];
    expect(evaluate(write([], operations), records, NOW)).toMatchObject({
      holds: true,
      results: [
        { type: "put", created: false },
        { type: "put", created: true },
        { type: "delete", deleted: false },
      ],
    });
  });

  it("have no effect where there is nothing to delete", () => {
    const verdict = evaluate(write([], [{ type: "delete", key: "gone" }]), records, NOW);
    expect(verdict).toMatchObject({ holds: true, effects: [] });
    const present = evaluate(write([], [{ type: "delete", key: "present" }]), records, NOW);
    expect(present).toMatchObject({
      effects: [{ type: "delete", key: "present", expired: false }],
    });
  });

  it("turn a time to live into the time when it ends", () => {
    const verdict = evaluate(write([], [put("a", 250), put("b")]), records, NOW);
    expect(verdict).toMatchObject({ effects: [{ expiresAt: 1_250 }, { expiresAt: null }] });
  });
});

it("the keys of a write are those it looks at and those it changes", () => {
  const request = write([{ type: "exists", key: "a", exists: true }], [put("b"), put("a")]);
  expect(keysOf(request)).toEqual(new Set(["a", "b"]));
});
