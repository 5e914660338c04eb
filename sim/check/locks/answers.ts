/** Whatever anybody was told of a lock is what the log says of it, as of the index that the answer names. */
import { isInternal } from "../../../shared/lock/key.ts";
import { type Lock, lockIn } from "../../../shared/lock/lock.ts";
import type { Answer } from "../../../shared/member/request.ts";
import { describe, type Operation } from "../../history.ts";
import type { Report } from "../report.ts";
import { type Chapter, lockAsOf } from "./history.ts";

type Chapters = ReadonlyMap<string, readonly Chapter[]>;

export function checkLockAnswers(
  chapters: Chapters,
  operations: readonly Operation[],
  report: Report,
): void {
  const effective = new Set<number>();
  for (const all of chapters.values()) for (const { from } of all) effective.add(from);
  for (const operation of operations) {
    const { request, answer } = operation;
    if (answer === null || !("receipt" in answer)) continue;
    const { index } = answer.receipt;
    if (request.type === "get" && isInternal(request.key) && answer.type === "record") {
      expect(lockIn(answer.record), lockAsOf(chapters.get(request.key), index), operation, report);
    }
    if (request.type !== "lock") continue;
    const [{ key }] = request.conditions;
    const stands = lockAsOf(chapters.get(key), index);
    if (answer.type === "written") {
      expect(toldLock(answer), stands, operation, report);
      if (!effective.has(index))
        report("K1", `entry ${index} changes nothing: ${describe(operation)}`);
    }
    if (answer.type === "failed") checkFailed(operation, answer, stands, report);
  }
}

/** Who is told that another one holds it, or that nobody does but others came first, is told the truth. */
function checkFailed(
  operation: Operation,
  answer: Extract<Answer, { type: "failed" }>,
  stands: Lock | null,
  report: Report,
): void {
  const { request } = operation;
  if (request.type !== "lock") return;
  const [condition] = request.conditions;
  const told = answer.failed[0]?.lock ?? null;
  expect(told, stands, operation, report);
  const wrong =
    condition.type === "free"
      ? told?.holder === condition.holder
      : told !== null && told.token === condition.token;
  if (wrong) report("locks", `it is its own: ${describe(operation)}`);
}

function expect(
  told: Lock | null,
  stands: Lock | null,
  operation: Operation,
  report: Report,
): void {
  const same =
    told?.token === stands?.token &&
    told?.holder === stands?.holder &&
    told?.expiresAt === stands?.expiresAt;
  if (same) return;
  report("locks", `the log says ${JSON.stringify(stands)}: ${describe(operation)}`);
}

/** What a lock is that was granted or renewed; null where it was given up. */
const toldLock = ({ results: [result] }: Extract<Answer, { type: "written" }>): Lock | null =>
  result?.type === "put" ? (result.lock ?? null) : null;
