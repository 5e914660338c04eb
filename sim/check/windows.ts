/** What clocks and windows promise: nothing overdue is shown, nothing is forgotten too early. */
import { REQUEST_COPY_MS } from "../../shared/limits.ts";
import type { GroupLog } from "../archive.ts";
import { describe, type Operation } from "../history.ts";
import type { Report } from "./report.ts";

/** A present read shows no key that was overdue, by its leader's clock, as the read came. */
export function checkOverdue(operations: readonly Operation[], report: Report): void {
  for (const operation of operations) {
    const { request, answer, witness } = operation;
    const arrivedAt = witness?.arrivedAt ?? null;
    if (arrivedAt === null || answer === null) continue;
    if (request.type === "get" && request.revision !== null) continue;
    const records =
      answer.type === "record" ? [answer.record] : answer.type === "records" ? answer.records : [];
    for (const record of records) {
      if (record === null || record.expiresAt === null || record.expiresAt > arrivedAt) continue;
      report(
        "expiry",
        `${record.key} was overdue since ${record.expiresAt}: ${describe(operation)}`,
      );
    }
  }
}

/** A revision is called compacted only once it was superseded longer ago than the history window. */
export function checkHistoryWindow(
  { entries, group }: GroupLog,
  operations: readonly Operation[],
  historyMs: number,
  report: Report,
): void {
  const appendedAt = new Map(entries.map((entry) => [entry.index as number, entry.at]));
  for (const operation of operations) {
    const { request, answer, witness, group: of } = operation;
    if (of !== group || request.type !== "get" || request.revision === null) continue;
    if (answer?.type !== "refused" || answer.code !== "revision-compacted" || !witness) continue;
    const supersededAt = appendedAt.get(request.revision + 1);
    if (supersededAt === undefined || supersededAt < witness.latest - historyMs) continue;
    report("history", `superseded only at ${supersededAt}: ${describe(operation)}`);
  }
}

/** How long every member keeps its log, by clocks that are so far apart, and what they show in the end. */
export interface Window {
  readonly historyMs: number;
  readonly clockSpreadMs: number;
  readonly endsAt: number;
}

/**
 * Each member's own log reaches back as far as history is promised and request ids are remembered: any of them may have
 * to lead.
 */
export function checkKeptLogs(
  { entries, members, group }: GroupLog,
  { historyMs, clockSpreadMs, endsAt }: Window,
  report: Report,
): void {
  const appendedAt = new Map(entries.map((entry) => [entry.index as number, entry.at]));
  const keptSince = endsAt - Math.max(historyMs, REQUEST_COPY_MS);
  for (const [first] of members) {
    const forgotten = first === undefined ? undefined : appendedAt.get(first.index - 1);
    if (forgotten === undefined || forgotten < keptSince + clockSpreadMs) continue;
    report("history", `group ${group}: a log begins behind ${forgotten}, at ${endsAt} in the end`);
  }
}
