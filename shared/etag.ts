/**
 * Entity tags: a key's revision in quotes, and what `If-Match` and `If-None-Match` say of them.
 *
 * Source: RFC 9110 §8.8.3 (entity tags) and §13.1 (preconditions). A tag that is well formed but not one of
 * ours matches nothing; a header that is not well formed is the caller's mistake.
 */
import { logIndex, type Revision } from "./types.ts";

/** Any representation, or the tags listed. */
export type EtagList = "*" | readonly EntityTag[];

export interface EntityTag {
  readonly weak: boolean;
  /** The revision the tag names; null where it is no tag of ours. */
  readonly revision: Revision | null;
}

/**
 * Whether weak tags count. `If-Match` compares strongly, since a write must be based on the very bytes;
 * `If-None-Match` weakly (RFC 9110 §13.1.1, §13.1.2).
 */
export type Comparison = "strong" | "weak";

/** The most digits a revision has: above them a number is no safe integer. */
const OURS = /^[1-9]\d{0,14}$/;

/** One element of the list: `W/` perhaps, then visible characters other than a quote within quotes. */
const ELEMENT = /[\t ]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)")?[\t ]*(?:,|$)/y;

export const formatEtag = (revision: Revision): string => `"${revision}"`;

/** The header's list; null where it is malformed. */
export function parseEtags(header: string): EtagList | null {
  if (header.trim() === "*") return "*";
  const tags: EntityTag[] = [];
  ELEMENT.lastIndex = 0;
  while (ELEMENT.lastIndex < header.length) {
    const element = ELEMENT.exec(header);
    if (element === null) return null;
    const [, weak, tag] = element;
    // Empty elements between commas are allowed, and mean nothing (RFC 9110 §5.6.1).
    if (tag === undefined) continue;
    tags.push({
      weak: weak !== undefined,
      revision: OURS.test(tag) ? logIndex(Number(tag)) : null,
    });
  }
  return tags.length === 0 ? null : tags;
}

/** The revisions that a list of tags can match. */
export function revisionsOf(tags: readonly EntityTag[], comparison: Comparison): Revision[] {
  const revisions: Revision[] = [];
  for (const { weak, revision } of tags) {
    if (revision !== null && (comparison === "weak" || !weak)) revisions.push(revision);
  }
  return revisions;
}

/** Whether the list matches a key at `revision`; null where the key is absent. */
export function etagsMatch(
  list: EtagList,
  revision: Revision | null,
  comparison: Comparison,
): boolean {
  if (revision === null) return false;
  return list === "*" || revisionsOf(list, comparison).includes(revision);
}
