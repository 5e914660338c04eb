/**
 * Cursors: where a page of a list ended, as an opaque token.
 *
 * A cursor belongs to the query it came from. With another one it would skip keys, or give some twice, without
 * anybody noticing; so it carries a hash of its query, and is refused elsewhere. The page's length and
 * whether values come along may change from page to page.
 */
import { hash53 } from "../../../shared/hash.ts";
import { isWellFormed } from "../../../shared/wire/common.ts";
import { faultOfKey } from "../../../shared/wire/keys.ts";

const VERSION = "1";

/** What a cursor is bound to. */
export interface CursorQuery {
  readonly namespace: string;
  /** Null for the whole namespace. */
  readonly group: string | null;
  readonly prefix: string;
  readonly start: string | null;
  readonly end: string | null;
  readonly reverse: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A cursor for the keys beyond `after`. */
export function encodeCursor(query: CursorQuery, after: string): string {
  const binary = String.fromCharCode(...encoder.encode(after));
  return `${VERSION}.${hashOf(query)}.${toUrlSafe(btoa(binary))}`;
}

/** The key that the page before ended with; null where this is no cursor of the query. */
export function decodeCursor(query: CursorQuery, cursor: string): string | null {
  const [version, hash, text, ...rest] = cursor.split(".");
  if (version !== VERSION || hash !== hashOf(query) || !text || rest.length > 0) return null;
  const key = decodeKey(text);
  return key !== null && encodeCursor(query, key) === cursor ? key : null;
}

function decodeKey(text: string): string | null {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const key = decoder.decode(Uint8Array.from(binary, (unit) => unit.charCodeAt(0)));
    return faultOfKey(key) === null && isWellFormed(key) ? key : null;
  } catch {
    return null;
  }
}

function hashOf({ namespace, group, prefix, start, end, reverse }: CursorQuery): string {
  return hash53(JSON.stringify([namespace, group, prefix, start, end, reverse])).toString(36);
}

const toUrlSafe = (base64: string): string =>
  base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
