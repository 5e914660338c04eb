/** The results of a transaction's operations, with their values as they were put. */
import type { TransactionResult } from "./api.ts";
import type { Operation } from "./operations.ts";
import { decodeMember } from "./value.ts";

/** A condition that failed: its position among the conditions, the key or lock, and what failed it. */
export type FailedCondition = NonNullable<TransactionResult["failed"]>[number];

/** @param step the operation, where it is known: its function checks the value. */
export function resultOf(
  step: Operation | undefined,
  { op, key, revision, ...member }: TransactionResult["results"][number],
): unknown {
  if (op === "put" || op === "delete") return { op, key, revision };
  if (revision === null) return { op, key, value: null, revision, contentType: null };
  const { encoding, contentType } = member;
  const decoded = decodeMember(
    encoding === undefined ? { value: member.value } : { value: member.value, encoding },
  );
  const value = step?.op === "get" && step.as !== undefined ? step.as(decoded) : decoded;
  return op === "get" ? { op, key, value, revision, contentType } : { op, key, value, revision };
}
