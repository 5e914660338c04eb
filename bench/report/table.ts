// The table, in Markdown, which reads as well on the screen as in the documentation.
import type { Row } from "./summary.ts";

const head = [
  "workload",
  "clients",
  "system",
  "per second",
  "p50 ms",
  "p99 ms",
  "CPU µs",
  "ratio",
  "aim",
];

/** How many of the columns, from the left, hold text. */
const textColumns = 1;

export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.title,
    String(row.clients),
    row.system,
    ...(row.rounds === 0 ? ["failed", "", "", ""] : figures(row)),
    ratio(row),
    verdict(row),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)),
  );
  const isText = (column: number) => column < textColumns || head[column] === "system";
  const line = (values: readonly string[]) =>
    `| ${values
      .map((value, column) =>
        isText(column) ? value.padEnd(widths[column] ?? 0) : value.padStart(widths[column] ?? 0),
      )
      .join(" | ")} |`;
  const rule = `| ${widths
    .map((width, column) => (isText(column) ? "-".repeat(width) : `${"-".repeat(width - 1)}:`))
    .join(" | ")} |`;
  return [line(head), rule, ...cells.map(line)].join("\n");
}

function figures({ perSecond, p50Ms, p99Ms, cpuMicros }: Row): string[] {
  return [
    Math.round(perSecond).toLocaleString("en"),
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
    cpuMicros === undefined ? "" : cpuMicros.toFixed(0),
  ];
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
