/** What is answered about transactions over HTTP. */
import * as z from "zod";
import { bookmarkSchema } from "./keys.ts";
import { ENCODINGS } from "./transactions.ts";

export const transactionIdSchema = z.string().meta({
  description: "The transaction: a ULID, a point, and the group that coordinates it.",
  example: "01JD3T3V9Q4M8Y2N6W5X7Z0ABC.balance~2Fa",
});

const revisionOrNull = (description: string) => z.int().min(1).nullable().meta({ description });

const resultSchema = z.object({
  op: z.enum(["put", "delete", "get", "add", "append"]),
  key: z.string(),
  revision: revisionOrNull(
    "What was written or read; null where the key is absent, or there was nothing to delete.",
  ),
  value: z.unknown().optional().meta({
    description:
      "Of `get`, `add` and `append`: JSON, a string or base64, as `encoding` says. Left out where the key is absent.",
  }),
  encoding: z.enum(ENCODINGS).optional(),
  contentType: z.string().optional().meta({ description: "The media type as it was put." }),
});

const failedSchema = z.object({
  condition: z.int().min(0).meta({ description: "Its position in `if`." }),
  key: z.string().optional().meta({ description: "The key, where it is one." }),
  lock: z.string().optional().meta({ description: "The lock's name, where it is one." }),
  election: z.string().optional().meta({ description: "The election's name, where it is one." }),
  token: z.int().min(1).nullable().optional().meta({
    description:
      "Of a lock or an election: the token under which it is held, null where nobody holds it.",
  }),
  revision: revisionOrNull("The revision that failed it; null where the key was absent."),
});

const traceSchema = z.object({
  atMs: z.int().min(0).meta({ description: "Milliseconds since the transaction was taken up." }),
  event: z.string(),
  group: z.string().meta({ description: "The participant." }),
});

const answerFields = {
  succeeded: z.boolean().meta({ description: "Whether all conditions held, so that `then` ran." }),
  results: z.array(resultSchema).meta({
    description: "Of the operations that ran, in their order: `then`, or where it failed `else`.",
  }),
  failed: z
    .array(failedSchema)
    .optional()
    .meta({ description: "Where it did not succeed: the conditions that failed it." }),
};

export const transactionResultSchema = z
  .object({
    id: transactionIdSchema,
    ...answerFields,
    bookmark: bookmarkSchema,
    trace: z.array(traceSchema).optional().meta({
      description: "With `explain`: each message and durable write, in order.",
    }),
  })
  .meta({
    id: "TransactionResult",
    example: {
      id: "01JD3T3V9Q4M8Y2N6W5X7Z0ABC.balance~2Fa",
      succeeded: true,
      results: [
        {
          op: "add",
          key: "balance/a",
          revision: 2,
          value: 70,
          encoding: "json",
          contentType: "application/json",
        },
      ],
      bookmark: "1.2f0c9a-2",
    },
  });

export const transactionStatusSchema = z
  .object({
    id: transactionIdSchema,
    status: z.enum(["committed", "aborted", "pending"]).meta({
      description:
        "`committed`: it ran, and the answer stands here, also where a condition failed. `aborted`: it has no effect and never will. `pending`: not decided yet.",
    }),
    succeeded: answerFields.succeeded.optional(),
    results: answerFields.results.optional(),
    failed: answerFields.failed,
    reason: z
      .object({ code: z.string(), detail: z.string() })
      .optional()
      .meta({ description: "Why it was aborted, where that is known." }),
  })
  .meta({ id: "TransactionStatus" });
