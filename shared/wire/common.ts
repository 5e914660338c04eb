/** Schemas that several resources share. */
import * as z from "zod";
import { KEY_BYTES_MAX } from "../limits.ts";
import { NAMESPACE_NAME_CHARS_MAX } from "../namespace.ts";
import { areDistinct, LOCATION_HINTS } from "../regions.ts";
import { region } from "../types.ts";

export const namespaceNameSchema = z
  .string()
  .regex(/^[a-z0-9-]+$/, "only a-z, 0-9 and - may stand in a namespace's name")
  .min(1)
  .max(NAMESPACE_NAME_CHARS_MAX)
  .meta({ description: "The namespace.", example: "default" });

export const regionSchema = z
  .enum(LOCATION_HINTS)
  .transform(region)
  .meta({ description: "A Durable Object location hint.", example: "weur" });

/** Whether every character is one that UTF-8 can say: no half of a surrogate pair stands alone. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** Bytes of a well-formed text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    // Each half of a surrogate pair stands for two of its four bytes.
    else bytes += unit >= 0xd800 && unit <= 0xdfff ? 2 : 3;
  }
  return bytes;
}

export const keyPrefixSchema = z
  .string()
  .refine(isWellFormed, "half a surrogate pair stands alone")
  .refine((text) => utf8Length(text) <= KEY_BYTES_MAX, `at most ${KEY_BYTES_MAX} bytes in UTF-8`)
  .meta({ description: "What a key has to start with; empty for any key.", example: "users/" });

/** A truth value as a query spells it. */
export const flag = z
  .enum(["true", "false"], "must be true or false")
  .transform((text) => text === "true")
  .meta({ override: { type: "boolean" } });

/** Parameters of an issue that says that something is too large, rather than malformed. */
export const TOO_LARGE = { tooLarge: true } as const;

/** A list whose members differ. */
export function distinct<Item extends z.ZodType<string, string>>(item: Item) {
  return z
    .array(item)
    .refine(areDistinct, "the same value stands here twice")
    .meta({ uniqueItems: true });
}

/** Whether JSON is nested no deeper than that; looks no deeper than that. */
export function isNestedAtMost(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isNestedAtMost(inner, depth - 1));
}
