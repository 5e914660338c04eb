/** Which keys of a transaction a token must be for. */
import { nameIn } from "../../../shared/lock/key.ts";
import type { Operation } from "../../../shared/transaction/request.ts";
import type { Whole } from "../../../shared/transaction/split.ts";
import { type KeyContext, requireKey } from "../keys/exchange.ts";

/**
 * Refuses a token that may not do all of it. Conditions and gets read; so do `add` and `append`, beside writing, for
 * their answers tell the whole value.
 */
export function requireAccess(c: KeyContext, { conditions, operations, otherwise }: Whole): void {
  for (const { key } of [...conditions, ...otherwise]) {
    requireKey(c, "read", nameIn(key));
  }
  for (const operation of operations) {
    if (reads(operation)) requireKey(c, "read", operation.key);
    if (operation.type !== "get") requireKey(c, "write", operation.key);
  }
}

const reads = ({ type }: Operation): boolean => type !== "put" && type !== "delete";
