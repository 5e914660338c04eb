/**
 * Real time against the log: what returned before another operation was called lies before it in the log.
 *
 * Each answer names the index it is as of, so the order the leader claims is known, and it has to agree with the
 * order clients saw. With the replay this makes a group's whole history linearizable, lists and writes of several
 * keys included.
 */
import { describe, indexOf, type Operation } from "../history.ts";
import { mergeRepeats } from "./keys.ts";
import type { Report } from "./report.ts";

export function checkOrder(operations: readonly Operation[], report: Report): void {
  const placed = mergeRepeats(operations).filter(hasPlace);
  const byReturn = [...placed].sort((a, b) => a.returnedAt - b.returnedAt);
  const byCall = [...placed].sort((a, b) => a.invokedAt - b.invokedAt);
  let latest: Operation | null = null;
  let returned = 0;
  for (const operation of byCall) {
    for (;;) {
      const next = byReturn[returned];
      if (next === undefined || next.returnedAt >= operation.invokedAt) break;
      returned += 1;
      if (latest === null || place(next) > place(latest)) latest = next;
    }
    if (latest === null) continue;
    const after = place(operation) - place(latest);
    if (after < 0 || (after === 0 && appended(operation))) {
      report("linearizability", `${describe(latest)}\n  came before, yet ${describe(operation)}`);
    }
  }
}

/** Reads of the past have no place in the present. */
function hasPlace({ request, answer }: Operation): boolean {
  if (indexOf(answer) === null) return false;
  return !(request.type === "get" && request.revision !== null);
}

function place(operation: Operation): number {
  return indexOf(operation.answer) ?? 0;
}

function appended({ answer }: Operation): boolean {
  return answer !== null && "receipt" in answer && answer.receipt.rows > 0;
}
