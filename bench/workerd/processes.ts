// The workerd processes that this one has started: whoever has them started by somebody else finds them here.
import { readdirSync, readFileSync } from "node:fs";

/** Their process ids; none where there is no /proc. */
export function workerdChildren(): number[] {
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(isChild);
}

/** The command's name stands in parentheses, then come state and parent (proc_pid_stat(5)). */
function isChild(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return stat.includes("(workerd") && Number(parent) === process.pid;
  } catch {
    // It has ended since.
    return false;
  }
}
