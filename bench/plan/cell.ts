// One cell of the matrix: a workload at a number of clients. Run for one system, it gives a sample.
import type { Bundle } from "../../scripts/workerd/bundle.ts";
import type { LoadJob, LoadResult, Watch } from "../load/job.ts";
import type { LoadProcess } from "../load/process.ts";
import { startLoad } from "../load/process.ts";
import type { System } from "../systems/system.ts";
import { startMiniflare } from "../workerd/miniflare.ts";
import { type Running, startWorkerd } from "../workerd/process.ts";
import { Answerer } from "./answerer.ts";
import { prefill, prove } from "./prefill.ts";
import type { Bookmarks, Workload } from "./workload.ts";

export interface Cell {
  workload: Workload;
  clients: number;
}

/** How long a cell runs, and where it stores. */
export interface Effort {
  /** Load before the measurement: code is compiled, objects are in memory. */
  warmUpMs: number;
  measureMs: number;
  /** The folder below which each process gets its storage. */
  storageRoot: string;
}

/** What one run of a cell gave. */
export interface Sample extends LoadResult {
  /** Processor time of workerd a request, in microseconds, where the system tells it. */
  cpuMicros?: number;
}

/** A fresh process, prefill, warm-up, measurement. Whatever else is answered ends the cell as failed. */
export async function runCell(
  cell: Cell,
  system: System,
  bundle: Bundle,
  effort: Effort,
): Promise<Sample> {
  const start = cell.workload.isSimulated ? startMiniflare : startWorkerd;
  const running = await start(bundle, system.secrets, effort.storageRoot);
  const load = startLoad();
  try {
    const bookmarks = await prefill(cell.workload, system, running.port);
    await prove(cell.workload, system, running.port);
    const sample = await measure(cell, system, running, load, effort, bookmarks);
    await prove(cell.workload, system, running.port);
    return sample;
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\n${running.log()}`.trim(), { cause });
  } finally {
    await load.stop();
    await running.stop();
  }
}

async function measure(
  { workload, clients }: Cell,
  system: System,
  running: Running,
  load: LoadProcess,
  effort: Effort,
  bookmarks: Bookmarks,
): Promise<Sample> {
  const { port } = running;
  const job = {
    port,
    headers: { ...system.headers, "content-type": "application/json" },
    clients,
    requests: workload.load(system, bookmarks),
    expected: workload.expected,
    conflicts: workload.conflicts ?? [],
  };
  const answerer = Answerer.of(system, port);
  const [request] = job.requests.requests.slice(-1);
  if (request !== undefined) await answerer?.answers(request);
  const measureMs = Math.max(effort.measureMs, workload.measureMsMin ?? 0);
  flawless(await load.run({ ...job, durationMs: effort.warmUpMs }));
  const answeredBefore = (await answerer?.count()) ?? 0;
  const cpuBefore = running.cpuMs();
  const result = flawless(await load.run({ ...job, ...stretch(workload, system, measureMs) }));
  const cpuAfter = running.cpuMs();
  if (result.answered === 0) throw new Error("no answer at all");
  await answerer?.hasGiven(result.answered, answeredBefore);
  return cpuBefore === undefined || cpuAfter === undefined
    ? result
    : { ...result, cpuMicros: ((cpuAfter - cpuBefore) * 1000) / result.answered };
}

/** How long a job is, and what it watches meanwhile. */
function stretch(
  workload: Workload,
  system: System,
  measureMs: number,
): Pick<LoadJob, "durationMs"> & { watch?: Watch } {
  const plan = workload.watch?.(system);
  if (plan === undefined) return { durationMs: measureMs };
  const { tailMs, ...watch } = plan;
  const windowMs = measureMs / watch.windows;
  return { durationMs: measureMs + tailMs, watch: { ...watch, windowMs } };
}

/** An error is often answered faster than a request, so it is never counted as throughput. */
function flawless(result: LoadResult): LoadResult {
  const failures = Object.entries(result.failures).map(([what, times]) => `${times} × ${what}`);
  if (failures.length === 0) return result;
  throw new Error(`${failures.join(", ")}, beside ${result.answered} answers as expected`);
}
