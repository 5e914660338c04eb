/** What the routes of transactions say of themselves. */
import * as z from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { TRANSACTION_BYTES_MAX } from "../../../shared/limits.ts";
import { namespaceNameSchema } from "../../../shared/wire/common.ts";
import {
  listHeadersSchema,
  receiptHeadersSchema,
  replayedHeaderSchema,
  writeHeadersSchema,
} from "../../../shared/wire/keys-headers.ts";
import {
  transactionIdSchema,
  transactionResultSchema,
  transactionStatusSchema,
} from "../../../shared/wire/transaction-answers.ts";
import { lookUpQuerySchema, transactionSchema } from "../../../shared/wire/transactions.ts";
import { jsonBody, jsonContent, namespacePath, problems } from "../../openapi/parts.ts";

export const transactionPaths: ZodOpenApiPathsObject = {
  "/v1/{ns}/transactions": {
    post: {
      tags: ["Transactions"],
      operationId: "transact",
      summary: "Run a transaction",
      description: `Conditions, what takes effect if they all hold, and what is read if they do not: strictly serializable over all groups. All writes become visible, or none. Needs the scope \`read\` for conditions, \`get\`, \`add\` and \`append\`, and \`write\` for all operations but \`get\`; a token's prefix must match every key. Values have at most ${TRANSACTION_BYTES_MAX} bytes together. What only reads writes nothing and is not remembered, unless it has an \`Idempotency-Key\`. Every problem that is told once the transaction has begun carries its \`id\`; one that was asked for with an \`Idempotency-Key\` is best asked for again with the same key, since a repeat has another \`id\`. That an \`Idempotency-Key\` comes with another transaction is noticed where both have the same anchor, the group of the first write.`,
      requestParams: {
        path: namespacePath,
        header: writeHeadersSchema.pick({ "Idempotency-Key": true, "Holdfast-Bookmark": true }),
      },
      requestBody: jsonBody(transactionSchema),
      responses: {
        "200": {
          description:
            "It ran: `then`, or where a condition failed `else`. Revisions are those that reads of the keys tell; the receipt's region and term are the anchor's.",
          headers: receiptHeadersSchema
            .omit({ "Holdfast-Revision": true })
            .extend(replayedHeaderSchema.shape),
          content: jsonContent(transactionResultSchema),
        },
        ...problems(
          "forbidden",
          "transaction-conflict",
          "too-large",
          "unsupported-media-type",
          "idempotency-key-reused",
          "overloaded",
          "no-quorum",
          "deadline-exceeded",
        ),
      },
    },
  },
  "/v1/{ns}/transactions/{id}": {
    get: {
      tags: ["Transactions"],
      operationId: "getTransaction",
      summary: "Look a transaction up",
      description:
        "Needs the scope `read`, and with `settle` the scope `write`. An outcome can be asked for a day long. A token with a prefix sees no answer in which another key stands: 403.",
      requestParams: {
        path: z.object({ ns: namespaceNameSchema, id: transactionIdSchema }),
        query: lookUpQuerySchema,
        header: listHeadersSchema,
      },
      responses: {
        "200": {
          description: "How it stands.",
          headers: receiptHeadersSchema,
          content: jsonContent(transactionStatusSchema),
        },
        ...problems(
          "forbidden",
          "transaction-not-found",
          "transaction-too-old",
          "overloaded",
          "no-quorum",
          "deadline-exceeded",
        ),
      },
    },
  },
};
