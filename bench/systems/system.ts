// A system under load: a Worker, and what it has to be told besides its own configuration. Any number
// can be measured side by side, in the workloads whose calls they answer.

/**
 * A family of HTTP calls that a workload is made of; `transfers` are transactions with conditions and sums, `levels` and
 * `hot-levels` reads as the system would have them, `arrivals` puts that replicas show.
 */
export type Calls =
  | "keys"
  | "transactions-in-a-group"
  | "transactions"
  | "transfers"
  | "levels"
  | "hot-levels"
  | "arrivals";

/** How a system is to be asked for keys, where it is not just by their paths. */
export interface Reading {
  /** Behind the path. */
  query?: string;
  /** Whether each read carries the bookmark that its key's put was answered with. */
  sendsBookmark?: true;
  /** So many keys that none is read twice within a second: what an isolate remembers serves no longer than that. */
  isScattered?: true;
  /** Who is to answer: a counter of the Worker's metrics. It has to account for nearly all answers, or the cell fails. */
  answeredBy?: string;
}

export interface System {
  /** Short, for tables and for choosing it on the command line. */
  name: string;
  /** The wrangler configuration of its Worker. */
  config: string;
  /** Bindings that its configuration leaves out: secrets, and variables set for the benchmark. */
  secrets: Readonly<Record<string, string>>;
  /** Sent with every request. */
  headers: Readonly<Record<string, string>>;
  /** The namespace in the paths of its requests. */
  namespace: string;
  /** What it can be asked. */
  answers: readonly Calls[];
  /** Where levels are measured. */
  reading?: Reading;
}
