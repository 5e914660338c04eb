/**
 * A digest of a write, by which a second use of its `Idempotency-Key` for something else is noticed.
 *
 * Over everything that makes the write what it is, and nothing else: a repeat may come with another token,
 * deadline or bookmark.
 */
import type { Condition, Operation } from "../../../shared/member/request.ts";

const encoder = new TextEncoder();

export async function fingerprintOf(
  conditions: readonly Condition[],
  operation: Operation,
): Promise<string> {
  const put = operation.type === "put";
  const meaning = JSON.stringify([
    operation.type,
    operation.key,
    conditions,
    put ? [operation.ttlMs, operation.value.contentType, operation.value.bytes.byteLength] : null,
  ]);
  // The meaning ends with its closing bracket, and the body's length stands in it, so no two writes join alike.
  const head = encoder.encode(meaning);
  const body = put ? operation.value.bytes : new Uint8Array();
  const whole = new Uint8Array(head.byteLength + body.byteLength);
  whole.set(head);
  whole.set(body, head.byteLength);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
  return btoa(String.fromCharCode(...digest));
}
