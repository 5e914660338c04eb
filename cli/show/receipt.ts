/** What an answer rests on, in a line. */
import type { Receipt } from "../../client/index.ts";

export function receiptLine({ consistency, region, term, stalenessMs }: Receipt): string {
  const parts = [consistency, `from ${region}`];
  if (term !== null) parts.push(`term ${term}`);
  if (consistency !== "strong") {
    parts.push(stalenessMs === null ? "of unknown age" : `at most ${time(stalenessMs)} old`);
  }
  return parts.join(", ");
}

/** A time as people say it. */
export function time(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** As many as there are. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
