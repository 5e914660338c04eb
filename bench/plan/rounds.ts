// The order of a run. Machines drift: other work comes and goes, processors slow down when hot. So the
// systems take turns within each cell, every other round begins with the last of them, and a ratio is
// always one of two neighbours.

import type { Bundle } from "../../scripts/workerd/bundle.ts";
import type { System } from "../systems/system.ts";
import { type Cell, type Effort, runCell, type Sample } from "./cell.ts";

/** What one system gave for a cell: a sample or a failure for each round. */
export interface Turns {
  system: string;
  /** By round; a round that failed has none. */
  samples: (Sample | undefined)[];
  /** The failures' accounts, without repeats. */
  failures: string[];
}

/** A cell's turns, in the systems' order: the first is the yardstick of the others. */
export interface CellTurns {
  cell: Cell;
  turns: Turns[];
}

export interface Contestant {
  system: System;
  bundle: Bundle;
}

/** A turn that has just ended, for a line on the screen. */
export interface Turn {
  cell: Cell;
  system: string;
  turn: number;
  turnsInAll: number;
  outcome: Sample | Error;
}

export async function runRounds(
  cells: readonly Cell[],
  contestants: readonly Contestant[],
  rounds: number,
  effort: Effort,
  progress: (turn: Turn) => void,
): Promise<CellTurns[]> {
  const results = cells.map((cell) => ({
    cell,
    turns: contestants
      .filter(({ system }) => system.answers.includes(cell.workload.calls))
      .map((contestant) => new Kept(contestant)),
  }));
  const roundsOf = ({ workload }: Cell) => Math.min(rounds, workload.roundsMax ?? rounds);
  const turnsInAll = results.reduce(
    (sum, { cell, turns }) => sum + turns.length * roundsOf(cell),
    0,
  );
  let turn = 0;
  for (let round = 0; round < rounds; round++) {
    for (const { cell, turns } of results.filter(({ cell }) => round < roundsOf(cell))) {
      for (const kept of round % 2 === 0 ? turns : turns.toReversed()) {
        const { system, bundle } = kept.contestant;
        const outcome = await runCell(cell, system, bundle, effort).catch(
          (error: unknown) => error as Error,
        );
        kept.add(outcome);
        progress({ cell, system: system.name, turn: ++turn, turnsInAll, outcome });
      }
    }
  }
  return results.map(({ cell, turns }) => ({ cell, turns: turns.map((kept) => kept.turns) }));
}

/** A contestant in a cell, and what has come of it so far. */
class Kept {
  readonly contestant: Contestant;
  readonly turns: Turns;

  constructor(contestant: Contestant) {
    this.contestant = contestant;
    this.turns = { system: contestant.system.name, samples: [], failures: [] };
  }

  add(outcome: Sample | Error): void {
    const { samples, failures } = this.turns;
    const failed = outcome instanceof Error;
    samples.push(failed ? undefined : outcome);
    if (failed && !failures.includes(outcome.message)) failures.push(outcome.message);
  }
}
