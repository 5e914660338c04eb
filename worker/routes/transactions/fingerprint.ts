/** A digest of a transaction, by which a second use of its `Idempotency-Key` for something else is noticed. */
import type { Operation } from "../../../shared/transaction/request.ts";
import type { Whole } from "../../../shared/transaction/split.ts";
import { digestOf } from "../../digest.ts";

/** Over all that it would do, in order; a repeat may come with another token, deadline or bookmark. */
export function fingerprintOf({ conditions, operations, otherwise }: Whole): Promise<string> {
  const bodies = operations.flatMap((each) => (each.type === "put" ? [each.value.bytes] : []));
  const meaning = ["transaction", conditions, operations.map(withoutBytes), otherwise];
  return digestOf(meaning, bodies);
}

function withoutBytes(operation: Operation): unknown {
  if (operation.type !== "put") return operation;
  const { value, ...rest } = operation;
  return { ...rest, contentType: value.contentType, bytes: value.bytes.byteLength };
}
