/**
 * Bookmarks: what a client has seen, merged.
 *
 * The service merges what it is sent with what it answers, and better than can be done here, where nobody knows what is
 * newest. This is for answers that have overtaken one another.
 *
 * A bookmark names groups, each with the highest index seen of it. What may have been seen beyond those follows: nothing; or
 * no more than the replica of a region had that was listed (`~weur`); or anything (`~`), and then the leader answers. A
 * group that is named with a `~` is one of which as much more may have been seen as of those beyond.
 */

const VERSION = "1";
const MORE = "~";
const RADIX = 36;
const ENTRY = /^([0-9a-z]{1,11})-([0-9a-z]{1,11})(~?)$/;
const BEYOND = /^~[a-z-]*$/;

export const BOOKMARK_CHARS_MAX = 4096;

/** The bookmark of somebody who may have seen anything. */
export const ANYTHING = `${VERSION}.${MORE}`;

interface Parsed {
  readonly named: ReadonlyMap<number, Named>;
  /** `~`, with a region or without one; empty for nothing. */
  readonly beyond: string;
}

interface Named {
  readonly index: number;
  /** More may have been seen, as of the groups beyond. */
  readonly isOpen: boolean;
}

/** Both together. Where not all fit, what is in `recent` stays. */
export function mergeBookmarks(recent: string, earlier: string): string {
  if (recent === earlier) return recent;
  const [one, other] = [parse(recent), parse(earlier)];
  // Of a bookmark that a newer service writes nothing is known.
  if (one === null || other === null) return ANYTHING;
  const beyond = bothBeyond(one.beyond, other.beyond);
  const named = new Map<number, Named>();
  for (const group of [...one.named.keys(), ...other.named.keys()]) {
    const isOpen = mayBeMore(one, group) || mayBeMore(other, group);
    // Of which anything may have been seen need not be named.
    if (isOpen && beyond === MORE) continue;
    const indexes = [one, other].map((each) => each.named.get(group)?.index ?? 0);
    named.set(group, { index: Math.max(...indexes), isOpen });
  }
  return asManyAsFit({ named, beyond });
}

const mayBeMore = ({ named, beyond }: Parsed, group: number): boolean =>
  beyond !== "" && named.get(group)?.isOpen !== false;

/** Two replicas that were listed may each have had what the other had not. */
function bothBeyond(one: string, other: string): string {
  if (one === "" || other === "") return one || other;
  return one === other ? one : MORE;
}

/** Where groups have to be forgotten, anything may have been seen beyond those that stay. */
function asManyAsFit({ named, beyond }: Parsed): string {
  const fitting = new Map<number, Named>();
  let room = BOOKMARK_CHARS_MAX - VERSION.length - `.${beyond || MORE}`.length;
  for (const [group, each] of named) {
    room -= entryText(group, each).length;
    if (room >= 0) fitting.set(group, each);
  }
  if (fitting.size === named.size) return format({ named, beyond });
  const closed = [...fitting].filter(([, { isOpen }]) => !isOpen);
  return format({ named: new Map(closed), beyond: MORE });
}

function format({ named, beyond }: Parsed): string {
  const entries = [...named]
    .sort(([a], [b]) => a - b)
    .map(([group, each]) => entryText(group, each));
  return VERSION + entries.join("") + (beyond === "" ? "" : `.${beyond}`);
}

function parse(text: string): Parsed | null {
  const [version, ...entries] = text.split(".");
  if (version !== VERSION) return null;
  const beyond = BEYOND.test(entries.at(-1) ?? "") ? (entries.pop() ?? "") : "";
  const named = new Map<number, Named>();
  for (const entry of entries) {
    const parts = ENTRY.exec(entry);
    if (parts === null) return null;
    const [, group = "", index = "", open] = parts;
    named.set(Number.parseInt(group, RADIX), {
      index: Number.parseInt(index, RADIX),
      isOpen: open === MORE,
    });
  }
  return { named, beyond };
}

const entryText = (group: number, { index, isOpen }: Named): string =>
  `.${group.toString(RADIX)}-${index.toString(RADIX)}${isOpen ? MORE : ""}`;
