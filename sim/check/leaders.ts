/** R1 as clients see it: no two lives of a leader append in one term. */
import { formatTerm } from "../../shared/raft/term.ts";
import { describe, type Operation } from "../history.ts";
import type { Report } from "./report.ts";

export function checkLeaders(operations: readonly Operation[], report: Report): void {
  const owners = new Map<string, string>();
  for (const operation of operations) {
    const { answer, group, witness } = operation;
    if (witness === null || answer === null || !("receipt" in answer)) continue;
    if (answer.receipt.rows === 0) continue;
    const term = `${group} ${formatTerm(answer.receipt.term)}`;
    const owner = owners.get(term);
    if (owner !== undefined && owner !== witness.incarnation) {
      report(
        "R1",
        `${owner} also appends in the term of ${witness.incarnation}: ${describe(operation)}`,
      );
    }
    owners.set(term, witness.incarnation);
  }
}
