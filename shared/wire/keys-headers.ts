/**
 * The headers of requests about keys: one parser each, and the schemas that describe them.
 *
 * A header that is malformed is refused, never ignored: a precondition nobody noticed would be a write nobody
 * wanted.
 */
import * as z from "zod";
import { type Bookmark, decodeBookmark } from "../bookmark.ts";
import { type EtagList, parseEtags } from "../etag.ts";
import {
  BOOKMARK_CHARS_MAX,
  CONTENT_TYPE_CHARS_MAX,
  DEADLINE_MS_DEFAULT,
  DEADLINE_MS_MAX,
  IDEMPOTENCY_KEY_CHARS_MAX,
} from "../limits.ts";
import { type Ms, ms } from "../types.ts";

/** What a value is where its put named no type (RFC 9110 §8.3). */
export const CONTENT_TYPE_DEFAULT = "application/octet-stream";

/** A header's value, or what is wrong with it. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly message: string };

const ok = <Value>(value: Value): Parsed<Value> => ({ ok: true, value });
const wrong = (message: string): Parsed<never> => ({ ok: false, message });

export function parsePrecondition(text: string): Parsed<EtagList> {
  const tags = parseEtags(text);
  return tags === null ? wrong('must be * or entity tags such as "7"') : ok(tags);
}

export function parseDeadline(text: string): Parsed<Ms> {
  const value = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= DEADLINE_MS_MAX) return ok(ms(value));
  return wrong(`must be a whole number from 1 to ${DEADLINE_MS_MAX}`);
}

export function parseIdempotencyKey(text: string): Parsed<string> {
  if (text.length >= 1 && text.length <= IDEMPOTENCY_KEY_CHARS_MAX) return ok(text);
  return wrong(`must have 1 to ${IDEMPOTENCY_KEY_CHARS_MAX} characters`);
}

export function parseBookmark(text: string): Parsed<Bookmark> {
  const bookmark = decodeBookmark(text);
  return bookmark === null ? wrong("is not a bookmark of this service") : ok(bookmark);
}

/** The type as it was sent, for it is given back as it was sent. */
export function parseContentType(text: string): Parsed<string> {
  if (text.length > CONTENT_TYPE_CHARS_MAX) {
    return wrong(`must have at most ${CONTENT_TYPE_CHARS_MAX} characters`);
  }
  if (/^[\t\x20-\x7e]*$/.test(text)) return ok(text === "" ? CONTENT_TYPE_DEFAULT : text);
  return wrong("must be visible ASCII characters");
}

/** A schema that takes what the parser takes. */
const header = <Value>(parse: (text: string) => Parsed<Value>) =>
  z.string().superRefine((text, context) => {
    const parsed = parse(text);
    if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.message });
  });

const ifMatch = header(parsePrecondition).optional().meta({
  description: "Only if the key has one of these revisions, or `*`: only if it exists.",
  example: '"7"',
});
const ifNoneMatch = header(parsePrecondition).optional().meta({
  description: "Only if the key has none of these revisions, or `*`: only if it does not exist.",
  example: "*",
});
const bookmark = header(parseBookmark)
  .optional()
  .meta({
    description: "What the client has seen, as an answer's `Holdfast-Bookmark` said it.",
    override: { type: "string", maxLength: BOOKMARK_CHARS_MAX },
  });
const deadline = header(parseDeadline)
  .optional()
  .meta({
    description: `Milliseconds to wait for an answer. Default: ${DEADLINE_MS_DEFAULT}.`,
    override: { type: "integer", minimum: 1, maximum: DEADLINE_MS_MAX },
  });
const idempotencyKey = header(parseIdempotencyKey)
  .optional()
  .meta({
    description:
      "Names this write: a repeat within 24 hours gets the first answer, marked `Holdfast-Replayed: true`.",
    override: { type: "string", minLength: 1, maxLength: IDEMPOTENCY_KEY_CHARS_MAX },
  });

export const readHeadersSchema = z.object({
  "If-Match": ifMatch,
  "If-None-Match": ifNoneMatch.describe(
    "With the revision the client has: 304 without a body while it is still that one.",
  ),
  "Holdfast-Bookmark": bookmark,
  "Holdfast-Deadline-Ms": deadline,
});

export const writeHeadersSchema = z.object({
  "If-Match": ifMatch,
  "If-None-Match": ifNoneMatch,
  "Idempotency-Key": idempotencyKey,
  "Holdfast-Bookmark": bookmark,
  "Holdfast-Deadline-Ms": deadline,
});

export const listHeadersSchema = z.object({
  "Holdfast-Bookmark": bookmark,
  "Holdfast-Deadline-Ms": deadline,
});

const receipt = (description: string, example: string) => z.string().meta({ description, example });

/** The receipt: what an answer rests on and what it cost. */
export const receiptHeadersSchema = z.object({
  "Holdfast-Revision": receipt(
    "The key's revision; where the key is absent, the index of its group the answer rests on. A list of a whole namespace has none.",
    "7",
  ).optional(),
  "Holdfast-Consistency": receipt("The level in fact delivered.", "strong"),
  "Holdfast-Region": receipt("The region that answered.", "weur"),
  "Holdfast-Term": receipt(
    "The leader's term, `block.wake`, where a leader answered.",
    "1.3",
  ).optional(),
  "Holdfast-Staleness-Ms": receipt(
    "How old the answer can be at most; 0 where it is strong. Left out where nothing proves it.",
    "0",
  ).optional(),
  "Holdfast-Bookmark": receipt("Send it back to read at `session`.", "1.2f0c9a-7"),
  "Holdfast-Cost": receipt("Object calls and rows this request spent.", "calls=1, rows=2"),
  "Server-Timing": receipt(
    "How long whoever answered took, in milliseconds: `leader`, `replica` or this isolate's `memory`.",
    "leader;dur=4",
  ),
});

export const replayedHeaderSchema = z.object({
  "Holdfast-Replayed": z
    .literal("true")
    .optional()
    .meta({ description: "This is the first answer to the `Idempotency-Key`, told again." }),
});
