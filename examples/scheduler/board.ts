/**
 * The board: jobs and workers, as everybody sees them.
 *
 * All its keys carry the tag {jobs}, so they are one group with one leader: a look at all of them is one answer, of one
 * instant, and a change of several is one entry of one log. The election carries it as well, and costs nothing to check.
 */
import type { HoldfastNamespace } from "@holdfast/client";

export const GROUP = "jobs";
export const ELECTION = "{jobs}/scheduler";

export const jobKey = (id: string): string => `{jobs}/job/${id}`;
export const workerKey = (name: string): string => `{jobs}/worker/${name}`;

/** A job's value. */
export interface Job {
  readonly task: unknown;
  readonly state: "queued" | "assigned" | "done";
  /** Who is to do it, or has done it. */
  readonly worker?: string;
  readonly result?: unknown;
}

export interface PostedJob extends Job {
  readonly key: string;
  /** At which it was read: a change is conditional on it. */
  readonly revision: number;
}

export interface Board {
  readonly jobs: readonly PostedJob[];
  /** Names of those who are there. */
  readonly workers: readonly string[];
  /** Up to which change this is everything. */
  readonly revision: number;
}

/** The board as of now. */
export async function look(holdfast: HoldfastNamespace): Promise<Board> {
  const jobs: PostedJob[] = [];
  const workers: string[] = [];
  // A group's list is strong, and up to a thousand keys are a page, of one instant.
  let revision = Number.POSITIVE_INFINITY;
  const listing = holdfast.keys.list<unknown>({ group: GROUP, values: true, pageSize: 1000 });
  for await (const { keys, receipt } of listing.pages()) {
    // Of several pages the first is the oldest.
    revision = Math.min(revision, receipt.revision ?? 0);
    for (const { key, value, revision } of keys) {
      if (key.startsWith(workerKey(""))) workers.push(key.slice(workerKey("").length));
      else if (key.startsWith(jobKey(""))) jobs.push({ ...(value as Job), key, revision });
    }
  }
  return { jobs, workers, revision };
}

/**
 * The board now, and after each change, until the signal aborts.
 *
 * A change only says that there is something new; what to do follows from the whole board. So nothing is missed by whoever
 * was away, and several changes at once are one look.
 */
export async function* boards(
  holdfast: HoldfastNamespace,
  signal: AbortSignal,
): AsyncGenerator<Board, void, undefined> {
  let board = await look(holdfast);
  yield board;
  const from = board.revision + 1;
  for await (const change of holdfast.watch({ group: GROUP }, { from, values: false, signal })) {
    if (change.revision <= board.revision) continue;
    board = await look(holdfast);
    yield board;
  }
}
