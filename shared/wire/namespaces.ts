/** What is said of namespaces over HTTP. */
import * as z from "zod";
import { HISTORY_MS_DEFAULT, HISTORY_MS_MAX, HISTORY_MS_MIN } from "../limits.ts";
import { isMemberCount, LOCATION_HINTS, MEMBER_COUNTS } from "../regions.ts";
import { ms } from "../types.ts";
import { distinct, namespaceNameSchema, regionSchema } from "./common.ts";

const membersSchema = distinct(regionSchema)
  .refine((regions) => isMemberCount(regions.length), "1, 3 or 5 regions")
  .meta({
    description: "The members' regions, fixed for ever: 1, 3 or 5. The first leads new groups.",
    minItems: 1,
    maxItems: Math.max(...MEMBER_COUNTS),
    example: ["weur"],
  });

const replicasSchema = distinct(regionSchema)
  .refine((regions) => regions.length > 0, "at least one region")
  .meta({
    description: "Where eventually consistent copies of the whole namespace are kept.",
    minItems: 1,
    maxItems: LOCATION_HINTS.length,
    example: ["weur", "apac"],
  });

const historySchema = z.int().min(HISTORY_MS_MIN).max(HISTORY_MS_MAX).transform(ms).meta({
  description: "How long superseded revisions stay readable, in milliseconds.",
  example: HISTORY_MS_DEFAULT,
});

export const createNamespaceSchema = z
  .strictObject({
    regions: membersSchema.optional().describe("Default: the regions of `HOLDFAST_REGIONS`."),
    replicaRegions: replicasSchema.optional().describe("Default: `regions` and apac."),
    historyMs: historySchema.optional().describe(`Default: ${HISTORY_MS_DEFAULT}.`),
    // So that what is shown of a namespace can be sent back as it is.
    name: namespaceNameSchema
      .optional()
      .describe("Read-only: the name in the path, where it is given."),
    replicas: z.array(z.unknown()).optional().describe("Read-only: ignored."),
  })
  .meta({ id: "NamespaceSettings" });

export const namespaceSchema = z
  .object({
    name: namespaceNameSchema,
    regions: z.array(z.enum(LOCATION_HINTS)),
    replicaRegions: z.array(z.enum(LOCATION_HINTS)),
    historyMs: z.int(),
  })
  .meta({ id: "Namespace" });

const replicaSchema = z.object({
  region: z.enum(LOCATION_HINTS),
  groups: z.int().min(0).meta({ description: "Groups it knows.", example: 42 }),
  lagMs: z.int().min(0).nullable().meta({
    description:
      "How much older its newest entry is than the newest that any replica has, in milliseconds; null where it has none yet.",
    example: 0,
  }),
  filled: z.boolean().meta({
    description: "False while it may lack groups that were written before it was there.",
  }),
});

export const shownNamespaceSchema = namespaceSchema
  .extend({
    replicas: z.array(replicaSchema).meta({
      description: "How far each replica is. One that cannot be reached is left out.",
    }),
  })
  .meta({ id: "ShownNamespace" });
