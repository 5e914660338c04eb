import { describe, expect, it } from "vitest";
import {
  type Action,
  type Attempt,
  disorder,
  keyHistory,
  type Outcome,
  revisionsOf,
} from "./history.ts";

let clock = 0;

/** One after the other, unless told when. */
function attempt(
  action: Action,
  outcome: Outcome,
  [invokedAt, returnedAt]: readonly [number, number] = [++clock, ++clock],
): Attempt {
  return { client: 0, key: "k", action, outcome, invokedAt, returnedAt, by: "test" };
}

const get: Action = { type: "get" };
const put = (value: string, ifRevision?: number | null): Action => ({
  type: "put",
  value,
  ifRevision,
});
const written = (revision: number, created = false): Outcome => ({
  type: "written",
  revision,
  created,
});
const record = (revision: number, value: string): Outcome => ({
  type: "record",
  record: { revision, value },
});
const unknown: Outcome = { type: "unknown" };

const values = (entries: readonly (readonly [number, string])[]) => new Map(entries);
const created = () => attempt(put("a", null), written(1, true));

describe("a history of real processes", () => {
  it("is in order where every answer follows from the one before", () => {
    const attempts = [
      created(),
      attempt(get, record(1, "a")),
      attempt(put("b", 1), written(2)),
      attempt(put("c", 1), { type: "failed", revision: 2 }),
      attempt(put("d"), { type: "nothing" }),
      attempt(get, record(2, "b")),
    ];
    expect(
      disorder(
        attempts,
        values([
          [1, "a"],
          [2, "b"],
        ]),
      ),
    ).toBeNull();
  });

  it("shows an acknowledged write that was lost, up to the answer that shows it", () => {
    const attempts = [
      created(),
      attempt(put("b"), written(2)),
      attempt(get, record(1, "a")),
      attempt(put("late"), written(3)),
    ];
    const found = disorder(
      attempts,
      values([
        [1, "a"],
        [2, "b"],
        [3, "late"],
      ]),
    );
    expect(found).toContain("get → a at 1");
    expect(found).not.toContain("late");
  });

  it("shows a stale read", () => {
    const attempts = [
      created(),
      attempt(put("b"), written(2), [10, 30]),
      attempt(get, record(2, "b"), [11, 12]),
      attempt(get, record(1, "a"), [13, 14]),
    ];
    expect(
      disorder(
        attempts,
        values([
          [1, "a"],
          [2, "b"],
        ]),
      ),
    ).toContain("get → a at 1");
  });

  it("shows an effect that was said not to be", () => {
    const attempts = [
      created(),
      attempt(put("b"), { type: "nothing" }),
      attempt(get, record(2, "b")),
    ];
    expect(
      disorder(
        attempts,
        values([
          [1, "a"],
          [2, "b"],
        ]),
      ),
    ).not.toBeNull();
  });

  it("lets a write that nobody answered take effect late, or never", () => {
    const late = [created(), attempt(put("b"), unknown), attempt(get, record(1, "a"))];
    expect(disorder(late, values([[1, "a"]]))).toBeNull();
    const seen = [...late, attempt(get, record(2, "b"))];
    expect(
      disorder(
        seen,
        values([
          [1, "a"],
          [2, "b"],
        ]),
      ),
    ).toBeNull();
    const undone = [...seen, attempt(get, record(1, "a"))];
    expect(
      disorder(
        undone,
        values([
          [1, "a"],
          [2, "b"],
        ]),
      ),
    ).not.toBeNull();
  });

  it("ends a write that nobody answered where its revision was first named", () => {
    const attempts = [
      created(),
      attempt(put("b"), unknown),
      attempt(put("c", 1), { type: "failed", revision: 2 }),
    ];
    expect(revisionsOf(attempts)).toEqual(
      new Map([
        [1, "a"],
        [2, null],
      ]),
    );
    const end = attempts[2]?.returnedAt;
    const [, ended] = keyHistory(
      attempts,
      values([
        [1, "a"],
        [2, "b"],
      ]),
    );
    expect(ended?.returnedAt).toBe(end);
    expect(
      disorder(
        attempts,
        values([
          [1, "a"],
          [2, "b"],
        ]),
      ),
    ).toBeNull();
  });
});
