// What the project holds itself to, as a ratio to the requests per second of the cell's yardstick.
import { holdfast, three } from "../systems/holdfast.ts";
import { eventual } from "../systems/levels.ts";
import type { Cell } from "./cell.ts";

/** Over many keys a request may cost a ninth more than what the platform takes for any. */
const overMany = 0.9;
/** On a hot key requests share calls and commits, which the bare Worker cannot. */
const putHot = 3;
const getHot = 2;
const hotFromClients = 64;
/** A put to three members commits three times. */
const threePut = 0.45;
/** An answer from the isolate's memory is to cost a quarter more than one that asks nobody anything. */
const fromMemory = 0.8;
/** How long writes take to a replica may not grow: at most so many times in the last third what it was in the first. */
export const lagGrowthMax = 1.5;
/**
 * In no stretch may the median be longer than the queue waits for a full batch. That it does not grow is not enough:
 * where the queue falls behind, leaders ask the replicas after five seconds, which then fetch for themselves.
 */
export const lagMedianMsMax = 1_000;
/** Over several groups, answering after one phase is to be worth a half more than answering after two. */
const transaction = 1.5;

const ours: readonly string[] = [holdfast.name, three.name];

/** The least ratio to be content with; undefined where nothing was promised. */
export function aim({ workload, clients }: Cell, system: string): number | undefined {
  if (system === three.name && workload.name === "put") return threePut;
  if (workload.calls === "transactions" && ours.includes(system)) return transaction;
  if (workload.name === "levels-hot" && system === eventual.name) return fromMemory;
  if (system !== holdfast.name) return undefined;
  if (workload.name === "put" || workload.name === "get") return overMany;
  if (clients < hotFromClients) return undefined;
  if (workload.name === "put-hot") return putHot;
  if (workload.name === "get-hot") return getHot;
  return undefined;
}
