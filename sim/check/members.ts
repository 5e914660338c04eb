/** R2: two logs that hold an entry of the same index and term hold the same entry, and the same up to it. */
import { formatTerm } from "../../shared/raft/term.ts";
import type { Entry } from "../../shared/store/entry.ts";
import type { GroupLog } from "../archive.ts";
import type { Report } from "./report.ts";

export function checkMembers({ group, entries, members }: GroupLog, report: Report): void {
  const lasting = new Map(entries.map((entry) => [place(entry), entry]));
  for (const log of members) {
    const agrees = log.findLastIndex((entry) => lasting.has(place(entry)));
    for (const entry of log.slice(0, agrees + 1)) {
      const other = lasting.get(place(entry));
      if (other !== undefined && other.request === entry.request && other.at === entry.at) continue;
      report("R2", `group ${group}: two entries at ${place(entry)}, or below one that is the same`);
    }
  }
}

function place({ index, term }: Entry): string {
  return `${index} of ${formatTerm(term)}`;
}
