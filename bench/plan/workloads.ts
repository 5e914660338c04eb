// Every workload there is, in the order of the tables.
import { arrivalWorkload } from "./arrivals.ts";
import { keyWorkloads } from "./keys.ts";
import { levelWorkloads } from "./levels.ts";
import { transactionWorkloads } from "./transactions.ts";
import { transferWorkload } from "./transfers.ts";
import type { Workload } from "./workload.ts";

/** @param manyKeys how many keys "many" are */
export function workloads(manyKeys: number): Workload[] {
  return [
    ...keyWorkloads(manyKeys),
    ...levelWorkloads,
    arrivalWorkload(manyKeys),
    ...transactionWorkloads,
    transferWorkload,
  ];
}
