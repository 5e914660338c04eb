// The harness's end of the load process.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { LoadJob, LoadResult } from "./job.ts";

/** A load process, ready for jobs. */
export interface LoadProcess {
  run(job: LoadJob): Promise<LoadResult>;
  stop(): Promise<void>;
}

export function startLoad(): LoadProcess {
  const child = fork(fileURLToPath(new URL("./main.ts", import.meta.url)), {
    execArgv: ["--no-warnings"],
  });
  const ended = once(child, "exit");
  return {
    async run(job) {
      const answer = once(child, "message");
      child.send(job);
      const first = await Promise.race([answer, ended.then(() => undefined)]);
      if (first === undefined) throw new Error("the load process ended on its own");
      return first[0] as LoadResult;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
