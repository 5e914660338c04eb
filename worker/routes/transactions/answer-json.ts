/** What a transaction came to, as JSON. Values stand in it as they were stored (keys/value-json.ts). */
import { lockOf } from "../../../shared/lock/key.ts";
import type { FailedCondition } from "../../../shared/store/entry.ts";
import type { Operation, TraceEvent } from "../../../shared/transaction/request.ts";
import type { Revision, Value } from "../../../shared/types.ts";
import { valueMembers } from "../keys/value-json.ts";

/** What is told of a transaction, whichever way it was run. */
export interface Told {
  readonly succeeded: boolean;
  readonly failed: readonly FailedCondition[];
  readonly results: readonly ToldResult[];
}

interface ToldResult {
  readonly op: Operation["type"];
  readonly key: string;
  readonly revision: Revision | null;
  readonly value?: Value;
}

/** The members `succeeded`, `results` and, where it did not succeed, `failed`, without the braces. */
export function answerMembers({ succeeded, results, failed }: Told): string {
  const members = `"succeeded":${succeeded},"results":[${results.map(resultJson).join(",")}]`;
  return succeeded ? members : `${members},"failed":[${failed.map(failedJson).join(",")}]`;
}

function resultJson({ op, key, revision, value }: ToldResult): string {
  const members = `"op":"${op}","key":${JSON.stringify(key)},"revision":${revision}`;
  return value === undefined ? `{${members}}` : `{${members},${valueMembers(value)}}`;
}

function failedJson({ condition, key, revision, lock = null }: FailedCondition): string {
  const named = lockOf(key);
  if (named === null) return JSON.stringify({ condition, key, revision });
  const { kind, name } = named;
  return JSON.stringify({ condition, [kind]: name, token: lock?.token ?? null, revision });
}

export const traceJson = (trace: readonly TraceEvent[]): string =>
  JSON.stringify(trace.map(({ atMs, event, group }) => ({ atMs, event, group })));
