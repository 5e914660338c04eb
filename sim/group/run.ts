/** One seed of the focused world: a schedule is run until it ends or breaks an invariant. */
import { Violation } from "../../shared/assert.ts";
import type { Finding } from "../outcome.ts";
import { Random } from "../random.ts";
import { Schedule } from "./schedule.ts";

export interface GroupRun {
  readonly finding: Finding | null;
  /** How many entries were committed: a schedule in which nothing happens proves nothing. */
  readonly committed: number;
}

export function runGroupSeed(
  seed: number,
  members: number,
  print: ((line: string) => void) | null = null,
): GroupRun {
  const schedule = new Schedule(new Random(seed), members, print);
  let finding: Finding | null = null;
  try {
    schedule.run();
  } catch (fault) {
    if (!(fault instanceof Error)) throw fault;
    const property = fault instanceof Violation ? fault.invariant : "abort";
    finding = { property, detail: fault.stack ?? fault.message };
  }
  return { finding, committed: schedule.world.ghost.log.length };
}
