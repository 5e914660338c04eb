/**
 * What clients saw of transactions that append to lists and read them, as the checkers of this folder take it.
 *
 * List-append is the workload that shows most: a read of a list with unique values shows every version before it,
 * and in which order they came (Kingsbury & Alvaro 2020, "Elle: Inferring Isolation Anomalies from Experimental
 * Observations", §3).
 */

/** One operation, in the transaction's order. An append that is answered with the list is an append and a read. */
export type Step =
  /** No value is appended twice in a history, to whatever key. */
  | { readonly type: "append"; readonly key: string; readonly value: string }
  | { readonly type: "read"; readonly key: string; readonly list: readonly string[] };

/**
 * What is known of its outcome in the end, by its answer or by asking for it later. One that ran its `else` branch
 * is committed, with the reads of that branch.
 */
export type Fate = "committed" | "aborted" | "unknown";

export interface ObservedTransaction {
  /** For reports. */
  readonly name: string;
  /** True time. */
  readonly invokedAt: number;
  /** True time at which somebody first knew that it was committed; infinite where nobody did. */
  readonly returnedAt: number;
  readonly fate: Fate;
  /** The reads of one that is not committed say nothing, and are ignored. */
  readonly steps: readonly Step[];
}

export interface Anomaly<Name extends string = string> {
  readonly name: Name;
  readonly detail: string;
}

/** More of a list's values than this are not shown; the end of a list says most. */
const VALUES_SHOWN_MAX = 4;

export function describeList(list: readonly string[]): string {
  const hidden = list.length - VALUES_SHOWN_MAX;
  if (hidden <= 1) return `[${list.join(", ")}]`;
  return `[(${hidden} more), ${list.slice(hidden).join(", ")}]`;
}

/** A transaction in one line. */
export function describeTransaction(transaction: ObservedTransaction): string {
  const { name, invokedAt, returnedAt, fate, steps } = transaction;
  const until = Number.isFinite(returnedAt) ? returnedAt.toFixed(1) : "never";
  const shown = steps.map((step) =>
    step.type === "append"
      ? `append ${step.value} to ${step.key}`
      : `read ${step.key} as ${describeList(step.list)}`,
  );
  return `[${invokedAt.toFixed(1)}, ${until}] ${name} (${fate}): ${shown.join(", ")}`;
}
