// From samples to figures: the median over the rounds for each system, and ratios to the cell's first
// system taken round by round, so that what slowed both is in neither.
import { aim } from "../plan/aims.ts";
import { cellName } from "../plan/matrix.ts";
import type { CellTurns, Turns } from "../plan/rounds.ts";
import type { Chapter } from "../plan/workload.ts";
import { median } from "../statistics.ts";
import { type Lag, lagOf } from "./lag.ts";

/** One line of the table. */
export interface Row {
  cell: string;
  chapter: Chapter;
  title: string;
  clients: number;
  system: string;
  /** Rounds, and those of them that succeeded. */
  turns: number;
  rounds: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** The longest that any client waited in any round. */
  slowestMs: number;
  /** The share of answers that said that others were in the way, where clients are meant to be. */
  conflictShare?: number;
  /** How long it was measured. */
  elapsedMs: number;
  cpuMicros?: number;
  generatorLoad: number;
  /** How long writes took to arrive, where that was watched. */
  lag?: Lag;
  /** Requests per second to those of the cell's first system, which itself has none. */
  ratio?: { to: string; median: number; least: number; most: number };
  /** What the ratio should be at least, where that was promised. */
  aim?: number;
  failures: readonly string[];
}

export function summarize(results: readonly CellTurns[]): Row[] {
  return results.flatMap(({ cell, turns }) => {
    const [yardstick] = turns;
    return turns.map((turn): Row => {
      const row: Row = {
        cell: cellName(cell),
        chapter: cell.workload.chapter,
        title: cell.workload.title,
        clients: cell.clients,
        system: turn.system,
        ...figures(turn),
        ...(cell.workload.conflicts === undefined ? {} : { conflictShare: conflictShare(turn) }),
        failures: turn.failures,
      };
      if (yardstick === undefined || turn === yardstick) return row;
      const ratios = ratiosByRound(turn, yardstick);
      if (ratios.length > 0) {
        row.ratio = {
          to: yardstick.system,
          median: median(ratios),
          least: Math.min(...ratios),
          most: Math.max(...ratios),
        };
      }
      const wanted = aim(cell, turn.system);
      return wanted === undefined ? row : { ...row, aim: wanted };
    });
  });
}

const succeeded = ({ samples }: Turns) => samples.filter((sample) => sample !== undefined);

function figures(turn: Turns) {
  const good = succeeded(turn);
  const cpu = good.flatMap(({ cpuMicros }) => (cpuMicros === undefined ? [] : [cpuMicros]));
  const lag = lagOf(good);
  return {
    ...(lag && { lag }),
    turns: turn.samples.length,
    rounds: good.length,
    perSecond: median(good.map(({ perSecond }) => perSecond)),
    p50Ms: median(good.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(good.map(({ p99Ms }) => p99Ms)),
    slowestMs: Math.max(...good.map(({ slowestMs }) => slowestMs)),
    elapsedMs: median(good.map(({ elapsedMs }) => elapsedMs)),
    ...(cpu.length > 0 ? { cpuMicros: median(cpu) } : {}),
    generatorLoad: Math.max(0, ...good.map(({ generatorLoad }) => generatorLoad)),
  };
}

function conflictShare(turn: Turns): number {
  return median(
    succeeded(turn).map(({ conflicts, answered }) => conflicts / (conflicts + answered)),
  );
}

/** Of the rounds in which both succeeded. */
function ratiosByRound(turn: Turns, yardstick: Turns): number[] {
  return turn.samples.flatMap((sample, round) => {
    const beside = yardstick.samples[round];
    return sample === undefined || beside === undefined
      ? []
      : [sample.perSecond / beside.perSecond];
  });
}
