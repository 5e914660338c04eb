/** Who shall do what: a function of the board alone. */
import type { Board, PostedJob } from "./board.ts";

export interface Assignment {
  readonly job: PostedJob;
  readonly worker: string;
}

/** Each worker has at most this many jobs at a time. */
export const JOBS_A_WORKER_MAX = 2;

/** Jobs that nobody does, to workers with the least to do; also those whose worker is gone. */
export function plan({ jobs, workers }: Pick<Board, "jobs" | "workers">): Assignment[] {
  const loads = new Map(workers.map((worker) => [worker, 0]));
  const open: PostedJob[] = [];
  for (const job of jobs) {
    const load = job.worker === undefined ? undefined : loads.get(job.worker);
    if (job.state === "queued" || (job.state === "assigned" && load === undefined)) open.push(job);
    else if (job.state === "assigned" && job.worker !== undefined && load !== undefined) {
      loads.set(job.worker, load + 1);
    }
  }
  const assignments: Assignment[] = [];
  for (const job of open) {
    const [least] = [...loads].sort(([a, m], [b, n]) => m - n || (a < b ? -1 : 1));
    if (least === undefined || least[1] >= JOBS_A_WORKER_MAX) break;
    const [worker, load] = least;
    loads.set(worker, load + 1);
    assignments.push({ job, worker });
  }
  return assignments;
}
