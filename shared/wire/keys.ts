/**
 * What is said of keys over HTTP: the parameters of requests, as the schemas that validate them, and the
 * JSON that answers.
 */
import * as z from "zod";
import {
  BOOKMARK_CHARS_MAX,
  KEY_BYTES_MAX,
  LIST_LIMIT_DEFAULT,
  LIST_LIMIT_MAX,
  TTL_MS_MAX,
  TTL_MS_MIN,
} from "../limits.ts";
import { isInternal } from "../lock/key.ts";
import { logIndex, ms } from "../types.ts";
import { flag, utf8Length } from "./common.ts";

export const CONSISTENCY_LEVELS = ["strong", "session", "bounded", "eventual"] as const;

/** Why a text is no key; null where it is one. */
export function faultOfKey(key: string): "empty" | "too-large" | "reserved" | null {
  if (key === "") return "empty";
  if (isInternal(key)) return "reserved";
  return fitsKey(key) ? null : "too-large";
}

/** A character takes three bytes at most for each of its units, so short texts need no counting. */
const fitsKey = (text: string): boolean =>
  text.length * 3 <= KEY_BYTES_MAX || utf8Length(text) <= KEY_BYTES_MAX;

/** What is said of a key that is {@link faultOfKey | reserved}. */
export const RESERVED = "must not begin with U+10FFFF, which is for internal use";

export const keySchema = z
  .string()
  .min(1, "must not be empty")
  .refine((key) => !isInternal(key), RESERVED)
  .refine(fitsKey, `at most ${KEY_BYTES_MAX} bytes in UTF-8`);

/** A whole number as a query spells it. */
const integer = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^(?:0|[1-9]\d{0,15})$/, "must be a whole number")
    .transform(Number)
    .refine(
      (value) => value >= minimum && value <= maximum,
      `must be from ${minimum} to ${maximum}`,
    )
    .meta({ override: { type: "integer", minimum, maximum } });

const consistencySchema = z
  .enum(CONSISTENCY_LEVELS, `must be one of ${CONSISTENCY_LEVELS.join(", ")}`)
  .meta({
    description:
      "How consistent the answer must be: `strong` (of a key or group the default) is the leader's; `session` holds all that `Holdfast-Bookmark` has seen; `bounded` is at most `max_staleness_ms` old; `eventual` is a state that was once committed. It may be more than was asked, never less: `Holdfast-Consistency` tells.",
  });

const maxStalenessSchema = integer(0, Number.MAX_SAFE_INTEGER).meta({
  description: "With `bounded`: how old the answer may be, in milliseconds.",
  example: "5000",
});

interface Leveled {
  readonly consistency?: (typeof CONSISTENCY_LEVELS)[number] | undefined;
  readonly max_staleness_ms?: number | undefined;
}

/** `max_staleness_ms` belongs to `bounded` as `bounded` to it. */
function checkStaleness(query: Leveled, context: z.RefinementCtx): void {
  const bounded = query.consistency === "bounded";
  const stated = query.max_staleness_ms !== undefined;
  if (bounded === stated) return;
  context.addIssue({
    code: "custom",
    path: ["max_staleness_ms"],
    message: bounded ? "consistency=bounded needs it" : "goes with consistency=bounded alone",
  });
}

export const readQuerySchema = z
  .strictObject({
    consistency: consistencySchema.optional(),
    max_staleness_ms: maxStalenessSchema.optional(),
    revision: integer(1, Number.MAX_SAFE_INTEGER)
      .transform(logIndex)
      .optional()
      .meta({ description: "The key as it was at this revision of its group.", example: "7" }),
  })
  .superRefine(checkStaleness);

export type ReadQuery = z.output<typeof readQuerySchema>;

export const putQuerySchema = z.strictObject({
  ttl_ms: integer(TTL_MS_MIN, TTL_MS_MAX)
    .transform(ms)
    .optional()
    .meta({ description: "After how many milliseconds the key is gone again.", example: "60000" }),
});

export const deleteQuerySchema = z.strictObject({});

export const listQuerySchema = z
  .strictObject({
    group: keySchema.optional().meta({
      description:
        "The keys of one group: those with this `{tag}`, or the one key of this name. Without it, the whole namespace.",
      example: "cart",
    }),
    prefix: z
      .string()
      .refine(fitsKey, `at most ${KEY_BYTES_MAX} bytes in UTF-8`)
      .refine((prefix) => !isInternal(prefix), RESERVED)
      .optional()
      .meta({
        description: "Only keys that start with this.",
        example: "users/",
      }),
    start: keySchema.optional().meta({ description: "The first key, included.", example: "a" }),
    end: keySchema.optional().meta({ description: "The last key, excluded.", example: "b" }),
    reverse: flag.optional().meta({ description: "From the last key to the first." }),
    limit: integer(1, LIST_LIMIT_MAX)
      .optional()
      .meta({ description: `Keys of one page. Default: ${LIST_LIMIT_DEFAULT}.`, example: "100" }),
    cursor: z
      .string()
      .optional()
      .meta({ description: "Where the page before ended: its `cursor`, with the same query." }),
    values: flag.optional().meta({ description: "Whether each key comes with its value." }),
    consistency: consistencySchema.optional(),
    max_staleness_ms: maxStalenessSchema.optional(),
  })
  .superRefine(checkStaleness);

export type ListQuery = z.output<typeof listQuerySchema>;

const revisionSchema = z.int().min(1).meta({ description: "The key's revision.", example: 7 });

export const putResultSchema = z
  .object({
    key: z.string(),
    revision: revisionSchema,
    created: z.boolean().meta({ description: "True where there was no such key before." }),
  })
  .meta({ id: "PutResult" });

export const deleteResultSchema = z
  .object({
    key: z.string(),
    revision: revisionSchema.nullable().meta({
      description: "The revision at which the key went; null where nothing was deleted.",
    }),
    deleted: z.boolean().meta({ description: "False where there was nothing to delete." }),
  })
  .meta({ id: "DeleteResult" });

export const keyListSchema = z
  .object({
    keys: z.array(
      z.object({
        key: z.string(),
        revision: revisionSchema,
        value: z.unknown().optional().meta({
          description: "With `values=true`: JSON, a string or base64, as `encoding` says.",
        }),
        encoding: z.enum(["json", "text", "base64"]).optional(),
        contentType: z.string().optional().meta({ description: "The media type as it was put." }),
      }),
    ),
    cursor: z
      .string()
      .nullable()
      .meta({ description: "Where the next page starts; null on the last one." }),
  })
  .meta({ id: "KeyList" });

/** What a bookmark looks like from outside. */
export const bookmarkSchema = z.string().max(BOOKMARK_CHARS_MAX).meta({
  description: "What the client has seen, as an answer's `Holdfast-Bookmark` said it. Opaque.",
});
