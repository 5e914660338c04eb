// The cells of a run: every workload at every number of clients, or those that were asked for.
import { UsageError } from "../usage-error.ts";
import type { Cell } from "./cell.ts";
import type { Workload } from "./workload.ts";

/** One client shows the latency, sixteen a busy service, sixty-four more than there are processors for. */
export const clientCounts: readonly number[] = [1, 16, 64];

/** How a cell is named on the command line and in the results: `put@64`. */
export function cellName({ workload, clients }: Cell): string {
  return `${workload.name}@${clients}`;
}

/**
 * @param counts numbers of clients; undefined for those that each workload is usually put to
 * @param wanted names of workloads (`put`) or of cells (`put@64`); none means all
 * @throws {UsageError} if a name fits no cell
 */
export function matrix(
  workloads: readonly Workload[],
  counts: readonly number[] | undefined,
  wanted: readonly string[],
): Cell[] {
  const cells = workloads.flatMap((workload) =>
    (counts ?? workload.clients ?? clientCounts).map((clients): Cell => ({ workload, clients })),
  );
  const isNamed = (cell: Cell, name: string) =>
    name === cell.workload.name || name === cellName(cell);
  for (const name of wanted) {
    if (!cells.some((cell) => isNamed(cell, name))) {
      throw new UsageError(
        `no cell is named "${name}"; there are ${cells.map(cellName).join(", ")}`,
      );
    }
  }
  if (wanted.length === 0) return cells;
  return cells.filter((cell) => wanted.some((name) => isNamed(cell, name)));
}
