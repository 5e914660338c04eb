/**
 * What transactions cost, counted (DESIGN.md §9): delays before the answer, calls, rows at each member.
 *
 * The table's rows leave the alarm out, which is a row where none stands that rings early enough: a vote without one
 * could be found out about by contact alone.
 */
import { describe, expect, it } from "vitest";
import { jsonValue } from "../../../shared/transaction/json.ts";
import type { Operation } from "../../../shared/transaction/request.ts";
import { Cluster, DELAY_MS, transact } from "./cluster.ts";

const put = (key: string): Operation => ({
  type: "put",
  key,
  value: jsonValue(1),
  ttlMs: null,
});

async function cost(cluster: Cluster, keys: readonly string[]) {
  const groups = [...new Set(keys.map((key) => key.replace(/^\{(.*)\}.*$/, "$1")))];
  const before = groups.map((group) => cluster.rows(group));
  const startedAt = cluster.timeline.now;
  cluster.calls = [];
  const { anchor, ...request } = transact(cluster, { operations: keys.map(put) });
  const answer = await cluster.ask(anchor, request);
  const delays = (cluster.timeline.now - startedAt) / DELAY_MS;
  // What comes behind the answer, and no alarm yet.
  await cluster.pass(200);
  const behind = cluster.calls.filter((call) => call.startsWith("resolve")).length;
  return {
    type: answer.type,
    delays,
    calls: 1 + cluster.calls.length - behind,
    behind,
    rows: groups.map((group, at) =>
      cluster.rows(group).map((rows, member) => rows - (before[at]?.[member] ?? 0)),
    ),
  };
}

describe("a transaction over three solo groups", () => {
  it("takes 2 delays, 3 calls and 2 behind the answer, 2 rows a participant and 2 a key", async () => {
    const cluster = new Cluster(1);
    const expected = { type: "transacted", delays: 2, calls: 3, behind: 2, rows: [[4], [4], [4]] };
    expect(await cost(cluster, ["a", "b", "c"])).toEqual(expected);
    expect(await cost(cluster, ["a", "b", "c"])).toEqual(expected);
    // An alarm for each participant, and none anew while it stands.
    expect(["a", "b", "c"].map((group) => cluster.alarms(group))).toEqual([1, 1, 1]);
  });
});

describe("a transaction in one solo group", () => {
  it("is one entry: 1 delay, 1 call, a row for it and one a key, and no alarm", async () => {
    const cluster = new Cluster(1);
    const expected = { type: "transacted", delays: 1, calls: 1, behind: 0, rows: [[4]] };
    expect(await cost(cluster, ["{g}1", "{g}2", "{g}3"])).toEqual(expected);
    expect(cluster.alarms("g")).toBe(0);
  });
});

describe("a transaction over three groups of three", () => {
  it("takes 3 delays", async () => {
    const cluster = new Cluster(3);
    const first = await cost(cluster, ["a", "b", "c"]);
    expect(first.type).toBe("transacted");
    expect(first.delays).toBe(3);
    expect(first.rows).toEqual([
      [4, 4, 4],
      [4, 4, 4],
      [4, 4, 4],
    ]);
  });
});
