/** The leader: the one worker that hands jobs out, for as long as it is elected. */
import { HoldfastError, type HoldfastNamespace, op, when } from "@holdfast/client";
import { boards, ELECTION, type Job } from "./board.ts";
import { type Assignment, plan } from "./plan.ts";

/** Somebody else leads by now, whatever this process thought. */
export class Deposed extends Error {
  override readonly name = "Deposed";
}

/**
 * Hands a job out, if its leader still leads.
 *
 * A leader may have slept between its look at the board and this write, for longer than its time lasts, and another may lead
 * by now. No clock of its own tells it so in time. The election's token does: as a condition it is checked at the very
 * instant at which the job changes, so a leader that is deposed changes nothing.
 */
export async function handOut(
  holdfast: HoldfastNamespace,
  { job, worker }: Assignment,
  token: number,
): Promise<boolean> {
  const { key, revision, task } = job;
  const assigned: Job = { task, state: "assigned", worker };
  const outcome = await holdfast
    .transaction()
    .if(when.leads(ELECTION, token), when.revision(key, revision))
    .do(op.put(key, assigned))
    .commit();
  if (outcome.succeeded) return true;
  if (outcome.failed.some(({ election }) => election !== undefined)) {
    throw new Deposed(`${ELECTION} is not led under token ${token} any more`);
  }
  // The job has changed; the next look at the board says how.
  return false;
}

/** Stands for election, leads while elected, and stands again, until the signal aborts. */
export async function campaign(
  holdfast: HoldfastNamespace,
  candidate: string,
  { signal, ttlMs }: { readonly signal: AbortSignal; readonly ttlMs: number },
): Promise<void> {
  while (!signal.aborted) {
    try {
      await holdfast.lead(ELECTION, { candidate, ttlMs, signal }, async (held, token) => {
        for await (const board of boards(holdfast, held)) {
          for (const assignment of plan(board)) await handOut(holdfast, assignment, token);
        }
      });
    } catch (fault) {
      if (!signal.aborted && !isLost(fault)) throw fault;
    }
  }
}

const isLost = (fault: unknown): boolean =>
  fault instanceof Deposed || (fault instanceof HoldfastError && fault.code === "lock-lost");
