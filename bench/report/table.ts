// The table, in Markdown, which reads as well on the screen as in the documentation.
import type { ArrivalWindow } from "../load/arrivals.ts";
import type { Lag } from "./lag.ts";
import type { Row } from "./summary.ts";

interface Column<Of = Row> {
  title: string;
  /** Text stands to the left, and figures to the right. */
  isText?: true;
  of(row: Of): string;
}

const what: readonly Column[] = [
  { title: "workload", isText: true, of: ({ title }) => title },
  { title: "clients", of: ({ clients }) => String(clients) },
  { title: "system", isText: true, of: ({ system }) => system },
];

/** Empty where there are no figures. */
const figures: readonly Column[] = [
  { title: "per second", of: ({ perSecond }) => Math.round(perSecond).toLocaleString("en") },
  { title: "p50 ms", of: ({ p50Ms }) => p50Ms.toFixed(2) },
  { title: "p99 ms", of: ({ p99Ms }) => p99Ms.toFixed(2) },
];

/** Only where clients are meant to be in one another's way. */
const contention: readonly Column[] = [
  { title: "slowest ms", of: ({ slowestMs }) => Math.round(slowestMs).toLocaleString("en") },
  { title: "409s", of: ({ conflictShare }) => percent(conflictShare) },
];

const cost: readonly Column[] = [
  { title: "CPU µs", of: ({ cpuMicros }) => cpuMicros?.toFixed(0) ?? "" },
];

const verdicts: readonly Column[] = [
  { title: "ratio", of: ratio },
  { title: "aim", of: verdict },
];

/** How long writes took to arrive, a line for each stretch of the measurement. */
export function lagTable({ windows }: Lag): string {
  const columns: readonly Column<ArrivalWindow>[] = [
    { title: "seconds", of: ({ fromMs, toMs }) => `${fromMs / 1_000} to ${toMs / 1_000}` },
    { title: "writes watched", of: ({ count }) => count.toLocaleString("en") },
    { title: "p50 ms", of: ({ p50Ms }) => whole(p50Ms) },
    { title: "p90 ms", of: ({ p90Ms }) => whole(p90Ms) },
    { title: "p99 ms", of: ({ p99Ms }) => whole(p99Ms) },
    { title: "slowest ms", of: ({ slowestMs }) => whole(slowestMs) },
  ];
  return laidOut(
    columns,
    windows.map((window) => columns.map(({ of }) => of(window))),
  );
}

export function table(rows: readonly Row[]): string {
  const isContention = rows.some(({ conflictShare }) => conflictShare !== undefined);
  const measured = [...figures, ...(isContention ? contention : []), ...cost];
  const columns = [...what, ...measured, ...verdicts];
  const lines = rows.map((row) =>
    columns.map((column) => {
      const hasFailed = row.rounds === 0 && measured.includes(column);
      if (hasFailed) return column === measured[0] ? "failed" : "";
      return column.of(row);
    }),
  );
  return laidOut(columns, lines);
}

function laidOut(
  columns: readonly Pick<Column, "title" | "isText">[],
  lines: readonly (readonly string[])[],
): string {
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...lines.map((line) => line[at]?.length ?? 0)),
  );
  const line = (values: readonly string[]) =>
    `| ${columns
      .map(({ isText }, at) => {
        const value = values[at] ?? "";
        return isText ? value.padEnd(widths[at] ?? 0) : value.padStart(widths[at] ?? 0);
      })
      .join(" | ")} |`;
  const rule = columns.map(({ isText }, at) =>
    isText ? "-".repeat(widths[at] ?? 0) : `${"-".repeat((widths[at] ?? 0) - 1)}:`,
  );
  return [line(columns.map(({ title }) => title)), line(rule), ...lines.map(line)].join("\n");
}

/** Empty where there is no figure. */
const whole = (value: number): string =>
  Number.isFinite(value) ? Math.round(value).toLocaleString("en") : "";

function percent(share: number | undefined): string {
  return share === undefined ? "" : `${(share * 100).toFixed(1)} %`;
}

function ratio({ ratio }: Row): string {
  if (ratio === undefined) return "";
  const { to, median, least, most } = ratio;
  return `${median.toFixed(2)} × ${to} (${least.toFixed(2)} to ${most.toFixed(2)})`;
}

function verdict({ aim, ratio, failures }: Row): string {
  if (aim === undefined) return "";
  const met = ratio !== undefined && failures.length === 0 && ratio.median >= aim;
  return `${aim.toFixed(1)} ${met ? "met" : "missed"}`;
}
