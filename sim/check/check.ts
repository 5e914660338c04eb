/** All that is held against a run, with a report that stays readable. */
import { describe, type Operation } from "../history.ts";
import type { Finding, Outcome } from "../outcome.ts";
import { checkCosts } from "./costs.ts";
import { keyHistories } from "./keys.ts";
import { checkLeaders } from "./leaders.ts";
import { checkLinearizability } from "./linearizability.ts";
import { checkMembers } from "./members.ts";
import { minimise } from "./minimise.ts";
import { checkOnce } from "./once.ts";
import { checkOrder } from "./order.ts";
import { register } from "./register.ts";
import { checkReplay } from "./replay.ts";
import type { Report } from "./report.ts";
import { checkHistoryWindow, checkKeptLogs, checkOverdue } from "./windows.ts";

export function check(outcome: Outcome): Finding[] {
  const findings: Finding[] = [...outcome.findings];
  const report: Report = (property, detail) => findings.push({ property, detail });
  const { operations, logs, facts } = outcome;
  for (const log of logs) {
    const ofGroup = operations.filter((operation) => operation.group === log.group);
    checkOnce(log, ofGroup, report);
    checkReplay(log, ofGroup, report);
    checkMembers(log, report);
    checkOrder(ofGroup, report);
    checkHistoryWindow(log, ofGroup, facts.historyMs, report);
    checkKeptLogs(log, facts, report);
    checkKeys(ofGroup, outcome, report);
  }
  checkLeaders(operations, report);
  checkOverdue(operations, report);
  checkCosts(operations, report);
  return findings;
}

function checkKeys(operations: readonly Operation[], { facts }: Outcome, report: Report): void {
  for (const [key, history] of keyHistories(operations, facts)) {
    if (checkLinearizability(register, history) !== "not-linearizable") continue;
    const small = minimise(register, history);
    const shown = small.flatMap(({ number }) => operations.filter((one) => one.number === number));
    const lines = shown.map((operation) => `  ${describe(operation)}`);
    report("linearizability", `key ${key}:\n${lines.join("\n")}`);
  }
}
