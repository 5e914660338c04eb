/** All that is held against a run of watches. */
import type { Finding } from "../outcome.ts";
import type { WatchOutcome } from "../plays/watch/play.ts";
import { checkLeaders } from "./leaders.ts";
import { checkMembers } from "./members.ts";
import type { Report } from "./report.ts";
import { checkEpisode, visibleIn } from "./watch/sequence.ts";
import { checkRefused, checkStart } from "./watch/start.ts";
import { checkKeptLogs } from "./windows.ts";

export function checkWatch(outcome: WatchOutcome): Finding[] {
  const findings: Finding[] = [...outcome.findings];
  const report: Report = (property, detail) => findings.push({ property, detail });
  const { logs, facts, operations, streams } = outcome;
  for (const log of logs) {
    checkMembers(log, report);
    checkKeptLogs(log, facts, report);
    const ofGroup = operations.filter(({ group }) => group === log.group);
    const visible = visibleIn(log);
    for (const [at, stream] of streams.entries()) {
      if (stream.group !== log.group) continue;
      const name = `watcher ${at + 1} of ${log.group} (${JSON.stringify(stream.selector)})`;
      for (const episode of stream.episodes) {
        checkStart(name, episode, ofGroup, report);
        checkEpisode(name, episode, stream.selector, visible, report);
      }
      for (const refused of stream.refused) {
        checkRefused(name, refused, log, facts.historyMs, refused.witness, report);
      }
    }
  }
  checkLeaders(operations, report);
  return findings;
}
