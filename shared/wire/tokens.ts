/** What is said of tokens over HTTP. */
import * as z from "zod";
import { SCOPES } from "../token.ts";
import { distinct, keyPrefixSchema } from "./common.ts";

const scopeSchema = z.enum(SCOPES).meta({ description: "What the token is for.", example: "read" });

const idSchema = z.string().meta({
  description: "A ULID: sorts by the time the token was made.",
  example: "01JD3T3V9Q4M8Y2N6W5X7Z0ABC",
});

const timeSchema = z.iso.datetime({ offset: true }).meta({ example: "2030-01-01T00:00:00Z" });

/** The last instant that a date in JavaScript can name. */
const TIME_MS_MAX = 8.64e15;

export const createTokenSchema = z
  .strictObject({
    scopes: distinct(scopeSchema)
      .refine((scopes) => scopes.length > 0, "at least one scope")
      .meta({ minItems: 1, maxItems: SCOPES.length, example: ["read", "write"] }),
    prefix: keyPrefixSchema.default(""),
    expiresAt: z
      .union([timeSchema, z.int().nonnegative().max(TIME_MS_MAX)], {
        error: "a time as RFC 3339 says, or milliseconds since 1970",
      })
      .nullable()
      .default(null)
      .meta({
        description: "When the token ceases to be valid: RFC 3339, or milliseconds since 1970.",
      }),
  })
  .meta({ id: "NewToken" });

const tokenFields = {
  id: idSchema,
  scopes: z.array(scopeSchema),
  prefix: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
};

export const tokenSchema = z.object(tokenFields).meta({ id: "Token" });

export const createdTokenSchema = z
  .object({
    ...tokenFields,
    token: z.string().meta({ description: "The token itself: shown this once, and kept nowhere." }),
  })
  .meta({ id: "CreatedToken" });

export const tokenListSchema = z.object({ tokens: z.array(tokenSchema) }).meta({ id: "Tokens" });

export const revokedTokenSchema = z
  .object({ id: idSchema, revoked: z.literal(true) })
  .meta({ id: "RevokedToken" });
