/** Columns, each as wide as its widest cell. */
import type { Sink } from "../io.ts";
import { styled } from "./style.ts";
import { fitted, inLine, widthOf } from "./text.ts";

export interface Column {
  readonly title: string;
  /** Numbers stand below one another by their last digit. */
  readonly isNumber?: boolean;
}

const GAP = "  ";

/** The last column is cut where the terminal ends; nothing is ever cut for a pipe. */
export function table(
  sink: Sink,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const cells = rows.map((row) => row.map(inLine));
  const widths = columns.map(({ title }, at) =>
    [title, ...cells.map((row) => row[at] ?? "")].reduce(
      (widest, cell) => Math.max(widest, widthOf(cell)),
      0,
    ),
  );
  const last = columns.length - 1;
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + GAP.length, 0);
  const room = sink.isTerminal ? sink.columns - before : Number.POSITIVE_INFINITY;
  const line = (row: readonly string[]): string =>
    columns
      .map(({ isNumber }, at) => {
        const cell = at === last ? fitted(row[at] ?? "", room) : (row[at] ?? "");
        if (at === last && isNumber !== true) return cell;
        const pad = " ".repeat(Math.max(0, (widths[at] ?? 0) - widthOf(cell)));
        return isNumber === true ? pad + cell : cell + pad;
      })
      .join(GAP)
      .trimEnd();
  const heading = styled(sink, "bold", line(columns.map(({ title }) => title.toUpperCase())));
  return [heading, ...cells.map(line)].map((each) => `${each}\n`).join("");
}
