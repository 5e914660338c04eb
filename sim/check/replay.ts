/**
 * Holds a history against the log: every entry follows from the request that asked for it and from the entries
 * before, and every answer says what the log says at its index.
 *
 * So an acknowledged write survives, a read or list shows one point in time, and earlier revisions read as they
 * were. The rules are written again here, from the contract; nothing of the member's code is used.
 */
import type { Answer, WriteRequest } from "../../shared/member/request.ts";
import type { Entry, WriteOutcome } from "../../shared/store/entry.ts";
import type { GroupLog } from "../archive.ts";
import { describe, type Operation, text } from "../history.ts";
import { Fold, type FoldedRecord } from "./fold.ts";
import type { Report } from "./report.ts";

export function checkReplay(log: GroupLog, operations: readonly Operation[], report: Report): void {
  const fold = new Fold(log.entries);
  checkShape(log, report);
  checkEntries(log, operations, fold, report);
  checkAnswers(log, operations, fold, report);
}

/** One entry an index, terms that never fall, times that never fall. */
function checkShape({ entries, group }: GroupLog, report: Report): void {
  let before: Entry | null = null;
  for (const entry of entries) {
    const { index, at, term } = entry;
    const expected: number = before === null ? index : before.index + 1;
    if (index !== expected) report("R2", `group ${group}: entry ${index} follows ${before?.index}`);
    if (before !== null && at < before.at) {
      report("times", `group ${group}: entry ${index} is of ${at}, the one before of ${before.at}`);
    }
    if (before !== null && (term.block - before.term.block || term.wake - before.term.wake) < 0) {
      report("R2", `group ${group}: the term falls at entry ${index}`);
    }
    before = entry;
  }
}

/** Each entry does what its request asks for, as things stood just before it. */
function checkEntries(
  { entries, group }: GroupLog,
  operations: readonly Operation[],
  fold: Fold,
  report: Report,
): void {
  const requests = new Map<string, WriteRequest>();
  for (const { request, group: of } of operations) {
    if (of === group && request.type === "write") requests.set(request.id, request);
  }
  for (const entry of entries) {
    const { index, request: id, outcome } = entry;
    if (id === null) {
      checkUnasked(entry, group, fold, report);
      continue;
    }
    const request = requests.get(id);
    if (request === undefined || outcome === null) {
      report("log", `group ${group}: entry ${index} is of ${id}, which nobody asked for`);
      continue;
    }
    const expected = outcomeAt(request, fold, index - 1);
    if (canonical(expected) !== canonical(outcome)) {
      report(
        "conditions",
        `group ${group}: entry ${index} of ${id} came to ${canonical(outcome)}, expected ${canonical(expected)}`,
      );
    }
    const changed = entry.effects.map((effect) => `${effect.type} ${effect.key}`).join(", ");
    const wanted = outcome.succeeded ? changesOf(request, outcome) : "";
    if (changed !== wanted) {
      report("log", `group ${group}: entry ${index} of ${id} does "${changed}", not "${wanted}"`);
    }
  }
}

/** What a leader appends by itself removes only what is there and overdue. */
function checkUnasked(
  { index, at, effects }: Entry,
  group: string,
  fold: Fold,
  report: Report,
): void {
  for (const effect of effects) {
    const record = fold.at(effect.key, index - 1);
    if (effect.type !== "delete" || !effect.expired) {
      report(
        "log",
        `group ${group}: entry ${index} changes ${effect.key}, and nobody asked for it`,
      );
    } else if (record === null || record.expiresAt === null || record.expiresAt > at) {
      const until = record === null ? "absent" : `there until ${record.expiresAt ?? "ever"}`;
      report("expiry", `group ${group}: entry ${index} of ${at} expires ${effect.key}, ${until}`);
    }
  }
}

function outcomeAt(request: WriteRequest, fold: Fold, index: number): WriteOutcome {
  const revisionOf = (key: string): number | null => fold.at(key, index)?.revision ?? null;
  const failed = request.conditions.flatMap((condition, position) => {
    const revision = revisionOf(condition.key);
    const holds =
      condition.type === "exists"
        ? (revision !== null) === condition.exists
        : condition.among.some((one) => one === revision) !== condition.negated;
    return holds ? [] : [{ condition: position, key: condition.key, revision }];
  });
  if (failed.length > 0) return { succeeded: false, failed } as WriteOutcome;
  return {
    succeeded: true,
    results: request.operations.map(({ type, key }) =>
      type === "put"
        ? { type, created: revisionOf(key) === null }
        : { type, deleted: revisionOf(key) !== null },
    ),
  };
}

function changesOf(
  request: WriteRequest,
  outcome: Extract<WriteOutcome, { succeeded: true }>,
): string {
  return request.operations
    .filter((_, at) => {
      const result = outcome.results[at];
      return result?.type === "put" || result?.deleted === true;
    })
    .map(({ type, key }) => `${type} ${key}`)
    .join(", ");
}

/** Each answer says what the log says at the index it is as of. */
function checkAnswers(
  { entries, group }: GroupLog,
  operations: readonly Operation[],
  fold: Fold,
  report: Report,
): void {
  const byIndex = new Map<number, Entry>(entries.map((entry) => [entry.index, entry]));
  const last = entries.at(-1)?.index ?? 0;
  for (const operation of operations) {
    const { answer, group: of } = operation;
    if (of !== group || answer === null || !("receipt" in answer)) continue;
    const { index } = answer.receipt;
    if (index > last) {
      report("durability", `the log ends at ${last}: ${describe(operation)}`);
      continue;
    }
    const fault = faultOf(operation, answer, fold, byIndex.get(index) ?? null);
    if (fault !== null) report(fault.property, `${fault.expected}: ${describe(operation)}`);
  }
}

interface Fault {
  readonly property: string;
  readonly expected: string;
}

function faultOf(
  { request, effect }: Operation,
  answer: Extract<Answer, { receipt: unknown }>,
  fold: Fold,
  entry: Entry | null,
): Fault | null {
  const { index } = answer.receipt;
  switch (answer.type) {
    case "record": {
      const key = request.type === "get" ? request.key : "";
      const expected = show(fold.at(key, index));
      const property = request.type === "get" && request.revision !== null ? "history" : "read";
      return show(answer.record) === expected ? null : { property, expected };
    }
    case "records": {
      if (request.type !== "list") return { property: "list", expected: "no list" };
      const expected = fold.list(request.range, index).map(show).join(", ");
      return answer.records.map(show).join(", ") === expected
        ? null
        : { property: "list", expected };
    }
    case "written":
    case "failed": {
      if (request.type !== "write") return { property: "log", expected: "no write" };
      const told = canonical(outcomeTold(answer));
      const recorded = entry !== null && isOf(entry, request, effect) ? entry.outcome : null;
      if (recorded !== null) {
        return canonical(recorded) === told
          ? null
          : { property: "I1", expected: `entry ${index} says ${canonical(recorded)}` };
      }
      // Nothing was appended for it: it read the tail at `index`, and changed nothing.
      const expected = outcomeAt(request, fold, index);
      const changes = expected.succeeded && changesOf(request, expected) !== "";
      if (!changes && canonical(expected) === told) return null;
      return answer.type === "written"
        ? { property: "durability", expected: `entry ${index} is of ${entry?.request ?? "nobody"}` }
        : { property: "conditions", expected: canonical(expected) };
    }
    default:
      throw new Error(`a ${answer.type} is no answer about keys`);
  }
}

function isOf(entry: Entry, request: WriteRequest, effect: string): boolean {
  if (entry.request === request.id) return true;
  const { idempotency } = entry;
  return (
    idempotency !== null && effect.startsWith(`${idempotency.key}/${idempotency.fingerprint}/`)
  );
}

function outcomeTold(answer: Extract<Answer, { type: "written" | "failed" }>): WriteOutcome {
  return answer.type === "written"
    ? { succeeded: true, results: answer.results }
    : { succeeded: false, failed: answer.failed };
}

/** The same text for the same outcome, whatever order its fields were written in. */
function canonical(outcome: WriteOutcome): string {
  return outcome.succeeded
    ? outcome.results
        .map((one) =>
          one.type === "put"
            ? one.created
              ? "created"
              : "replaced"
            : one.deleted
              ? "deleted"
              : "nothing to delete",
        )
        .join(", ")
    : `failed: ${outcome.failed.map((one) => `${one.condition} ${one.key} at ${one.revision ?? "absent"}`).join(", ")}`;
}

function show(
  record:
    | FoldedRecord
    | {
        readonly key: string;
        readonly revision: number;
        readonly value: { readonly bytes: Uint8Array };
        readonly expiresAt: number | null;
      }
    | null,
): string {
  if (record === null) return "absent";
  const value = typeof record.value === "string" ? record.value : text(record.value.bytes);
  return `${record.key}=${value} r${record.revision} until ${record.expiresAt ?? "ever"}`;
}
