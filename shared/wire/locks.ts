/** What is said of locks and elections over HTTP. */
import * as z from "zod";
import {
  ELECTION_VALUE_BYTES_MAX,
  HOLDER_CHARS_MAX,
  JSON_DEPTH_MAX,
  KEY_BYTES_MAX,
  LOCK_TTL_MS_DEFAULT,
  LOCK_TTL_MS_MAX,
  LOCK_WAIT_MS_MAX,
} from "../limits.ts";
import { type Json, logIndex, ms } from "../types.ts";
import { isNestedAtMost, isWellFormed, TOO_LARGE, utf8Length } from "./common.ts";
import { faultOfKey } from "./keys.ts";

const nameText = (description: string, example: string) =>
  z
    .string()
    .min(1, "must not be empty")
    .max(HOLDER_CHARS_MAX)
    .refine(isWellFormed, "half a surrogate pair stands alone")
    .meta({ description, example });

const holderField = nameText(
  "Who asks, for others to see. Whoever holds it under the same name gets a new token.",
  "w1",
);
const candidateField = nameText("Who stands, for others to see.", "w1");

const ttl = z.int().min(1).max(LOCK_TTL_MS_MAX).transform(ms);

const RELIANCE =
  "Rely on it for so long on your own clock, from when this was sent: with an `Idempotency-Key`, from when it was first sent. It passes on to another a little later. After a long wait renew it before anything else";

const ttlField = ttl.default(LOCK_TTL_MS_DEFAULT).meta({
  description: `For how long it is held unless it is renewed. ${RELIANCE}. Default: ${LOCK_TTL_MS_DEFAULT}.`,
  example: 10_000,
});

const ttlAgainField = ttl.optional().meta({
  description:
    "For how long from now on, never less than before; as before, where it is left out. To rely on as when it was acquired.",
  example: 10_000,
});

const waitField = z.int().min(0).max(LOCK_WAIT_MS_MAX).transform(ms).default(ms(0)).meta({
  description:
    "For how long to wait while another holds it, in order of arrival. It counts beside `Holdfast-Deadline-Ms`. Default: 0.",
  example: 5_000,
});

const tokenField = z
  .int()
  .min(1)
  .transform((token) => logIndex(token))
  .meta({
    description: "The fencing token: it grows with every grant, whoever leads the group.",
    example: 42,
  });

const valueField = z
  .unknown()
  .refine(
    (value) => isNestedAtMost(value, JSON_DEPTH_MAX),
    `is nested deeper than ${JSON_DEPTH_MAX}`,
  )
  .transform((value) => JSON.stringify((value ?? null) as Json))
  .refine((text) => utf8Length(text) <= ELECTION_VALUE_BYTES_MAX, {
    message: `has more than ${ELECTION_VALUE_BYTES_MAX} bytes as JSON`,
    params: TOO_LARGE,
  })
  .meta({ description: "What the leader says of itself: any JSON, such as its address." });

export const acquireSchema = z
  .strictObject({ holder: holderField, ttlMs: ttlField, waitMs: waitField })
  .meta({ id: "Acquire", example: { holder: "w1", ttlMs: 10_000, waitMs: 5_000 } });

export const renewSchema = z
  .strictObject({ token: tokenField, ttlMs: ttlAgainField })
  .meta({ id: "Renew", example: { token: 42, ttlMs: 10_000 } });

export const campaignSchema = z
  .strictObject({
    candidate: candidateField,
    value: valueField.optional(),
    ttlMs: ttlField,
    waitMs: waitField,
  })
  .meta({
    id: "Campaign",
    example: { candidate: "w1", value: { url: "https://w1.example" }, ttlMs: 10_000, waitMs: 0 },
  });

export const renewElectionSchema = z
  .strictObject({
    token: tokenField,
    ttlMs: ttlAgainField,
    value: valueField.optional().meta({
      description: "What the leader says of itself from now on; as before, where it is left out.",
    }),
  })
  .meta({ id: "RenewElection", example: { token: 42, ttlMs: 10_000 } });

export const releaseQuerySchema = z.strictObject({
  token: z
    .string("must be given: the fencing token")
    .regex(/^[1-9]\d{0,15}$/, "must be a fencing token")
    .transform((text) => logIndex(Number(text)))
    .meta({ override: { type: "integer", minimum: 1 }, description: "The fencing token." }),
});

/** The name of a lock or an election, as a URL has it. */
export const lockNameSchema = z
  .string()
  .min(1)
  .refine((name) => faultOfKey(name) === null)
  .meta({
    description: `1 to ${KEY_BYTES_MAX} bytes in UTF-8, percent-decoded. A \`{tag}\` in it puts the lock into the group of the keys with that tag.`,
    example: "billing",
  });

const heldFields = {
  token: z.int().min(1).meta({ description: "The fencing token.", example: 42 }),
  expiresAt: z.iso.datetime().meta({
    description:
      "By when it has to be renewed, on the leader's clock. It passes on to another somewhat later, and after a failure of the leader later still; never earlier.",
  }),
};

export const lockSchema = z
  .object({ name: z.string(), holder: z.string(), ...heldFields })
  .meta({ id: "Lock" });

export const electionSchema = z
  .object({ name: z.string(), candidate: z.string(), value: z.unknown(), ...heldFields })
  .meta({ id: "Election" });

export const releasedSchema = z
  .object({ name: z.string(), released: z.literal(true) })
  .meta({ id: "Released" });
