/**
 * K3: what is written under a fencing token is written while that token holds the lock.
 *
 * On the logs: where the transaction stood, and as long as it kept the lock as it was. And as whoever reads the guarded
 * list sees it: tokens never fall along it.
 */
import type { OutcomeEffect } from "../../../shared/transaction/effects.ts";
import type { GroupLog } from "../../archive.ts";
import type { Fenced } from "../../plays/locks/play.ts";
import type { Report } from "../report.ts";
import { type Chapter, lockAsOf } from "./history.ts";

/** Where a committed transaction that stood on a lock had its vote, or all of itself, in the lock's group. */
export function checkTokens(
  logs: readonly GroupLog[],
  chapters: ReadonlyMap<string, readonly Chapter[]>,
  fenced: readonly Fenced[],
  report: Report,
): void {
  const committed = new Map<string, OutcomeEffect>();
  for (const { entries } of logs) {
    for (const { transaction = [] } of entries) {
      for (const effect of transaction) {
        if (effect.type === "outcome" && effect.status === "committed") {
          committed.set(effect.id, effect);
        }
      }
    }
  }
  for (const { id, place, token } of fenced) {
    const at = (committed.get(id)?.votes as Record<string, number> | undefined)?.[place.group];
    if (at === undefined) continue;
    const lock = lockAsOf(chapters.get(place.key), at);
    if (lock?.token === token) continue;
    const held = lock === null ? "nobody" : `${lock.holder} under ${lock.token}`;
    report("K3", `${id} writes under token ${token} of ${place.key} at ${at}, held by ${held}`);
  }
}

/** Along a guarded list the tokens of each lock never fall; what was told as committed stands there, once. */
export function checkGuarded(
  lists: ReadonlyMap<string, readonly string[]>,
  fenced: readonly Fenced[],
  report: Report,
): void {
  const byValue = new Map(fenced.map((one) => [one.value, one]));
  const seen = new Set<string>();
  for (const [key, list] of lists) {
    const highest = new Map<string, Fenced>();
    for (const value of list) {
      const one = byValue.get(value);
      if (one === undefined) {
        report("K3", `${key} has ${value}, which nobody wrote`);
        continue;
      }
      if (seen.has(value)) report("I1", `${key} has ${value} twice`);
      seen.add(value);
      const before = highest.get(one.place.key);
      if (before !== undefined && before.token > one.token) {
        report("K3", `${key} has ${value} behind ${before.value}: a stale holder has written`);
      } else highest.set(one.place.key, one);
      if (one.told === "else" || one.told === "aborted" || one.told === "refused") {
        report("T3", `${key} has ${value}, whose writer was told ${one.told}`);
      }
    }
  }
  for (const { value, told, place } of fenced) {
    const lost = told === "committed" && !seen.has(value);
    if (lost) report("durability", `${value} was written to ${place.guarded}, and is not there`);
  }
}
