/**
 * Where locks and elections are kept: in records of their group, under keys that no client can name.
 *
 * A lock is a record like any other, so the log, revisions, time to live, transactions' locks, snapshots and recovery
 * hold for it without a word of their own. Its key begins with U+10FFFF, a noncharacter that Unicode sets aside for
 * internal use (§23.7); a client's key may not. In byte order such keys stand behind all others.
 */

/** What every internal key begins with. */
export const INTERNAL = "\u{10ffff}";

/** What an internal key is of. */
export type LockKind = "lock" | "election";

const PREFIXES: Readonly<Record<LockKind, string>> = {
  lock: `${INTERNAL}lock/`,
  election: `${INTERNAL}election/`,
};

/** The key of a lock or an election. Its group is that of its name: `{orders}/worker` stands with the keys of `orders`. */
export const internalKey = (kind: LockKind, name: string): string => `${PREFIXES[kind]}${name}`;

export const isInternal = (key: string): boolean => key.startsWith(INTERNAL);

/** What an internal key is of, and its name; null for a client's key. */
export function lockOf(key: string): { readonly kind: LockKind; readonly name: string } | null {
  if (!isInternal(key)) return null;
  for (const kind of ["lock", "election"] as const) {
    const prefix = PREFIXES[kind];
    if (key.startsWith(prefix)) return { kind, name: key.slice(prefix.length) };
  }
  return null;
}

/** What a token's prefix is compared with: a key itself, or the name of a lock. */
export const nameIn = (key: string): string => lockOf(key)?.name ?? key;

/** A key as people are shown it: a lock as `lock billing`. */
export function shownKey(key: string): string {
  const lock = lockOf(key);
  return lock === null ? key : `${lock.kind} ${lock.name}`;
}
