/** Preconditions of a write, as conditions that its leader evaluates (RFC 9110 §13.1). */
import { type EtagList, revisionsOf } from "../../../shared/etag.ts";
import type { WriteCondition } from "../../../shared/member/request.ts";
import type { Preconditions } from "./request-headers.ts";

const NONE: readonly WriteCondition[] = [];

/** All of them must hold. */
export function conditionsOf(
  key: string,
  { ifMatch, ifNoneMatch }: Preconditions,
): readonly WriteCondition[] {
  if (ifMatch === null && ifNoneMatch === null) return NONE;
  const conditions: WriteCondition[] = [];
  if (ifMatch !== null) conditions.push(condition(key, ifMatch, false));
  if (ifNoneMatch !== null) conditions.push(condition(key, ifNoneMatch, true));
  return conditions;
}

function condition(key: string, list: EtagList, negated: boolean): WriteCondition {
  if (list === "*") return { type: "exists", key, exists: !negated };
  return { type: "revision", key, among: revisionsOf(list, negated ? "weak" : "strong"), negated };
}
