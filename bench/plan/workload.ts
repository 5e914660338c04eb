// What clients do in a cell. A workload knows nothing of the system that serves it, so that every
// system is asked the same.
import type { LoadJob, LoadRequest, Watch } from "../load/job.ts";
import type { Calls, System } from "../systems/system.ts";

/** Workloads that are shown in one table. */
export type Chapter = "keys" | "levels" | "lag" | "transactions" | "contention";

export interface Workload {
  /** Short, for tables and for choosing it on the command line. */
  name: string;
  /** What it is, for the table's readers. */
  title: string;
  chapter: Chapter;
  /** Which systems it can be put to. */
  calls: Calls;
  /** Numbers of clients, where they are not the usual ones. */
  clients?: readonly number[];
  /** It is measured no more often than this: a round of it takes long. */
  roundsMax?: number;
  /** Its Workers need what workerd lacks by itself, queues or Workers KV, and run with simulations of those. */
  isSimulated?: true;
  /** Requests that bring about the state it starts from, each sent once. */
  prefill(system: System): readonly LoadRequest[];
  /** What the clients send, and what the prefill was answered with. */
  load(system: System, bookmarks: Bookmarks): LoadJob["requests"];
  /** Where to look for what was written. */
  watch?(system: System): WatchPlan;
  /** The statuses of an answer to it. */
  expected: readonly number[];
  /** Statuses that say that others were in the way, where clients are meant to be: none otherwise. */
  conflicts?: readonly number[];
  /** It is measured for this long at least, where less would not show what it is about. */
  measureMsMin?: number;
  /** Is this system working? Asked when the prefill is done, and again after the load. */
  proof?(system: System): Proof;
}

/** The bookmarks that requests were answered with, by their paths. */
export type Bookmarks = ReadonlyMap<string, string>;

export interface WatchPlan extends Pick<Watch, "path" | "everyMs" | "patienceMs" | "windows"> {
  /** How long the load goes on behind the last window: what is written as it ends travels in another way. */
  tailMs: number;
}

/** Reads that show what is there. */
export interface Proof {
  requests: readonly LoadRequest[];
  /** What is wrong with the bodies that answer them, in the same order; null where nothing is. */
  fault(bodies: readonly string[]): string | null;
}

/** A proof that a request is answered with this very body. */
export function reads(request: LoadRequest, body: string): Proof {
  return {
    requests: [request],
    fault: ([read]) =>
      read === body ? null : `${request.path} should read ${body}, and reads ${read}`,
  };
}
