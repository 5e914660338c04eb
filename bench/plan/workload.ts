// What clients do in a cell. A workload knows nothing of the system that serves it, so that every
// system is asked the same.
import type { LoadJob, LoadRequest } from "../load/job.ts";
import type { Calls, System } from "../systems/system.ts";

export interface Workload {
  /** Short, for tables and for choosing it on the command line. */
  name: string;
  /** What it is, for the table's readers. */
  title: string;
  /** Which systems it can be put to. */
  calls: Calls;
  /** Requests that bring about the state it starts from, each sent once. */
  prefill(system: System): readonly LoadRequest[];
  /** What the clients send. */
  load(system: System): LoadJob["requests"];
  /** The statuses of an answer to it. */
  expected: readonly number[];
  /** A request and the very body that answers it once the prefill is done: is this system working? */
  probe?(system: System): { request: LoadRequest; body: string };
}
