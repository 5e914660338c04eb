/** What users of the scheduler do: post jobs, and wait for their results. */
import { type HoldfastNamespace, op, when } from "@holdfast/client";
import { type Job, jobKey } from "./board.ts";

/** Whether it was posted: not where there is a job of this id already. */
export async function submit(
  holdfast: HoldfastNamespace,
  id: string,
  task: unknown,
): Promise<boolean> {
  const job: Job = { task, state: "queued" };
  const { succeeded } = await holdfast
    .transaction()
    .if(when.absent(jobKey(id)))
    .do(op.put(jobKey(id), job))
    .commit();
  return succeeded;
}

/** The job once it is done. */
export async function done(
  holdfast: HoldfastNamespace,
  id: string,
  signal?: AbortSignal,
): Promise<Job> {
  const { value, receipt } = await holdfast.keys.get<Job>(jobKey(id), { signal });
  if (value?.state === "done") return value;
  // From behind what was read on: nothing is missed in between.
  const from = (receipt.revision ?? 0) + 1;
  for await (const change of holdfast.watch<Job>({ key: jobKey(id) }, { from, signal })) {
    if (change.type === "put" && change.value.state === "done") return change.value;
  }
  throw new Error("a watch ends by its reader alone");
}
