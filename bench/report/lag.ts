// How long writes took to arrive, stretch by stretch: does it grow?

import type { ArrivalWindow } from "../load/arrivals.ts";
import { lagGrowthMax, lagMedianMsMax } from "../plan/aims.ts";
import type { Sample } from "../plan/cell.ts";
import { median } from "../statistics.ts";

/** What was watched in all rounds. */
export interface Lag {
  /** The median over the rounds, and the slowest of any. */
  windows: ArrivalWindow[];
  /** The last third's median to the first third's: near 1 where it is steady. */
  growth: number;
  /** The longest median of any stretch; no number where nothing was watched in one. */
  medianMsMax: number;
  /** Writes that no replica had shown when the load ended, at most, and how long until it had shown all. */
  behindAtEnd: number;
  settledMs: number;
}

/** Undefined where nothing was watched. */
export function lagOf(samples: readonly Sample[]): Lag | undefined {
  const watched = samples.flatMap(({ watched }) => (watched === undefined ? [] : [watched]));
  const [first] = watched;
  if (first === undefined) return undefined;
  const windows = first.windows.map(({ fromMs, toMs }, at): ArrivalWindow => {
    const same = watched.flatMap((one) => one.windows[at] ?? []);
    const middle = (of: (window: ArrivalWindow) => number) => median(same.map(of));
    return {
      fromMs,
      toMs,
      count: same.reduce((sum, { count }) => sum + count, 0),
      p50Ms: middle(({ p50Ms }) => p50Ms),
      p90Ms: middle(({ p90Ms }) => p90Ms),
      p99Ms: middle(({ p99Ms }) => p99Ms),
      slowestMs: Math.max(...same.map(({ slowestMs }) => slowestMs)),
    };
  });
  return {
    windows,
    medianMsMax: Math.max(...windows.map(({ p50Ms }) => p50Ms)),
    growth: growthOf(windows.map(({ p50Ms }) => p50Ms)),
    behindAtEnd: Math.max(...watched.map(({ behindAtEnd }) => behindAtEnd)),
    settledMs: Math.max(...watched.map(({ settledMs }) => settledMs)),
  };
}

function growthOf(medians: readonly number[]): number {
  const third = Math.max(1, Math.floor(medians.length / 3));
  return median(medians.slice(-third)) / median(medians.slice(0, third));
}

/** The verdict in words. */
export function steadiness({ growth, medianMsMax, behindAtEnd, settledMs }: Lag): string {
  const sentences = [
    `The longest median of any stretch is ${medianMsMax.toFixed(0)} ms; the aim, ${lagMedianMsMax.toLocaleString("en")} ms at most, is ${met(medianMsMax <= lagMedianMsMax)}.`,
    `The last third's median is ${growth.toFixed(2)} times the first third's; the aim, ${lagGrowthMax} times at most, is ${met(growth <= lagGrowthMax)}.`,
    `When the load ended, ${behindAtEnd.toLocaleString("en")} of the watched writes were yet to be shown; all were ${settledMs.toFixed(0)} ms later.`,
  ];
  return sentences.join(" ");
}

const met = (isMet: boolean): string => (isMet ? "met" : "missed");
