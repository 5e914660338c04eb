/** How the API speaks of a lock, and of an election, which is a lock with a value. */
import type { LockKind } from "../../../shared/lock/key.ts";
import type { Lock } from "../../../shared/lock/lock.ts";

export interface Dialect {
  readonly kind: LockKind;
  /** What whoever holds it is called. */
  readonly holder: "holder" | "candidate";
}

export const LOCKS: Dialect = { kind: "lock", holder: "holder" };
export const ELECTIONS: Dialect = { kind: "election", holder: "candidate" };

/** A lock as JSON. */
export function lockJson({ kind, holder }: Dialect, name: string, lock: Lock): string {
  const members = [
    `"name":${JSON.stringify(name)}`,
    `"${holder}":${JSON.stringify(lock.holder)}`,
    ...(kind === "election" ? [`"value":${lock.value ?? "null"}`] : []),
    `"token":${lock.token}`,
    `"expiresAt":"${new Date(lock.expiresAt).toISOString()}"`,
  ];
  return `{${members.join(",")}}`;
}

/** Who holds it, for whoever does not; nulls where nobody does just now, but others wait. */
export function holderMembers(
  { holder }: Dialect,
  lock: Lock | null,
): Readonly<Record<string, string | null>> {
  const expiresAt = lock === null ? null : new Date(lock.expiresAt).toISOString();
  return { [holder]: lock?.holder ?? null, expiresAt };
}
