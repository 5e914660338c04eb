/** What the routes of locks and elections say of themselves. */
import * as z from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { namespaceNameSchema } from "../../../shared/wire/common.ts";
import {
  listHeadersSchema,
  receiptHeadersSchema,
  replayedHeaderSchema,
  writeHeadersSchema,
} from "../../../shared/wire/keys-headers.ts";
import {
  acquireSchema,
  campaignSchema,
  electionSchema,
  lockNameSchema,
  lockSchema,
  releasedSchema,
  releaseQuerySchema,
  renewElectionSchema,
  renewSchema,
} from "../../../shared/wire/locks.ts";
import { watchHeadersSchema } from "../../../shared/wire/watch.ts";
import { jsonBody, jsonContent, problems } from "../../openapi/parts.ts";
import { EVENT_STREAM } from "../../watch/sse-sink.ts";

const path = z.object({ ns: namespaceNameSchema, name: lockNameSchema });

const writeHeaders = writeHeadersSchema.omit({ "If-Match": true, "If-None-Match": true });
const changed = (description: string, schema: z.ZodType) => ({
  description,
  headers: receiptHeadersSchema.extend(replayedHeaderSchema.shape),
  content: jsonContent(schema),
});

const changes = problems(
  "forbidden",
  "lock-held",
  "lock-lost",
  "too-large",
  "unsupported-media-type",
  "idempotency-key-reused",
  "overloaded",
  "no-quorum",
  "deadline-exceeded",
);

const HELD =
  "A 409 `lock-held` tells who holds it, and by when that must be renewed. Needs the scope `write`, and a token whose prefix the name starts with.";

export const lockPaths: ZodOpenApiPathsObject = {
  "/v1/{ns}/locks/{name}": {
    get: {
      tags: ["Locks"],
      operationId: "getLock",
      summary: "Show who holds a lock",
      description: "A lock that nobody holds is a 404 `not-found`. Needs the scope `read`.",
      requestParams: { path, header: listHeadersSchema },
      responses: {
        "200": changed("The lock.", lockSchema),
        ...problems("forbidden", "not-found", "overloaded", "no-quorum", "deadline-exceeded"),
      },
    },
    post: {
      tags: ["Locks"],
      operationId: "acquireLock",
      summary: "Acquire a lock",
      description: `Whoever waits is served in order of arrival. ${HELD} Whoever holds it under the same name gets it anew, under a new token: what it did before is fenced out. Its time to live is never shortened.`,
      requestParams: { path, header: writeHeaders },
      requestBody: jsonBody(acquireSchema),
      responses: { "200": changed("It is yours.", lockSchema), ...changes },
    },
    put: {
      tags: ["Locks"],
      operationId: "renewLock",
      summary: "Renew a lock",
      description:
        "Its time to live begins anew; it is never shortened. 409 `lock-lost` where it is not held under this token.",
      requestParams: { path, header: writeHeaders },
      requestBody: jsonBody(renewSchema),
      responses: { "200": changed("It is still yours.", lockSchema), ...changes },
    },
    delete: {
      tags: ["Locks"],
      operationId: "releaseLock",
      summary: "Release a lock",
      description: "409 `lock-lost` where it is not held under this token.",
      requestParams: { path, query: releaseQuerySchema, header: writeHeaders },
      responses: { "200": changed("It is free, or the next one's.", releasedSchema), ...changes },
    },
  },
  "/v1/{ns}/elections/{name}/observe": {
    get: {
      tags: ["Elections"],
      operationId: "observeElection",
      summary: "Observe who leads",
      description:
        "Who leads now, if anybody does, and each new leader from then on, as server-sent events of the type `leader` with an Election as data; again, where a leader says something else of itself. That a leader resigns, or its time runs out, is not told; the next one is. Resumed by `Last-Event-ID`. Needs the scope `read`.",
      requestParams: { path, header: watchHeadersSchema },
      responses: {
        "200": {
          description: "The leaders.",
          headers: receiptHeadersSchema,
          content: { [EVENT_STREAM]: { schema: z.string() } },
        },
        ...problems(
          "forbidden",
          "not-acceptable",
          "revision-compacted",
          "overloaded",
          "no-quorum",
          "deadline-exceeded",
        ),
      },
    },
  },
  "/v1/{ns}/elections/{name}": {
    get: {
      tags: ["Elections"],
      operationId: "getElection",
      summary: "Show who leads",
      description: "Where nobody leads, a 404 `not-found`. Needs the scope `read`.",
      requestParams: { path, header: listHeadersSchema },
      responses: {
        "200": changed("Who leads.", electionSchema),
        ...problems("forbidden", "not-found", "overloaded", "no-quorum", "deadline-exceeded"),
      },
    },
    post: {
      tags: ["Elections"],
      operationId: "campaign",
      summary: "Stand for election",
      description: `Candidates who wait are served in order of arrival. ${HELD}`,
      requestParams: { path, header: writeHeaders },
      requestBody: jsonBody(campaignSchema),
      responses: { "200": changed("You lead.", electionSchema), ...changes },
    },
    put: {
      tags: ["Elections"],
      operationId: "renewElection",
      summary: "Go on leading",
      description: "As with a lock. `value` takes the place of the one before.",
      requestParams: { path, header: writeHeaders },
      requestBody: jsonBody(renewElectionSchema),
      responses: { "200": changed("You still lead.", electionSchema), ...changes },
    },
    delete: {
      tags: ["Elections"],
      operationId: "resign",
      summary: "Resign",
      description: "409 `lock-lost` where you do not lead under this token.",
      requestParams: { path, query: releaseQuerySchema, header: writeHeaders },
      responses: { "200": changed("The next one may lead.", releasedSchema), ...changes },
    },
  },
};
