// The table, in Markdown, which reads as well on the screen as in the documentation.
import type { Row } from "./summary.ts";

interface Column {
  title: string;
  /** Text stands to the left, and figures to the right. */
  isText?: true;
  of(row: Row): string;
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
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...lines.map((line) => line[at]?.length ?? 0)),
  );
  const laidOut = (values: readonly string[]) =>
    `| ${columns
      .map(({ isText }, at) => {
        const value = values[at] ?? "";
        return isText ? value.padEnd(widths[at] ?? 0) : value.padStart(widths[at] ?? 0);
      })
      .join(" | ")} |`;
  const rule = columns.map(({ isText }, at) =>
    isText ? "-".repeat(widths[at] ?? 0) : `${"-".repeat((widths[at] ?? 0) - 1)}:`,
  );
  return [laidOut(columns.map(({ title }) => title)), laidOut(rule), ...lines.map(laidOut)].join(
    "\n",
  );
}

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
