/**
 * Bookmarks: what a client has seen, as an opaque token: group → index.
 *
 * A group stands in it as a hash of its namespace and name, so the token is short whatever the names are,
 * a header whatever they contain, and worth nothing in another namespace. Two groups whose hashes are
 * alike share the higher index: a reader then waits for more than it has seen, never for less.
 *
 * A bookmark that would grow past its limit forgets groups and says so; of a group it does not name, its
 * client may then have seen anything, and only the leader can answer.
 *
 * As text: `1`, then `.hash-index` for each group in order of the hash, both in base 36, then `.~` where
 * groups were forgotten.
 */
import { hash53 } from "./hash.ts";
import { BOOKMARK_CHARS_MAX } from "./limits.ts";
import { type LogIndex, logIndex, ORIGIN } from "./types.ts";

/** Old and new code run side by side for minutes in a deployment, so the token carries a version. */
const VERSION = "1";
const FORGOTTEN = "~";
const FORGOTTEN_ENTRY = `.${FORGOTTEN}`;
const RADIX = 36;
const NUMBER = /^(?:0|[1-9a-z][0-9a-z]{0,10})$/;

export interface Bookmark {
  /** The index seen of each group, by the group's hash. */
  readonly seen: ReadonlyMap<number, LogIndex>;
  /** True where groups had to be forgotten. */
  readonly forgotten: boolean;
}

/** What a group stands as in a bookmark, and under in a replica's store. */
export const groupHash = (namespace: string, group: string): number =>
  hash53(`${namespace}/${group}`);

/** The bookmark of one group, as text: what nearly every answer carries. */
export function bookmarkOf(namespace: string, group: string, index: LogIndex): string {
  return VERSION + entryText(groupHash(namespace, group), index);
}

/** The bookmark of several groups, each with the index seen of it. */
export function bookmarkOfAll(
  namespace: string,
  groups: Iterable<{ readonly group: string; readonly index: LogIndex }>,
): Bookmark {
  const seen = new Map<number, LogIndex>();
  for (const { group, index } of groups) {
    const hash = groupHash(namespace, group);
    const known = seen.get(hash);
    if (known === undefined || known < index) seen.set(hash, index);
  }
  return { seen, forgotten: false };
}

/** What a client that sends this bookmark has seen of a group; null where the bookmark cannot say. */
export function indexSeen(bookmark: Bookmark, namespace: string, group: string): LogIndex | null {
  const index = bookmark.seen.get(groupHash(namespace, group));
  if (index !== undefined) return index;
  return bookmark.forgotten ? null : ORIGIN;
}

/** Both together: of each group the higher index. Where not all fit, those of `recent` stay. */
export function mergeBookmarks(recent: Bookmark, earlier: Bookmark): Bookmark {
  const seen = new Map(recent.seen);
  for (const [hash, index] of earlier.seen) {
    const known = seen.get(hash);
    if (known === undefined || known < index) seen.set(hash, index);
  }
  let forgotten = recent.forgotten || earlier.forgotten;
  let room = BOOKMARK_CHARS_MAX - VERSION.length - FORGOTTEN_ENTRY.length;
  for (const [hash, index] of seen) {
    room -= entryText(hash, index).length;
    if (room >= 0) continue;
    seen.delete(hash);
    forgotten = true;
  }
  return { seen, forgotten };
}

export function encodeBookmark(bookmark: Bookmark): string {
  let text = VERSION;
  for (const [hash, index] of [...bookmark.seen].sort(([a], [b]) => a - b)) {
    text += entryText(hash, index);
  }
  return bookmark.forgotten ? text + FORGOTTEN_ENTRY : text;
}

/** The bookmark that `text` says; null where it is none of ours. */
export function decodeBookmark(text: string): Bookmark | null {
  if (text.length > BOOKMARK_CHARS_MAX) return null;
  const [version, ...entries] = text.split(".");
  if (version !== VERSION) return null;
  const forgotten = entries.at(-1) === FORGOTTEN;
  if (forgotten) entries.pop();
  const seen = new Map<number, LogIndex>();
  let before = -1;
  for (const entry of entries) {
    const [hash, index, ...rest] = entry.split("-").map(parseNumber);
    if (typeof hash !== "number" || typeof index !== "number" || rest.length > 0) return null;
    if (hash <= before) return null;
    before = hash;
    seen.set(hash, logIndex(index));
  }
  return { seen, forgotten };
}

const entryText = (hash: number, index: LogIndex): string =>
  `.${hash.toString(RADIX)}-${index.toString(RADIX)}`;

function parseNumber(text: string): number | null {
  if (!NUMBER.test(text)) return null;
  const number = Number.parseInt(text, RADIX);
  return Number.isSafeInteger(number) ? number : null;
}
