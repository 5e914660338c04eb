// What the project holds itself to, as a ratio to the requests per second of the cell's yardstick.
import { holdfast, three } from "../systems/holdfast.ts";
import type { Cell } from "./cell.ts";

/** Over many keys a request may cost a ninth more than what the platform takes for any. */
const overMany = 0.9;
/** On a hot key requests share calls and commits, which the bare Worker cannot. */
const putHot = 3;
const getHot = 2;
const hotFromClients = 64;
/** A put to three members commits three times. */
const threePut = 0.45;
/** Over several groups, answering after one phase is to be worth a half more than answering after two. */
const transaction = 1.5;

const ours: readonly string[] = [holdfast.name, three.name];

/** The least ratio to be content with; undefined where nothing was promised. */
export function aim({ workload, clients }: Cell, system: string): number | undefined {
  if (system === three.name && workload.name === "put") return threePut;
  if (workload.calls === "transactions" && ours.includes(system)) return transaction;
  if (system !== holdfast.name) return undefined;
  if (workload.name === "put" || workload.name === "get") return overMany;
  if (clients < hotFromClients) return undefined;
  if (workload.name === "put-hot") return putHot;
  if (workload.name === "get-hot") return getHot;
  return undefined;
}
