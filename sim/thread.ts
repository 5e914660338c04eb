/** Runs its share of seeds in a thread of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { plant } from "../shared/planted.ts";
import { runSeed } from "./run.ts";
import type { Share } from "./threads.ts";

const { from, count, step, play, members, mistake } = workerData as Share;
plant(mistake);
for (let at = 0; at < count; at++) {
  parentPort?.postMessage(await runSeed(from + at * step, { play, members }));
}
