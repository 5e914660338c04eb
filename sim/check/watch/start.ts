/** Where watches begin: behind everything that anybody was told before, or at the revision that was asked for, or not at all. */
import { parsePosition } from "../../../shared/watch/position.ts";
import type { GroupLog } from "../../archive.ts";
import { indexOf, type Operation } from "../../history.ts";
import type { Witness } from "../../member.ts";
import type { Episode, Refused } from "../../plays/watch/stream.ts";
import type { Report } from "../report.ts";

/** W1: a watch from now on begins behind whatever was told before it was asked for. */
export function checkStart(
  name: string,
  { asked, askedAt, from }: Episode,
  operations: readonly Operation[],
  report: Report,
): void {
  const begins = parsePosition(from)?.index ?? -1;
  if (asked.type === "revision" && begins !== asked.revision - 1) {
    report("W1", `${name} begins at ${from}, asked from revision ${asked.revision} on`);
  }
  if (asked.type !== "now") return;
  for (const { answer, returnedAt } of operations) {
    const index = indexOf(answer);
    if (index === null || returnedAt >= askedAt || index <= begins) continue;
    report("W1", `${name} begins at ${from}, though ${index} was told before`);
    return;
  }
}

/** A watch is refused as compacted only where what it wants is older than the history window. */
export function checkRefused(
  name: string,
  { asked, answer }: Refused,
  { entries }: GroupLog,
  historyMs: number,
  witness: Witness | null,
  report: Report,
): void {
  if (asked.type === "now") report("history", `${name} wants nothing of the past, and is refused`);
  if (witness === null || asked.type === "now") return;
  const wanted =
    asked.type === "revision"
      ? asked.revision
      : asked.position.index + (asked.position.changes === null ? 1 : 0);
  const first = entries.find(({ index }) => index === wanted);
  // What a vote changed may be forgotten before its resolution is.
  const resolves = entries.some(
    ({ index, transaction = [] }) =>
      index >= wanted && transaction.some(({ type }) => type === "resolve"),
  );
  if (first === undefined || resolves || first.at < witness.latest - historyMs) return;
  report("history", `${name} is refused ${wanted}, of ${first.at}: ${answer.type}`);
}
