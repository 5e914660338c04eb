/** I1: a request id takes effect at most once, and a repeat gets the first one's answer. */
import { IDEMPOTENCY_MS } from "../../shared/limits.ts";
import type { Entry } from "../../shared/store/entry.ts";
import type { GroupLog } from "../archive.ts";
import { describe, describeAnswer, type Operation } from "../history.ts";
import type { Report } from "./report.ts";

export function checkOnce(
  { entries, group }: GroupLog,
  operations: readonly Operation[],
  report: Report,
): void {
  checkRequests(entries, group, report);
  checkIdempotencyKeys(entries, group, report);
  checkRefusals(entries, operations, report);
  checkReuses(entries, operations, report);
  checkRepeats(operations, report);
  checkReplayed(entries, operations, report);
}

function checkRequests(entries: readonly Entry[], group: string, report: Report): void {
  const seen = new Map<string, number>();
  for (const { request, index } of entries) {
    if (request === null) continue;
    const before = seen.get(request);
    if (before !== undefined) {
      report("I1", `group ${group}: request ${request} is in entries ${before} and ${index}`);
    }
    seen.set(request, index);
  }
}

function checkIdempotencyKeys(entries: readonly Entry[], group: string, report: Report): void {
  const seen = new Map<string, Entry>();
  for (const entry of entries) {
    if (entry.idempotency === null) continue;
    const { key } = entry.idempotency;
    const before = seen.get(key);
    if (before !== undefined && entry.at - before.at < IDEMPOTENCY_MS) {
      report("I1", `group ${group}: key ${key} is in entries ${before.index} and ${entry.index}`);
    }
    seen.set(key, entry);
  }
}

/** What a client was told had no effect has none. */
function checkRefusals(
  entries: readonly Entry[],
  operations: readonly Operation[],
  report: Report,
): void {
  const effective = new Map<string, number>();
  for (const { request, effects, index } of entries) {
    if (request !== null && effects.length > 0) effective.set(request, index);
  }
  for (const operation of operations) {
    const { request, answer } = operation;
    if (request.type !== "write" || answer === null || answer.type === "written") continue;
    const index = effective.get(request.id);
    if (index !== undefined) report("I1", `entry ${index} is of ${describe(operation)}`);
  }
}

/** A key that is refused as used was used: the entry that the refusal rests on has lasted. */
function checkReuses(
  entries: readonly Entry[],
  operations: readonly Operation[],
  report: Report,
): void {
  const used = new Set(entries.map(({ idempotency }) => idempotency?.key));
  for (const operation of operations) {
    const { request, answer } = operation;
    if (answer?.type !== "refused" || answer.code !== "idempotency-key-reused") continue;
    if (request.type !== "write" || used.has(request.idempotency?.key)) continue;
    report("I1", `the key was never used: ${describe(operation)}`);
  }
}

/** All who were answered for one effect heard the same. */
function checkRepeats(operations: readonly Operation[], report: Report): void {
  const first = new Map<string, Operation>();
  for (const operation of operations) {
    const { answer, effect } = operation;
    if (answer?.type !== "written" && answer?.type !== "failed") continue;
    const known = first.get(effect);
    if (known === undefined) first.set(effect, operation);
    else if (gist(known) !== gist(operation)) {
      report("I1", `two answers: ${describe(known)}\n  and ${describe(operation)}`);
    }
  }
}

/** What all repeats must share: the outcome and its index. */
function gist({ answer }: Operation): string {
  return describeAnswer(answer)
    .replace(" (replayed)", "")
    .replace(/ \([^)]*\)$/, "");
}

/** An answer says that it is told again exactly where another request was the first to use the key. */
function checkReplayed(
  entries: readonly Entry[],
  operations: readonly Operation[],
  report: Report,
): void {
  const byIndex = new Map<number, Entry>(entries.map((entry) => [entry.index, entry]));
  for (const operation of operations) {
    const { request, answer } = operation;
    if (request.type !== "write" || request.idempotency === null) continue;
    if (answer?.type !== "written" && answer?.type !== "failed") continue;
    const first = byIndex.get(answer.receipt.index);
    if (first === undefined || (first.request !== request.id) === answer.replayed) continue;
    report(
      "I1",
      `replayed is ${answer.replayed}, first came ${first.request}: ${describe(operation)}`,
    );
  }
}
