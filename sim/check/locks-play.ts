/** All that is held against a run of locks. */
import { indexOf } from "../history.ts";
import type { Finding } from "../outcome.ts";
import type { LocksOutcome } from "../plays/locks/play.ts";
import { checkLeaders } from "./leaders.ts";
import { checkLockAnswers } from "./locks/answers.ts";
import { checkBeliefs } from "./locks/beliefs.ts";
import { checkGuarded, checkTokens } from "./locks/fencing.ts";
import { type Chapter, checkHistory } from "./locks/history.ts";
import { checkMembers } from "./members.ts";
import { checkOrder } from "./order.ts";
import type { Report } from "./report.ts";
import { checkTwoPhase } from "./two-phase.ts";
import { checkKeptLogs } from "./windows.ts";

export function checkLocks(outcome: LocksOutcome): Finding[] {
  const findings: Finding[] = [...outcome.findings];
  const report: Report = (property, detail) => findings.push({ property, detail });
  const { logs, facts, operations, beliefs, fenced, guarded, words } = outcome;
  const chapters = new Map<string, readonly Chapter[]>();
  for (const log of logs) {
    const ofGroup = operations.filter(({ group }) => group === log.group);
    checkMembers(log, report);
    checkKeptLogs(log, facts, report);
    for (const [key, all] of checkHistory(log, ofGroup, report)) chapters.set(key, all);
    // A repeat tells of what came before it.
    const anew = ofGroup.filter(({ request, answer }) => {
      const replayed = answer !== null && "replayed" in answer && answer.replayed;
      return (request.type === "lock" || request.type === "get") && !replayed;
    });
    checkOrder(
      anew.filter(({ answer }) => indexOf(answer) !== null),
      report,
    );
  }
  checkLockAnswers(chapters, operations, report);
  checkBeliefs(beliefs, report);
  checkTokens(logs, chapters, fenced, report);
  if (guarded !== null) checkGuarded(guarded, fenced, report);
  checkTwoPhase(logs, words, facts, report);
  checkLeaders(operations, report);
  return findings;
}
