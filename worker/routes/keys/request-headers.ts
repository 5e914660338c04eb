/** The headers of a request about a key; a malformed one ends the request. */
import type { Bookmark } from "../../../shared/bookmark.ts";
import type { EtagList } from "../../../shared/etag.ts";
import { DEADLINE_MS_DEFAULT } from "../../../shared/limits.ts";
import type { Ms } from "../../../shared/types.ts";
import {
  CONTENT_TYPE_DEFAULT,
  type Parsed,
  parseBookmark,
  parseContentType,
  parseDeadline,
  parseIdempotencyKey,
  parsePrecondition,
} from "../../../shared/wire/keys-headers.ts";
import { malformed } from "./query.ts";

/** What a request may say of its deadline and of what its client has seen. */
export interface Terms {
  readonly deadlineMs: Ms;
  readonly bookmark: Bookmark | null;
}

export interface Preconditions {
  readonly ifMatch: EtagList | null;
  readonly ifNoneMatch: EtagList | null;
}

export function readTerms(headers: Headers): Terms {
  return {
    deadlineMs: read(headers, "Holdfast-Deadline-Ms", parseDeadline) ?? DEADLINE_MS_DEFAULT,
    bookmark: readBookmark(headers),
  };
}

export const readBookmark = (headers: Headers): Bookmark | null =>
  read(headers, "Holdfast-Bookmark", parseBookmark);

export function readPreconditions(headers: Headers): Preconditions {
  return {
    ifMatch: read(headers, "If-Match", parsePrecondition),
    ifNoneMatch: read(headers, "If-None-Match", parsePrecondition),
  };
}

export const readIdempotencyKey = (headers: Headers): string | null =>
  read(headers, "Idempotency-Key", parseIdempotencyKey);

export const readContentType = (headers: Headers): string =>
  read(headers, "Content-Type", parseContentType) ?? CONTENT_TYPE_DEFAULT;

function read<Value>(
  headers: Headers,
  name: string,
  parse: (text: string) => Parsed<Value>,
): Value | null {
  const text = headers.get(name);
  if (text === null) return null;
  const parsed = parse(text);
  if (parsed.ok) return parsed.value;
  throw malformed([{ path: name, message: parsed.message }]);
}
