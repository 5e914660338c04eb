// `npm run bench`: our Worker beside bare ones, on workerd itself. See docs/benchmarks.md.
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { atExit } from "../scripts/workerd/at-exit.ts";
import { bundle } from "../scripts/workerd/bundle.ts";
import { type Options, options, usage } from "./options.ts";
import type { Cell } from "./plan/cell.ts";
import { cellName, matrix } from "./plan/matrix.ts";
import { type Contestant, runRounds, type Turn } from "./plan/rounds.ts";
import { workloads } from "./plan/workloads.ts";
import { document } from "./report/documentation.ts";
import { machine } from "./report/machine.ts";
import { asMarkdown, report } from "./report/report.ts";
import { mediumOf } from "./storage.ts";
import { systems } from "./systems/registry.ts";
import { UsageError } from "./usage-error.ts";

const page = fileURLToPath(new URL("../docs/benchmarks.md", import.meta.url));

try {
  const chosen = options(process.argv.slice(2));
  if (chosen.help) console.log(usage);
  else process.exitCode = await run(chosen);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}

/** @returns the exit code: 1 when any cell failed */
async function run(chosen: Options): Promise<number> {
  const measured = machine();
  const medium = mediumOf(chosen.storage);
  const cells = matrix(workloads(chosen.manyKeys), chosen.clients, chosen.cells);
  const bundles = await mkdtemp(path.join(os.tmpdir(), "holdfast-bench-bundles-"));
  atExit(() => rmSync(bundles, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted);
  try {
    const results = await runRounds(
      cells,
      await contestants(bundles, cells, chosen.systems),
      chosen.rounds,
      {
        warmUpMs: chosen.warmUpMs,
        measureMs: chosen.measureMs,
        storageRoot: chosen.storage,
      },
      tell,
    );
    const { rounds, manyKeys, warmUpMs, measureMs } = chosen;
    const settings = { rounds, manyKeys, warmUpMs, measureMs, storage: medium };
    const made = report(results, settings, measured, new Date());
    const chapters = asMarkdown(made);
    for (const chapter of chapters.values()) console.log(`\n${chapter}\n`);
    await mkdir(path.dirname(chosen.output), { recursive: true });
    await writeFile(chosen.output, `${JSON.stringify(made, null, 2)}\n`);
    if (chosen.document) await document(page, medium, chapters);
    return made.rows.some(({ failures }) => failures.length > 0) ? 1 : 0;
  } finally {
    await rm(bundles, { recursive: true, force: true });
  }
}

/** Whatever was to be undone at exit is. */
function interrupted(): never {
  process.exit(130);
}

/** Those that take part in any of the cells. */
async function contestants(
  bundles: string,
  cells: readonly Cell[],
  wanted: readonly string[] = systems.map(({ name }) => name),
): Promise<Contestant[]> {
  const contestants: Contestant[] = [];
  for (const name of wanted) {
    const system = systems.find((known) => known.name === name);
    if (system === undefined) {
      const known = systems.map(({ name }) => name).join(", ");
      throw new UsageError(`no system is named "${name}"; there are ${known}`);
    }
    if (!cells.some(({ workload }) => system.answers.includes(workload.calls))) continue;
    contestants.push({ system, bundle: await bundle(system.config, path.join(bundles, name)) });
  }
  return contestants;
}

/** A line for each turn, as it ends. */
function tell({ cell, system, turn, turnsInAll, outcome }: Turn): void {
  const result =
    outcome instanceof Error
      ? `failed: ${outcome.message}`
      : `${Math.round(outcome.perSecond)}/s, p50 ${outcome.p50Ms.toFixed(2)} ms, ` +
        `p99 ${outcome.p99Ms.toFixed(2)} ms, ` +
        `slowest ${Math.round(outcome.slowestMs)} ms` +
        (outcome.conflicts > 0 ? `, ${outcome.conflicts} conflicts` : "");
  console.log(`${turn}/${turnsInAll} ${cellName(cell)} ${system}: ${result}`);
}
