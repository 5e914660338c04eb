// A run, as it is kept: the settings, the machine, every sample, and the figures made of them.
import { cellName } from "../plan/matrix.ts";
import type { CellTurns } from "../plan/rounds.ts";
import type { Chapter } from "../plan/workload.ts";
import type { Medium } from "../storage.ts";
import { steadiness } from "./lag.ts";
import type { Machine } from "./machine.ts";
import { type Row, summarize } from "./summary.ts";
import { lagTable, table } from "./table.ts";

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

/** The report for readers, a text for each chapter: what was run on what, the table, and every failure. */
export function asMarkdown({ date, settings, machine, rows }: Report): Map<Chapter, string> {
  const about = (chapter: Chapter) => {
    const its = rows.filter((row) => row.chapter === chapter);
    return [
      `${date.slice(0, 10)}, ${on(machine, settings.storage)} ${how(chapter, its, settings)}`,
      "",
      table(its),
      ...its.flatMap(({ lag }) =>
        lag === undefined ? [] : ["", lagTable(lag), "", steadiness(lag)],
      ),
      ...failuresOf(its),
    ].join("\n");
  };
  const chapters = new Set(rows.map(({ chapter }) => chapter));
  return new Map([...chapters].map((chapter) => [chapter, about(chapter)]));
}

function on(machine: Machine, storage: Medium): string {
  const { processor, processors, memoryGiB, system, node, workerd, loadBefore } = machine;
  return (
    `${processors} × ${processor}, ${memoryGiB} GiB, ${system}, Node ${node}, workerd ${workerd}, ` +
    `objects ${storage === "disk" ? "on the disk" : "in memory"}. Load average before: ${loadBefore}.`
  );
}

function how(
  chapter: Chapter,
  rows: readonly Row[],
  { manyKeys, warmUpMs, measureMs }: Settings,
): string {
  const rounds = Math.max(...rows.map(({ turns }) => turns));
  const measured = rows.find(({ rounds }) => rounds > 0)?.elapsedMs ?? measureMs;
  const busiest = Math.max(...rows.map(({ generatorLoad }) => generatorLoad));
  const many = chapter === "keys" ? `; "many" is ${manyKeys.toLocaleString("en")} keys` : "";
  return (
    `${rounds} rounds, each cell ${Math.round(measured / 1000)} s after ${warmUpMs / 1000} s of warm-up${many}. ` +
    `The load process took at most ${Math.round(busiest * 100)} % of one processor.`
  );
}

function failuresOf(rows: readonly Row[]): string[] {
  const failures = rows.flatMap(({ cell, system, failures }) =>
    failures.map(
      (failure) => `- ${cell}, ${system}: ${failure.split("\n")[0]?.slice(0, failureCharsMax)}`,
    ),
  );
  return failures.length > 0 ? ["", "Failures:", "", ...failures] : [];
}
