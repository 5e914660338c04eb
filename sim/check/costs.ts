/** What requests may cost, in rows written at a solo group's leader (DESIGN.md §9). */
import { describe, type Operation } from "../history.ts";
import type { Report } from "./report.ts";

export function checkCosts(operations: readonly Operation[], report: Report): void {
  for (const operation of operations) {
    const { answer } = operation;
    if (answer === null || !("receipt" in answer)) continue;
    const { rows } = answer.receipt;
    const most = rowsMax(operation);
    if (rows > most)
      report("costs", `${rows} rows where ${most} are enough: ${describe(operation)}`);
  }
}

/** One for the entry, one a key, one more for a time to live, one for an idempotency key; none for a read. */
function rowsMax({ request, answer }: Operation): number {
  if (request.type !== "write") return 0;
  if (answer !== null && "replayed" in answer && answer.replayed) return 0;
  let rows = request.idempotency === null ? 1 : 2;
  if (answer?.type === "failed") return rows;
  for (const operation of request.operations) {
    rows += operation.type === "put" && operation.ttlMs !== null ? 2 : 1;
  }
  return rows;
}
