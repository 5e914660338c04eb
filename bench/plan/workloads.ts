// Every workload there is, in the order of the tables.
import { keyWorkloads } from "./keys.ts";
import { transactionWorkloads } from "./transactions.ts";
import { transferWorkload } from "./transfers.ts";
import type { Workload } from "./workload.ts";

/** @param manyKeys how many keys "many" are */
export function workloads(manyKeys: number): Workload[] {
  return [...keyWorkloads(manyKeys), ...transactionWorkloads, transferWorkload];
}
