// The processor time that a process has spent, threads included. Where other work shares the machine,
// time per request is steadier than requests per second.
import { readFileSync } from "node:fs";

/** A clock tick of /proc, fixed at a hundredth of a second on every Linux that Node runs on. */
const tickMs = 10;
/** Of the fields behind the command's name: time in user mode and in the kernel (proc_pid_stat(5)). */
const userField = 11;
const systemField = 12;

/** Milliseconds so far; undefined where there is no /proc. */
export function cpuMs(pid: number): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The name stands in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[userField]) + Number(fields[systemField])) * tickMs;
}
