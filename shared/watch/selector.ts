/**
 * What a watch is of: one key, or the keys of a group or a namespace that start with something.
 *
 * Locks and elections are records of the same log (lock/key.ts). Only a watch of that one key shows them: whoever
 * watches a group, or a prefix, sees what clients put.
 */
import { isInternal } from "../lock/key.ts";

export type Selector =
  /** One key; of a lock or an election too. */
  | { readonly type: "key"; readonly key: string }
  /** Every key of a client's that starts with `prefix`, which may be empty. */
  | { readonly type: "prefix"; readonly prefix: string };

export const selects = (selector: Selector, key: string): boolean =>
  selector.type === "key"
    ? key === selector.key
    : key.startsWith(selector.prefix) && !isInternal(key);
