/** Nobody waits for ever: a list among writers that never pause is answered. */
import { afterEach, describe, expect, it } from "vitest";
import { plant } from "../../../shared/planted.ts";
import { jsonValue } from "../../../shared/transaction/json.ts";
import { Cluster, transact } from "./cluster.ts";

afterEach(() => plant(null));

/** Writes over two groups, one transaction behind the other, for ever. */
function writeOn(cluster: Cluster, keys: readonly string[]): void {
  const { anchor, ...request } = transact(cluster, {
    operations: keys.map((key) => ({ type: "put", key, value: jsonValue(1), ttlMs: null })),
  });
  const asked = cluster.begin(anchor, request);
  const look = (): void => {
    if (asked.answer === null) cluster.timeline.after(1, look);
    else writeOn(cluster, keys);
  };
  look();
}

/** How long a list took; null where it was not answered in ten seconds. */
async function listAmongWriters(members: number): Promise<number | null> {
  const cluster = new Cluster(members);
  // Each is a participant of the other's transactions: in turn anchor and participant there is always a vote open.
  writeOn(cluster, ["{g}1", "{a}1"]);
  writeOn(cluster, ["{b}2", "{g}2"]);
  writeOn(cluster, ["{c}3", "{g}3"]);
  await cluster.pass(500);
  const range = { prefix: "", start: null, end: null, after: null, reverse: false, limit: 100 };
  const from = cluster.now;
  const asked = cluster.begin("g", { type: "list", range });
  for (let waited = 0; waited < 1_000; waited++) {
    await cluster.pass(10);
    if (asked.answer?.type === "records") return cluster.now - from;
  }
  return null;
}

describe.each([1, 3])("with %i members, a list among busy writers", (members) => {
  it("is answered after a short patience", async () => {
    expect(await listAmongWriters(members)).toBeLessThan(1_000);
  });
});

it("would starve otherwise", async () => {
  plant("lists-starve");
  expect(await listAmongWriters(3)).toBeNull();
});
