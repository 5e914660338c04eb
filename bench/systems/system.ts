// A system under load: a Worker, and what it has to be told besides its own configuration. Any number
// can be measured side by side, in the workloads whose calls they answer.

/** A family of HTTP calls that a workload is made of; `transfers` are transactions with conditions and sums. */
export type Calls = "keys" | "transactions-in-a-group" | "transactions" | "transfers";

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
}
