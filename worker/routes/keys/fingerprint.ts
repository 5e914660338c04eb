/**
 * A digest of a write, by which a second use of its `Idempotency-Key` for something else is noticed.
 *
 * Over everything that makes the write what it is, and nothing else: a repeat may come with another token,
 * deadline or bookmark.
 */
import type { WriteCondition, WriteOperation } from "../../../shared/member/request.ts";
import { digestOf } from "../../digest.ts";

export function fingerprintOf(
  conditions: readonly WriteCondition[],
  operation: WriteOperation,
): Promise<string> {
  const put = operation.type === "put";
  const meaning = [
    operation.type,
    operation.key,
    conditions,
    put ? [operation.ttlMs, operation.value.contentType, operation.value.bytes.byteLength] : null,
  ];
  return digestOf(meaning, put ? [operation.value.bytes] : []);
}
