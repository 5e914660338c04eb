/** Batches on several threads at once. */
import { Worker } from "node:worker_threads";
import type { Batch, BatchResult } from "./batch.ts";

/** Runs batches until `next` gives none; `each` hears of every one, in no particular order. */
export async function runBatches(
  threads: number,
  next: () => Batch | null,
  each: (result: BatchResult) => void,
): Promise<void> {
  await Promise.all(Array.from({ length: threads }, () => runThread(next, each)));
}

function runThread(next: () => Batch | null, each: (result: BatchResult) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./thread.ts", import.meta.url));
    const goOn = (): void => {
      const batch = next();
      if (batch === null) void worker.terminate();
      else worker.postMessage(batch);
    };
    worker.on("message", (result: BatchResult) => {
      each(result);
      goOn();
    });
    worker.on("error", reject);
    worker.on("exit", () => resolve());
    goOn();
  });
}
