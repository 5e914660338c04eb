/**
 * Bookmarks: what a client has seen, as an opaque token: group → index.
 *
 * A group stands in it as a hash of its namespace and name, so the token is short whatever the names are,
 * a header whatever they contain, and worth nothing in another namespace. Two groups whose hashes are
 * alike share the higher index: a reader then waits for more than it has seen, never for less.
 *
 * Not every group can be named. A list of the whole namespace shows something of all of them, by what it leaves out;
 * its bookmark names the region whose replica answered, which goes forward only: of groups beyond those named its client
 * has seen no more than that replica had. And a bookmark that would grow past its limit forgets groups: beyond those
 * named, its client may have seen anything, and only the leader can answer. What is not known of one group makes reads
 * of it stronger, never weaker (F3).
 *
 * As text: `1`, then `.hash-index` for each group in order of the hash, both in base 36, with a `~` where of this group
 * too more may have been seen, as of those beyond; then `.~` and a region, or `.~` alone for anything.
 */
import { hash53 } from "./hash.ts";
import { BOOKMARK_CHARS_MAX } from "./limits.ts";
import { planted } from "./planted.ts";
import { isLocationHint } from "./regions.ts";
import { type LogIndex, logIndex, ORIGIN, type Region, region } from "./types.ts";

/** Old and new code run side by side for minutes in a deployment, so the token carries a version. */
const VERSION = "1";
const MORE = "~";
const RADIX = 36;
const NUMBER = /^(?:0|[1-9a-z][0-9a-z]{0,10})$/;

export interface Bookmark {
  /** The index seen of each group that is named, by the group's hash. */
  readonly seen: ReadonlyMap<number, LogIndex>;
  /** Those of them of which more may have been seen, as of the groups beyond. */
  readonly open: ReadonlySet<number>;
  /** What its client may have seen of groups that are not named. */
  readonly beyond: Beyond;
}

export type Beyond =
  | { readonly type: "nothing" }
  /** No more than this region's replica had. */
  | { readonly type: "replica"; readonly region: Region }
  | { readonly type: "anything" };

const NOTHING_BEYOND: Beyond = { type: "nothing" };
const ANYTHING: Beyond = { type: "anything" };
const NONE: ReadonlySet<number> = new Set();

/** The bookmark of somebody who has seen nothing. */
export const NOTHING_SEEN: Bookmark = { seen: new Map(), open: NONE, beyond: NOTHING_BEYOND };

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
  return { ...NOTHING_SEEN, seen };
}

/**
 * The index that a region's replica must have of a group to answer a client with this bookmark; null where no index is
 * enough, and only the leader can answer.
 */
export function indexSeen(
  { seen, open, beyond }: Bookmark,
  namespace: string,
  group: string,
  by: Region,
): LogIndex | null {
  const hash = groupHash(namespace, group);
  const index = seen.get(hash);
  if (index !== undefined && !open.has(hash)) return index;
  const covers = beyond.type === "nothing" || (beyond.type === "replica" && beyond.region === by);
  return covers ? (index ?? ORIGIN) : null;
}

/**
 * What has been seen by a client that has seen both. Where not all fit, those of `recent` stay.
 *
 * @param isLatest whether what `recent` names is at least as new as whatever anybody had seen of those groups before, as
 * what a leader answers is
 */
export const mergeBookmarks = (recent: Bookmark, earlier: Bookmark, isLatest = false): Bookmark =>
  asManyAsFit(both(recent, earlier, isLatest ? recent.seen : NONE), () => false);

/**
 * What has been seen by a client that a region's replica has shown a list of the whole namespace.
 *
 * @param had the index of each group that was listed, and of each that `earlier` names, as the replica had them
 */
export function bookmarkOfList(
  had: ReadonlyMap<number, LogIndex>,
  by: Region,
  earlier: Bookmark,
): Bookmark {
  if (planted("list-remembers-what-it-shows")) {
    return { ...earlier, seen: new Map([...had, ...earlier.seen]) };
  }
  const list: Bookmark = { seen: had, open: NONE, beyond: { type: "replica", region: by } };
  const goesOn = earlier.beyond.type === "replica" && earlier.beyond.region === by;
  // What the client had seen before comes first: of what was listed only now the replica has as much.
  const all = both(earlier, list, goesOn ? had : NONE);
  return asManyAsFit(all, (hash, index) => (had.get(hash) ?? ORIGIN) >= index);
}

/** @param latest groups of which neither has seen more than the index they are named with */
function both(
  one: Bookmark,
  other: Bookmark,
  latest: { has(hash: number): boolean },
): Bookmark & { readonly seen: Map<number, LogIndex> } {
  const beyond = bothBeyond(one.beyond, other.beyond);
  const seen = new Map<number, LogIndex>();
  const open = new Set<number>();
  for (const hash of [...one.seen.keys(), ...other.seen.keys()]) {
    const isOpen = !latest.has(hash) && (mayBeMore(one, hash) || mayBeMore(other, hash));
    // Of which anything may have been seen need not be named.
    if (isOpen && beyond.type === "anything") continue;
    const [a = ORIGIN, b = ORIGIN] = [one.seen.get(hash), other.seen.get(hash)];
    seen.set(hash, logIndex(Math.max(a, b)));
    if (isOpen) open.add(hash);
  }
  return { seen, open, beyond };
}

/** Whether more may have been seen of a group than the index it is named with, if it is. */
const mayBeMore = ({ seen, open, beyond }: Bookmark, hash: number): boolean =>
  beyond.type !== "nothing" && (!seen.has(hash) || open.has(hash));

function bothBeyond(one: Beyond, other: Beyond): Beyond {
  if (one.type === "nothing") return other;
  if (other.type === "nothing") return one;
  const same = one.type === "replica" && other.type === "replica" && one.region === other.region;
  return same ? one : ANYTHING;
}

/**
 * As many groups as there is room for, those first that come first.
 *
 * @param isCovered whether all that was seen of a group is had by the replica that is named for those beyond
 */
function asManyAsFit(
  bookmark: Bookmark & { readonly seen: Map<number, LogIndex> },
  isCovered: (hash: number, index: LogIndex) => boolean,
): Bookmark {
  const { seen, open, beyond } = bookmark;
  let forgets = false;
  let room = BOOKMARK_CHARS_MAX - VERSION.length;
  room -= Math.max(beyondText(beyond).length, beyondText(ANYTHING).length);
  for (const [hash, index] of seen) {
    room -= entryText(hash, index, open.has(hash)).length;
    if (room >= 0) continue;
    seen.delete(hash);
    if (!isCovered(hash, index)) forgets = true;
  }
  if (!forgets) return { seen, open: new Set([...open].filter((hash) => seen.has(hash))), beyond };
  for (const hash of open) seen.delete(hash);
  return { seen, open: NONE, beyond: ANYTHING };
}

export function encodeBookmark({ seen, open, beyond }: Bookmark): string {
  let text = VERSION;
  for (const [hash, index] of [...seen].sort(([a], [b]) => a - b)) {
    text += entryText(hash, index, open.has(hash));
  }
  return text + beyondText(beyond);
}

/** The bookmark that `text` says; null where it is none of ours. */
export function decodeBookmark(text: string): Bookmark | null {
  if (text.length > BOOKMARK_CHARS_MAX) return null;
  const [version, ...entries] = text.split(".");
  if (version !== VERSION) return null;
  const beyond = readBeyond(entries.at(-1));
  if (beyond === null) return null;
  if (beyond.type !== "nothing") entries.pop();
  const seen = new Map<number, LogIndex>();
  const open = new Set<number>();
  let before = -1;
  for (const entry of entries) {
    const isOpen = entry.endsWith(MORE);
    if (isOpen && beyond.type !== "replica") return null;
    const named = isOpen ? entry.slice(0, -MORE.length) : entry;
    const [hash, index, ...rest] = named.split("-").map(parseNumber);
    if (typeof hash !== "number" || typeof index !== "number" || rest.length > 0) return null;
    if (hash <= before) return null;
    before = hash;
    seen.set(hash, logIndex(index));
    if (isOpen) open.add(hash);
  }
  return { seen, open, beyond };
}

function beyondText(beyond: Beyond): string {
  if (beyond.type === "nothing") return "";
  return `.${MORE}${beyond.type === "replica" ? beyond.region : ""}`;
}

/** What the last entry says of groups that are not named; null where that is nothing of ours. */
function readBeyond(entry: string | undefined): Beyond | null {
  if (!entry?.startsWith(MORE)) return NOTHING_BEYOND;
  const name = entry.slice(MORE.length);
  if (name === "") return ANYTHING;
  return isLocationHint(name) ? { type: "replica", region: region(name) } : null;
}

const entryText = (hash: number, index: LogIndex, isOpen = false): string =>
  `.${hash.toString(RADIX)}-${index.toString(RADIX)}${isOpen ? MORE : ""}`;

function parseNumber(text: string): number | null {
  if (!NUMBER.test(text)) return null;
  const number = Number.parseInt(text, RADIX);
  return Number.isSafeInteger(number) ? number : null;
}
