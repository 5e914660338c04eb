/** A worker: shows that it is there, does the jobs it is given, and stands for election beside. */
import { type HoldfastNamespace, op, when } from "@holdfast/client";
import { boards, type Job, type PostedJob, workerKey } from "./board.ts";
import { campaign } from "./leader.ts";

export interface WorkerOptions {
  readonly name: string;
  /** Ends it, at once and without a word, as a crash would. */
  readonly signal: AbortSignal;
  /** Does a task. It may run twice, if this worker is taken for dead; of its results one is kept. */
  readonly perform: (task: unknown, name: string) => Promise<unknown>;
  /** How soon the others notice that it is gone. */
  readonly ttlMs?: number;
}

const TTL_MS_DEFAULT = 5_000;

export async function runWorker(
  holdfast: HoldfastNamespace,
  { name, signal, perform, ttlMs = TTL_MS_DEFAULT }: WorkerOptions,
): Promise<void> {
  const whole = new AbortController();
  const ended = AbortSignal.any([signal, whole.signal]);
  try {
    await Promise.all([
      showUp(holdfast, name, ttlMs, ended),
      campaign(holdfast, name, { signal: ended, ttlMs }),
      work(holdfast, name, perform, ended),
    ]);
  } catch (fault) {
    if (!signal.aborted) throw fault;
  } finally {
    // Where one part fails, the others must not go on by themselves.
    whole.abort();
  }
}

/** Writes a key that is gone by itself if this does not go on. */
async function showUp(
  holdfast: HoldfastNamespace,
  name: string,
  ttlMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await holdfast.keys.put(workerKey(name), { ttlMs }, { ttlMs, signal });
    await pause(ttlMs / 3, signal);
  }
}

async function work(
  holdfast: HoldfastNamespace,
  name: string,
  perform: WorkerOptions["perform"],
  signal: AbortSignal,
): Promise<void> {
  /** At which revisions jobs have been taken up. */
  const taken = new Map<string, number>();
  for await (const { jobs } of boards(holdfast, signal)) {
    const mine = jobs.filter(
      ({ key, state, worker, revision }) =>
        state === "assigned" && worker === name && taken.get(key) !== revision,
    );
    for (const job of mine) taken.set(job.key, job.revision);
    await Promise.all(
      mine.map(async (job) => {
        const result = await perform(job.task, name);
        signal.throwIfAborted();
        await complete(holdfast, job, result);
      }),
    );
  }
}

/** Keeps a job's result, unless the job has been given to somebody else meanwhile. */
export async function complete(
  holdfast: HoldfastNamespace,
  { key, revision, task, worker }: PostedJob,
  result: unknown,
): Promise<boolean> {
  const done: Job = { task, state: "done", ...(worker !== undefined && { worker }), result };
  const { succeeded } = await holdfast
    .transaction()
    .if(when.revision(key, revision))
    .do(op.put(key, done))
    .commit();
  return succeeded;
}

/** Ends after so many milliseconds, or as soon as the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
