/** What a transaction came to. */
import type { FailedCondition } from "../../client/index.ts";
import type { Sink } from "../io.ts";
import { styled } from "./style.ts";
import { table } from "./table.ts";
import { inLine } from "./text.ts";
import { decodedJson, valueInLine } from "./value.ts";

export interface Outcome {
  readonly id: string;
  readonly succeeded: boolean;
  readonly results: readonly unknown[];
  readonly failed?: readonly FailedCondition[];
}

/** A result as the client gives it, whatever its operation. */
interface Result {
  readonly op: string;
  readonly key: string;
  readonly revision: number | null;
  readonly value?: unknown;
  readonly contentType?: string | null;
}

/** @param conditions what they were, where that is known, to say which one failed. */
export function outcomeLines(
  sink: Sink,
  { id, succeeded, results, failed = [] }: Outcome,
  conditions: readonly unknown[] = [],
): readonly string[] {
  const lines = [
    succeeded
      ? `${styled(sink, "green", "committed")} ${id}`
      : `${styled(sink, "yellow", "nothing changed")}, a condition failed ${id}`,
    ...failed.map((each) => `  ${failedLine(each, conditions[each.condition])}`),
  ];
  if (results.length > 0) {
    const rows = (results as readonly Result[]).map((result) => [
      result.op,
      result.key,
      String(result.revision ?? "-"),
      shownValue(result),
    ]);
    const columns = [
      { title: "op" },
      { title: "key" },
      { title: "revision", isNumber: true },
      { title: "value" },
    ];
    lines.push(table(sink, columns, rows).trimEnd());
  }
  return lines;
}

function shownValue({ op, revision, value, contentType }: Result): string {
  if (op === "put") return "";
  if (revision === null) return op === "delete" ? "there was nothing to delete" : "absent";
  return value === undefined ? "" : valueInLine(value, contentType ?? "application/json");
}

function failedLine(failed: FailedCondition, condition: unknown): string {
  const { key, lock, election, token, revision } = failed;
  const stated = condition === undefined ? "" : `: ${inLine(JSON.stringify(condition))}`;
  const position = `condition ${failed.condition}${stated}`;
  if (key !== undefined) {
    const at = revision === null ? "is absent" : `is at revision ${revision}`;
    return `${position}; ${inLine(key)} ${at}`;
  }
  const what = lock === undefined ? `election ${election}` : `lock ${lock}`;
  const whose = token == null ? "nobody holds it" : `it is held under token ${token}`;
  return `${position}; ${inLine(what)}: ${whose}`;
}

/** A result in JSON: bytes have none, and are base64. */
export function resultJson(result: unknown): unknown {
  const { value, ...rest } = result as Result;
  return value instanceof Uint8Array ? { ...rest, ...decodedJson(value) } : result;
}
