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
