/** Many seeds, shared out among threads: every thread takes each nth. */
import { Worker } from "node:worker_threads";
import type { Mistake } from "../shared/planted.ts";
import type { Play, SeedResult } from "./run.ts";

export interface Share {
  readonly from: number;
  readonly count: number;
  readonly step: number;
  readonly play: Play;
  readonly members: number;
  readonly mistake: Mistake | null;
}

export interface ManySeeds extends Omit<Share, "step"> {
  readonly threads: number;
}

/** Runs all seeds; `each` hears of every one, in no particular order. */
export async function runSeeds(
  { from, count, threads, ...rest }: ManySeeds,
  each: (result: SeedResult) => void,
): Promise<void> {
  const shares = Array.from({ length: Math.min(threads, count) }, (_, at): Share => {
    const mine = Math.ceil((count - at) / threads);
    return { ...rest, from: from + at, count: mine, step: threads };
  });
  await Promise.all(shares.map((share) => runShare(share, each)));
}

function runShare(share: Share, each: (result: SeedResult) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./thread.ts", import.meta.url), { workerData: share });
    worker.on("message", each);
    worker.on("error", reject);
    worker.on("exit", () => resolve());
  });
}
