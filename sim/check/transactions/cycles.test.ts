/** Histories that are wrong in exactly one way, each with one beside it that is nearly the same and right. */
import { describe, expect, it } from "vitest";
import { findAnomalies } from "./cycles.ts";
import { aborted, append, committed, read, unknown } from "./fixture.ts";
import type { ObservedTransaction } from "./history.ts";

const names = (history: readonly ObservedTransaction[]): string[] =>
  findAnomalies(history)
    .map(({ name }) => name)
    .sort();

interface Case {
  readonly what: string;
  readonly anomalies: readonly string[];
  readonly wrong: readonly ObservedTransaction[];
  readonly right: readonly ObservedTransaction[];
}

// Where the times do not matter, all overlap.
const ANY = [0, 100] as const;

const reads: Case[] = [
  {
    what: "a value that nobody appended, and one of unknown outcome",
    anomalies: ["unwritten"],
    wrong: [committed("A", ANY, read("x", "a"))],
    right: [committed("A", ANY, read("x", "a")), unknown("B", [0], append("x", "a"))],
  },
  {
    what: "a value that was appended to another key, and to this one",
    anomalies: ["unwritten"],
    wrong: [committed("A", ANY, append("y", "a")), committed("B", ANY, read("x", "a"))],
    right: [committed("A", ANY, append("x", "a")), committed("B", ANY, read("x", "a"))],
  },
  {
    what: "a value of an aborted transaction, and of one whose outcome nobody knows",
    anomalies: ["G1a"],
    wrong: [aborted("A", ANY, append("x", "a")), committed("B", ANY, read("x", "a"))],
    right: [unknown("A", [0], append("x", "a")), committed("B", ANY, read("x", "a"))],
  },
  {
    // It is a cycle, too: the reader comes after the one append and before the other.
    what: "one of two appends of a transaction, and none of them",
    anomalies: ["G-single", "G1b"],
    wrong: [
      committed("A", ANY, append("x", "a"), append("x", "b")),
      committed("B", ANY, read("x", "a")),
    ],
    right: [
      committed("A", ANY, append("x", "a"), append("x", "b")),
      committed("B", ANY, read("x", "")),
      committed("C", ANY, read("x", "ab")),
    ],
  },
  {
    what: "a value twice, and two values",
    anomalies: ["duplicate"],
    wrong: [committed("A", ANY, append("x", "a")), committed("B", ANY, read("x", "aa"))],
    right: [
      committed("A", ANY, append("x", "a")),
      committed("B", ANY, read("x", "ab")),
      committed("C", ANY, append("x", "b")),
    ],
  },
  {
    what: "two orders of the same appends, and one that is the beginning of the other",
    anomalies: ["incompatible-orders"],
    wrong: [
      committed("A", ANY, append("x", "a")),
      committed("B", ANY, append("x", "b")),
      committed("C", ANY, read("x", "ab")),
      committed("D", ANY, read("x", "b")),
    ],
    right: [
      committed("A", ANY, append("x", "a")),
      committed("B", ANY, append("x", "b")),
      committed("C", ANY, read("x", "ab")),
      committed("D", ANY, read("x", "a")),
    ],
  },
  {
    what: "a committed append that is gone, and one that came late",
    anomalies: ["G-single-realtime", "lost-append"],
    wrong: [committed("A", [0, 1], append("x", "a")), committed("B", [2, 3], read("x", ""))],
    right: [committed("A", [0, 2], append("x", "a")), committed("B", [2, 3], read("x", ""))],
  },
];

const internals: Case[] = [
  {
    what: "an own append that is not seen, and one that is",
    anomalies: ["internal"],
    wrong: [committed("A", ANY, append("x", "a"), read("x", ""))],
    right: [committed("A", ANY, append("x", "a"), read("x", "a"))],
  },
  {
    what: "an own append seen too early, and not yet",
    anomalies: ["internal"],
    wrong: [committed("A", ANY, read("x", "a"), append("x", "a"))],
    right: [committed("A", ANY, read("x", ""), append("x", "a"), read("x", "a"))],
  },
  {
    what: "own appends in another order, and in theirs",
    anomalies: ["internal"],
    wrong: [
      committed("A", ANY, append("x", "a"), append("x", "b")),
      committed("B", ANY, read("x", "ba")),
    ],
    right: [
      committed("A", ANY, append("x", "a"), append("x", "b"), read("x", "ab")),
      committed("B", ANY, read("x", "ab")),
    ],
  },
  {
    what: "two reads that differ by another's append, and by an own one",
    anomalies: ["internal"],
    wrong: [
      committed("A", ANY, append("x", "a")),
      committed("B", ANY, read("x", ""), read("x", "a")),
    ],
    right: [
      committed("A", ANY, append("x", "a")),
      committed("B", ANY, read("x", "a"), append("x", "b"), read("x", "ab")),
    ],
  },
];

const cycles: Case[] = [
  {
    what: "writes that interleave, and writes in one order",
    anomalies: ["G0"],
    wrong: [
      committed("A", ANY, append("x", "a"), append("y", "b")),
      committed("B", ANY, append("x", "c"), append("y", "d")),
      committed("C", ANY, read("x", "ac")),
      committed("D", ANY, read("y", "db")),
    ],
    right: [
      committed("A", ANY, append("x", "a"), append("y", "b")),
      committed("B", ANY, append("x", "c"), append("y", "d")),
      committed("C", ANY, read("x", "ac")),
      committed("D", ANY, read("y", "bd")),
    ],
  },
  {
    what: "two that read each other's writes, and one that reads the other's",
    anomalies: ["G1c"],
    wrong: [
      committed("A", ANY, append("x", "a"), read("y", "b")),
      committed("B", ANY, append("y", "b"), read("x", "a")),
    ],
    right: [
      committed("A", ANY, append("x", "a"), read("y", "b")),
      committed("B", ANY, append("y", "b"), read("x", "")),
    ],
  },
  {
    what: "a transaction seen in half, and whole",
    anomalies: ["G-single"],
    wrong: [
      committed("A", ANY, append("x", "a"), append("y", "b")),
      committed("B", ANY, read("x", "a"), read("y", "")),
      committed("C", ANY, read("y", "b")),
    ],
    right: [
      committed("A", ANY, append("x", "a"), append("y", "b")),
      committed("B", ANY, read("x", ""), read("y", "")),
      committed("C", ANY, read("y", "b")),
    ],
  },
  {
    what: "half of one of unknown outcome, and both its halves",
    anomalies: ["G-single"],
    wrong: [
      unknown("A", [0], append("x", "a"), append("y", "b")),
      committed("B", ANY, read("x", "a"), read("y", "")),
    ],
    right: [
      unknown("A", [0], append("x", "a"), append("y", "b")),
      committed("B", ANY, read("x", "a"), read("y", "b")),
    ],
  },
  {
    what: "a lost update, and two updates one after the other",
    anomalies: ["G-single"],
    wrong: [
      committed("A", ANY, read("x", ""), append("x", "a")),
      committed("B", ANY, read("x", ""), append("x", "b")),
      committed("C", ANY, read("x", "ab")),
    ],
    right: [
      committed("A", ANY, read("x", ""), append("x", "a")),
      committed("B", ANY, read("x", "a"), append("x", "b")),
      committed("C", ANY, read("x", "ab")),
    ],
  },
  {
    what: "two updates of one version that nobody read, and one update",
    anomalies: ["G2"],
    wrong: [
      committed("A", ANY, read("x", ""), append("x", "a")),
      committed("B", ANY, read("x", ""), append("x", "b")),
    ],
    right: [
      committed("A", ANY, read("x", ""), append("x", "a")),
      committed("B", ANY, read("x", "")),
      committed("C", ANY, append("x", "b")),
    ],
  },
  {
    what: "write skew, and one that saw the other",
    anomalies: ["G2"],
    wrong: [
      committed("A", ANY, read("x", ""), append("y", "a")),
      committed("B", ANY, read("y", ""), append("x", "b")),
      committed("C", ANY, read("x", "b"), read("y", "a")),
    ],
    right: [
      committed("A", ANY, read("x", ""), append("y", "a")),
      committed("B", ANY, read("y", "a"), append("x", "b")),
      committed("C", ANY, read("x", "b"), read("y", "a")),
    ],
  },
  {
    what: "a long fork, and two readers who agree which write was first",
    anomalies: ["G2"],
    wrong: [
      committed("A", ANY, append("x", "a")),
      committed("B", ANY, append("y", "b")),
      committed("C", ANY, read("x", "a"), read("y", "")),
      committed("D", ANY, read("x", ""), read("y", "b")),
    ],
    right: [
      committed("A", ANY, append("x", "a")),
      committed("B", ANY, append("y", "b")),
      committed("C", ANY, read("x", "a"), read("y", "")),
      committed("D", ANY, read("x", "a"), read("y", "b")),
    ],
  },
];

const realTime: Case[] = [
  {
    what: "writes against real time, and beside each other",
    anomalies: ["G0-realtime"],
    wrong: [
      committed("A", [0, 1], append("x", "a")),
      committed("B", [2, 3], append("x", "b")),
      committed("C", [4, 5], read("x", "ba")),
    ],
    right: [
      committed("A", [0, 2], append("x", "a")),
      committed("B", [2, 3], append("x", "b")),
      committed("C", [4, 5], read("x", "ba")),
    ],
  },
  {
    what: "a read of what was not yet called, and of what had not yet returned",
    anomalies: ["G1c-realtime"],
    wrong: [committed("A", [0, 1], read("x", "a")), committed("B", [2, 3], append("x", "a"))],
    right: [committed("A", [0, 9], read("x", "a")), committed("B", [2, 10], append("x", "a"))],
  },
  {
    what: "a read by one of unknown outcome's future, and of one that nobody heard of",
    anomalies: ["G1c-realtime"],
    wrong: [committed("A", [0, 1], read("x", "a")), unknown("B", [2], append("x", "a"))],
    right: [committed("A", [5, 6], read("x", "a")), unknown("B", [2], append("x", "a"))],
  },
  {
    what: "a stale read, and one beside the write",
    anomalies: ["G-single-realtime"],
    wrong: [
      committed("A", [0, 1], append("x", "a")),
      committed("B", [2, 3], read("x", "")),
      committed("C", [1, 4], read("x", "a")),
    ],
    right: [
      committed("A", [0, 5], append("x", "a")),
      committed("B", [2, 3], read("x", "")),
      committed("C", [4, 5], read("x", "a")),
    ],
  },
  {
    what: "two reads that only the time between the others forbids, and no time between",
    anomalies: ["G2-realtime"],
    wrong: [
      committed("A", [0, 9], read("x", ""), read("y", "d")),
      committed("B", [0, 1], append("x", "b")),
      committed("C", [2, 3], read("y", "")),
      committed("D", [0, 9], append("y", "d")),
    ],
    right: [
      committed("A", [0, 9], read("x", ""), read("y", "d")),
      committed("B", [0, 2], append("x", "b")),
      committed("C", [2, 3], read("y", "")),
      committed("D", [0, 9], append("y", "d")),
    ],
  },
  {
    what: "one that returned late though it was read early, and its reader's reader",
    anomalies: ["G-single-realtime"],
    wrong: [
      committed("A", [0, 100], append("x", "a")),
      committed("B", [1, 2], read("x", "a")),
      committed("C", [3, 4], read("x", "")),
    ],
    right: [
      committed("A", [0, 100], append("x", "a")),
      committed("B", [1, 3], read("x", "a")),
      committed("C", [3, 4], read("x", "")),
    ],
  },
];

describe.each([
  ["in single reads", reads],
  ["within a transaction", internals],
  ["among transactions", cycles],
  ["against real time", realTime],
])("%s", (_, cases) => {
  it.each(cases)("$what", ({ anomalies, wrong, right }) => {
    expect(names(wrong)).toEqual(anomalies);
    expect(names(right)).toEqual([]);
  });
});

it("ignores what aborted transactions read, and what nobody knows of unknown ones", () => {
  const history = [
    aborted("A", [0, 1], read("x", "a"), append("y", "b")),
    unknown("B", [0], read("x", "a"), append("y", "c")),
    committed("C", [2, 3], read("x", ""), read("y", "")),
  ];
  expect(names(history)).toEqual([]);
});

it("explains a cycle so that one can follow it", () => {
  const history = [
    committed("A", [0, 1], append("x", "a"), append("y", "b")),
    committed("B", [2, 3], read("y", "")),
    committed("C", [4, 5], read("x", "a"), read("y", "b")),
  ];
  expect(findAnomalies(history)).toEqual([
    {
      name: "G-single-realtime",
      detail: [
        "none of these can be the first:",
        "  [2.0, 3.0] B (committed): read y as []",
        "  [0.0, 1.0] A (committed): append a to x, append b to y",
        "  B before A: it read y empty, and A appended b behind that (rw)",
        "  A before B: it returned at 1.0, and B was called at 2.0 (rt)",
      ].join("\n"),
    },
  ]);
});

it("reports each knot of transactions once", () => {
  const skew = (one: string, other: string): ObservedTransaction[] => [
    committed(`A${one}`, ANY, read(one, ""), append(other, `a${one}`)),
    committed(`B${one}`, ANY, read(other, ""), append(one, `b${one}`)),
  ];
  expect(names([...skew("x", "y"), ...skew("v", "w")])).toEqual(["G2", "G2"]);
});

it("refuses a history that it cannot judge", () => {
  const twice = [committed("A", ANY, append("x", "a")), committed("B", ANY, append("y", "a"))];
  expect(() => findAnomalies(twice)).toThrow("appended twice");
  const backwards = [committed("A", [2, 1], read("x", ""))];
  expect(() => findAnomalies(backwards)).toThrow("before it was called");
});
