// A run, as it is kept: the settings, the machine, every sample, and the figures made of them.
import { cellName } from "../plan/matrix.ts";
import type { CellTurns } from "../plan/rounds.ts";
import type { Medium } from "../storage.ts";
import type { Machine } from "./machine.ts";
import { type Row, summarize } from "./summary.ts";
import { table } from "./table.ts";

export interface Settings {
  rounds: number;
  manyKeys: number;
  warmUpMs: number;
  measureMs: number;
  /** What the objects were stored on. */
  storage: Medium;
}

export interface Report {
  date: string;
  settings: Settings;
  machine: Machine;
  rows: Row[];
  samples: { cell: string; turns: CellTurns["turns"] }[];
}

export function report(
  results: readonly CellTurns[],
  settings: Settings,
  machine: Machine,
  date: Date,
): Report {
  return {
    date: date.toISOString(),
    settings,
    machine,
    rows: summarize(results),
    samples: results.map(({ cell, turns }) => ({ cell: cellName(cell), turns })),
  };
}

/** A failure's first words; the results file has them all. */
const failureCharsMax = 200;

/** The report for readers: what was run on what, the table, and every failure. */
export function asMarkdown({ date, settings, machine, rows }: Report): string {
  const { rounds, manyKeys, warmUpMs, measureMs, storage } = settings;
  const busiest = Math.max(...rows.map(({ generatorLoad }) => generatorLoad));
  const failures = rows.flatMap(({ cell, system, failures }) =>
    failures.map(
      (failure) => `- ${cell}, ${system}: ${failure.split("\n")[0]?.slice(0, failureCharsMax)}`,
    ),
  );
  return [
    `${date.slice(0, 10)}, ${machine.processors} × ${machine.processor}, ${machine.memoryGiB} GiB, ` +
      `${machine.system}, Node ${machine.node}, workerd ${machine.workerd}, objects ${storage === "disk" ? "on the disk" : "in memory"}. ` +
      `Load average before: ${machine.loadBefore}. ` +
      `${rounds} rounds, each cell ${measureMs / 1000} s after ${warmUpMs / 1000} s of warm-up; ` +
      `"many" is ${manyKeys.toLocaleString("en")} keys. ` +
      `The load process took at most ${Math.round(busiest * 100)} % of one processor.`,
    "",
    table(rows),
    ...(failures.length > 0 ? ["", "Failures:", "", ...failures] : []),
  ].join("\n");
}
