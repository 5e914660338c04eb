/**
 * Outages on demand, for development: a region's objects as if they had stopped, or as if they were far away.
 *
 * A call into or out of a region that is down does not go on until the region is up again, as with a process that was
 * stopped: its caller's own deadline ends it, and it may arrive late. The switch is a variable of the process, so it
 * works where the Worker and its objects share one, which locally they do. Only `PUT /dev/regions/{region}` sets it,
 * which only a deployment with `HOLDFAST_DEV=1` serves.
 */
import { type Ms, ms, type Region } from "../shared/types.ts";

export interface RegionState {
  readonly state: "up" | "down";
  /** Added to each way of a call. */
  readonly delayMs: Ms;
}

/** How often a call that was stopped looks whether its region is up again. */
const LOOK_MS = 50;

const regions = new Map<Region, RegionState>();

export function setRegion(region: Region, state: RegionState): void {
  if (state.state === "up" && state.delayMs === 0) regions.delete(region);
  else regions.set(region, state);
}

export const regionState = (region: Region): RegionState =>
  regions.get(region) ?? { state: "up", delayMs: ms(0) };

/** Carries a call into or out of `region`, as the region's state has it. */
export function across<T>(region: Region, call: () => T | Promise<T>): T | Promise<T> {
  return regions.size === 0 ? call() : slowly(region, call);
}

async function slowly<T>(region: Region, call: () => T | Promise<T>): Promise<T> {
  await pass(region);
  const answer = await call();
  await pass(region);
  return answer;
}

async function pass(region: Region): Promise<void> {
  const delayMs = regions.get(region)?.delayMs ?? 0;
  if (delayMs > 0) await scheduler.wait(delayMs);
  while (regions.get(region)?.state === "down") await scheduler.wait(LOOK_MS);
}

/** What goes one way into or out of a region waits for this; null where nothing is in its way. */
export const crossing = (region: Region): Promise<void> | null =>
  regions.size === 0 ? null : pass(region);
