import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Dependency, inferDependencies } from "./dependencies.ts";
import { append, committed, read, unknown } from "./fixture.ts";
import { shortestPath } from "./graph.ts";
import type { ObservedTransaction } from "./history.ts";
import { inferVersions } from "./versions.ts";

/** Whether one transaction leads to another, by these dependencies alone. */
function leads(history: readonly ObservedTransaction[], ...types: Dependency["type"][]) {
  const graph = inferDependencies(history, inferVersions(history));
  return (from: number, to: number): boolean =>
    shortestPath(graph, from, to, ({ label }) => label === null || types.includes(label.type)) !==
    null;
}

it("real time orders exactly those of which one returned before the other was called", () => {
  const span = fc.tuple(fc.nat(12), fc.nat(6), fc.constantFrom("committed", "open", "unknown"));
  fc.assert(
    fc.property(fc.array(span, { maxLength: 10 }), (spans) => {
      const history = spans.map(([from, length, kind], number) => {
        const to = from + length;
        if (kind === "unknown") return unknown(`T${number}`, [from, to], append("x", `${number}`));
        return committed(`T${number}`, kind === "open" ? [from] : [from, to]);
      });
      // All take effect: one reads what those of unknown outcome did.
      const values = history.flatMap(({ fate }, number) =>
        fate === "unknown" ? [`${number}`] : [],
      );
      history.push(committed("R", [0], { type: "read", key: "x", list: values }));
      const leadsTo = leads(history, "rt");
      for (const [one, { fate, returnedAt }] of history.entries()) {
        for (const [other, { invokedAt }] of history.entries()) {
          expect(leadsTo(one, other)).toBe(fate === "committed" && returnedAt < invokedAt);
        }
      }
    }),
    { seed: 4, numRuns: 300 },
  );
});

describe("appends that nobody read", () => {
  const history = [
    committed("A", [0], append("x", "a")),
    committed("B", [0], read("x", "a")),
    ...["C", "D", "E"].map((name) => committed(name, [0], append("x", name))),
    committed("F", [0], read("x", "")),
  ];
  const unread = [2, 3, 4];

  it("come after what was read and its readers", () => {
    for (const number of unread) {
      expect(leads(history, "ww")(0, number)).toBe(true);
      expect(leads(history, "rw")(1, number)).toBe(true);
      expect(leads(history, "rw", "ww")(5, number)).toBe(true);
    }
  });

  it("have no order among themselves", () => {
    const leadsTo = leads(history, "ww", "wr", "rw");
    for (const one of unread) for (const other of unread) expect(leadsTo(one, other)).toBe(false);
  });

  it("come after the append that follows a read, unless it is the reader's own", () => {
    const updates = history.with(3, committed("D", [0], read("x", "a"), append("x", "D")));
    const leadsTo = leads(updates, "rw");
    expect([0, 1, 2, 3, 4, 5].filter((number) => leadsTo(3, number))).toEqual([2, 4]);
  });
});
