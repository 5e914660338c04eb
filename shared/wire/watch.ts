/**
 * What is said of watches over HTTP: the parameters that begin one, and the events that come of it.
 */
import * as z from "zod";
import { groupOf } from "../group.ts";
import { logIndex } from "../types.ts";
import { flag, keyPrefixSchema } from "./common.ts";
import { keySchema } from "./keys.ts";

/** A position as a client was told it; what it means depends on what is watched. */
const positionSchema = z
  .string()
  .regex(/^[\w.-]{1,64}$/, "is not the id of an event of this service")
  .meta({
    description: "The id of the last event that was seen: the watch goes on behind it.",
    example: "17.2",
  });

const groupSchema = keySchema.superRefine((group, context) => {
  if (groupOf(group) === group) return;
  context.addIssue({
    code: "custom",
    message: `names no group: a key like this one is in ${JSON.stringify(groupOf(group))}`,
  });
});

const ONE_OF = "give one of key, group and prefix, or group and prefix together";

export const watchQuerySchema = z
  .strictObject({
    key: keySchema.optional().meta({ description: "Watch this key.", example: "users/42" }),
    group: groupSchema.optional().meta({
      description: "Watch all keys of this group; with `prefix`, those of them that start with it.",
      example: "cart",
    }),
    prefix: keyPrefixSchema.optional().meta({
      description:
        "Watch all keys of the namespace that start with this; empty for every key. A replica serves it.",
      example: "users/",
    }),
    from: z
      .string()
      .regex(/^[1-9]\d{0,14}$/, "must be a revision, a whole number from 1")
      .transform((text) => logIndex(Number(text)))
      .optional()
      .meta({
        description:
          "Of a key or group: every change at this revision of the group's log or later. Without it, every change from now on.",
        override: { type: "integer", minimum: 1 },
        example: "7",
      }),
    values: flag.optional().meta({
      description: "Whether a put comes with the value. Default: true.",
      example: "false",
    }),
    "last-event-id": positionSchema.optional().meta({
      description: "As the header `Last-Event-ID`, for clients that cannot set headers.",
    }),
  })
  .superRefine(({ key, group, prefix, from }, context) => {
    const named = [key, group ?? prefix].filter((one) => one !== undefined).length;
    const fault = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (named === 0) fault("key", `is missing: ${ONE_OF}`);
    if (named > 1) fault(group === undefined ? "prefix" : "group", `cannot go with key: ${ONE_OF}`);
    if (from !== undefined && named === 1 && key === undefined && group === undefined) {
      fault(
        "from",
        "goes with key or group: revisions count within a group; resume a prefix with Last-Event-ID",
      );
    }
  });

export type WatchQuery = z.output<typeof watchQuerySchema>;

export const watchHeadersSchema = z.object({
  "Last-Event-ID": positionSchema.optional(),
});

/** The position a `Last-Event-ID` header names; null where it is malformed. */
export const isPositionText = (text: string): boolean => positionSchema.safeParse(text).success;

const revision = z.int().min(1).meta({ description: "The key's revision.", example: 7 });

export const watchEventSchema = z
  .object({
    id: z.string().meta({ description: "Where to resume: send it back as `Last-Event-ID`." }),
    event: z.enum(["put", "delete", "reset", "synced", "position", "cut-off", "end"]).meta({
      description:
        "`put` and `delete` are changes. Of a prefix alone, `reset` says that what follows is everything the replica has, up to `synced`: keys not named in between are gone. `cut-off` and `end` are the last event of a stream, with the `position` to resume from. `position`, in WebSockets alone, moves the id without a change.",
    }),
    data: z.union([
      z.object({
        key: z.string(),
        revision,
        value: z.unknown().optional(),
        encoding: z.enum(["json", "text", "base64"]).optional(),
        contentType: z.string().optional(),
      }),
      z.object({
        position: z.string().optional(),
        reason: z.enum(["slow", "compacted", "unheard"]).optional(),
        code: z.string().optional(),
        detail: z.string().optional(),
      }),
    ]),
  })
  .meta({ id: "WatchEvent" });
