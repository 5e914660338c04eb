/**
 * K2: no two rely on one lock at once.
 *
 * In true time, which none of them sees: a holder relies on what it was granted for its time to live, counted on its own
 * clock from when it sent the request.
 */
import type { Belief } from "../../plays/locks/holder.ts";
import type { Report } from "../report.ts";

export function checkBeliefs(beliefs: readonly Belief[], report: Report): void {
  const byLock = new Map<string, Belief[]>();
  for (const belief of beliefs) {
    if (belief.until <= belief.from) continue;
    const { key } = belief.place;
    byLock.set(key, [...(byLock.get(key) ?? []), belief]);
  }
  for (const [key, all] of byLock) {
    const inTime = all.sort((a, b) => a.from - b.from);
    let longest: Belief | null = null;
    for (const belief of inTime) {
      if (longest !== null && belief.holder !== longest.holder && belief.from < longest.until) {
        report("K2", `${key} is relied on by ${shown(longest)} and by ${shown(belief)}`);
      }
      if (longest === null || belief.until > longest.until) longest = belief;
    }
  }
}

const shown = ({ holder, token, from, until }: Belief): string =>
  `${holder} (token ${token}) from ${from.toFixed(1)} to ${until.toFixed(1)}`;
