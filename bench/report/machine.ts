// What the figures were measured on. They mean little without it.
import os from "node:os";
import { workerdVersion } from "../../scripts/workerd/binary.ts";

export interface Machine {
  processor: string;
  processors: number;
  memoryGiB: number;
  system: string;
  node: string;
  workerd: string;
  /** Processes that wanted to run, averaged over a minute, before the benchmark began. */
  loadBefore: number;
}

export function machine(): Machine {
  const processors = os.cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    processors: processors.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    workerd: workerdVersion(),
    loadBefore: Math.round((os.loadavg()[0] ?? 0) * 100) / 100,
  };
}
