/** What is said of groups over HTTP: how one stands, and that it be led from elsewhere. */
import * as z from "zod";
import { LOCATION_HINTS } from "../regions.ts";
import { regionSchema } from "./common.ts";
import { keySchema } from "./keys.ts";
import { listHeadersSchema } from "./keys-headers.ts";
import { transactionIdSchema } from "./transaction-answers.ts";

/** A group is named by a tag, or by its one key, and so is as long as a key. */
export const groupNameSchema = keySchema.meta({
  description: "The group: a `{tag}` without its braces, or the one key of this name.",
  example: "users/42",
});

export const groupHeadersSchema = listHeadersSchema.pick({ "Holdfast-Deadline-Ms": true });

export const handOverSchema = z
  .strictObject({ region: regionSchema.describe("The member that shall lead.") })
  .meta({ id: "HandOver" });

const shownRegion = z.enum(LOCATION_HINTS);

const indexSchema = z.int().min(0);

const memberSchema = z.object({
  region: shownRegion,
  role: z.enum(["leader", "follower"]),
  lastIndex: indexSchema.meta({
    description: "The last index it is known to hold as the leader does.",
    example: 7,
  }),
  commitIndex: indexSchema.meta({
    description: "The last index of those that is known to be on a quorum.",
    example: 7,
  }),
  reachable: z.boolean().meta({ description: "Whether it answered within the last lease." }),
});

const replicaSchema = z.object({
  region: shownRegion,
  index: indexSchema.meta({ description: "The last index it has.", example: 7 }),
  lagMs: z.int().min(0).meta({
    description:
      "How long the oldest entry that it lacks has been there, in milliseconds; 0 where it lacks none.",
    example: 0,
  }),
});

const inDoubtSchema = z.object({
  id: transactionIdSchema,
  attempt: z.int().min(1).meta({ description: "Which try at it this is." }),
  ageMs: z.int().min(0).meta({ description: "How long ago the group voted, in milliseconds." }),
  keys: z.array(z.string()).meta({ description: "The keys it locks here." }),
});

export const groupSchema = z
  .object({
    group: z.string(),
    term: z
      .string()
      .regex(/^\d+\.\d+$/)
      .meta({ description: "The leader's term, `block.wake`.", example: "3.0" }),
    leader: shownRegion,
    leaseMs: z.int().min(0).meta({
      description: "How long the leader may yet answer alone, in milliseconds.",
      example: 1635,
    }),
    members: z.array(memberSchema),
    replicas: z
      .array(replicaSchema)
      .meta({ description: "How far each replica is. One that cannot be reached is left out." }),
    inDoubt: z
      .array(inDoubtSchema)
      .meta({ description: "Transactions that are prepared and not yet resolved." }),
  })
  .meta({ id: "Group" });

export const ledSchema = z.object({ group: z.string(), leader: shownRegion }).meta({ id: "Led" });
