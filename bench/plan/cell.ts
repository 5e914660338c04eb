// One cell of the matrix: a workload at a number of clients. Run for one system, it gives a sample.
import { setTimeout } from "node:timers/promises";
import type { Bundle } from "../../scripts/workerd/bundle.ts";
import type { LoadRequest, LoadResult } from "../load/job.ts";
import type { LoadProcess } from "../load/process.ts";
import { startLoad } from "../load/process.ts";
import type { System } from "../systems/system.ts";
import { type Running, startWorkerd } from "../workerd/process.ts";
import type { Proof, Workload } from "./workload.ts";

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

/** Requests of the prefill that are under way at a time. */
const prefillClients = 8;

/** How long a proof may fail until it has failed, and how often it is tried. */
const settleMs = 10_000;
const settlePauseMs = 100;

/** A fresh process, prefill, warm-up, measurement. Whatever else is answered ends the cell as failed. */
export async function runCell(
  cell: Cell,
  system: System,
  bundle: Bundle,
  effort: Effort,
): Promise<Sample> {
  const running = await startWorkerd(bundle, system.secrets, effort.storageRoot);
  const load = startLoad();
  try {
    await prepare(cell.workload, system, running.port);
    const sample = await measure(cell, system, running, load, effort);
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
): Promise<Sample> {
  const job = {
    port: running.port,
    headers: { ...system.headers, "content-type": "application/json" },
    clients,
    requests: workload.load(system),
    expected: workload.expected,
    conflicts: workload.conflicts ?? [],
  };
  const durationMs = Math.max(effort.measureMs, workload.measureMsMin ?? 0);
  flawless(await load.run({ ...job, durationMs: effort.warmUpMs }));
  const cpuBefore = running.cpuMs();
  const result = flawless(await load.run({ ...job, durationMs }));
  const cpuAfter = running.cpuMs();
  if (result.answered === 0) throw new Error("no answer at all");
  return cpuBefore === undefined || cpuAfter === undefined
    ? result
    : { ...result, cpuMicros: ((cpuAfter - cpuBefore) * 1000) / result.answered };
}

/** An error is often answered faster than a request, so it is never counted as throughput. */
function flawless(result: LoadResult): LoadResult {
  const failures = Object.entries(result.failures).map(([what, times]) => `${times} × ${what}`);
  if (failures.length === 0) return result;
  throw new Error(`${failures.join(", ")}, beside ${result.answered} answers as expected`);
}

async function prepare(workload: Workload, system: System, port: number): Promise<void> {
  const waiting = [...workload.prefill(system)];
  const sendAll = async () => {
    for (let request = waiting.pop(); request !== undefined; request = waiting.pop()) {
      const { status, body } = await send(request, system, port);
      if (status !== 200 && status !== 201) {
        throw new Error(`prefill: ${request.method} ${request.path} gave ${status}: ${body}`);
      }
    }
  };
  await Promise.all(Array.from({ length: prefillClients }, sendAll));
  await prove(workload, system, port);
}

/**
 * What should be there is there, before the load and after it. What was still under way when the load ended may take
 * as long as its deadline.
 */
async function prove(workload: Workload, system: System, port: number): Promise<void> {
  const proof = workload.proof?.(system);
  if (proof === undefined) return;
  const giveUpAt = performance.now() + settleMs;
  while (true) {
    const fault = await faultOf(proof, system, port);
    if (fault === null) return;
    if (performance.now() > giveUpAt) throw new Error(fault);
    await setTimeout(settlePauseMs);
  }
}

async function faultOf(proof: Proof, system: System, port: number): Promise<string | null> {
  const bodies: string[] = [];
  for (const request of proof.requests) {
    const { status, body } = await send(request, system, port);
    if (status !== 200) return `${request.path} gave ${status}: ${body}`;
    bodies.push(body);
  }
  return proof.fault(bodies);
}

async function send(
  { method, path, body }: LoadRequest,
  system: System,
  port: number,
): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { ...system.headers, "content-type": "application/json" },
    body: body ?? null,
  });
  return { status: response.status, body: await response.text() };
}
