/** What the routes of keys say of themselves, from the schemas that validate their requests. */
import * as z from "zod";
import type { ZodOpenApiPathsObject, ZodOpenApiResponseObject } from "zod-openapi";
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from "../../../shared/limits.ts";
import { namespaceNameSchema } from "../../../shared/wire/common.ts";
import {
  deleteQuerySchema,
  deleteResultSchema,
  keyListSchema,
  keySchema,
  listQuerySchema,
  putQuerySchema,
  putResultSchema,
  readQuerySchema,
} from "../../../shared/wire/keys.ts";
import {
  listHeadersSchema,
  readHeadersSchema,
  receiptHeadersSchema,
  replayedHeaderSchema,
  writeHeadersSchema,
} from "../../../shared/wire/keys-headers.ts";
import { jsonContent, namespacePath, problems } from "../../openapi/parts.ts";

const keyPath = z.object({
  ns: namespaceNameSchema,
  key: keySchema.meta({
    description: `The rest of the path, percent-decoded: slashes belong to the key. 1 to ${KEY_BYTES_MAX} bytes in UTF-8. A segment \`.\` or \`..\` cannot stand in it, since whoever parses the URL resolves it.`,
    example: "users/42",
  }),
});

const bytes = { "*/*": { schema: { type: "string" as const, format: "binary" } } };

const etag = z.object({
  ETag: z.string().meta({ description: "The key's revision, quoted.", example: '"7"' }),
});

const readHeaders = receiptHeadersSchema.extend(etag.shape);
const writeHeaders = receiptHeadersSchema.extend(replayedHeaderSchema.shape);
const putHeaders = writeHeaders.extend(etag.shape);

const unchanged: ZodOpenApiResponseObject = {
  description: "The client has this revision already (`If-None-Match`).",
  headers: readHeaders,
};

const READ_PROBLEMS = problems(
  "forbidden",
  "key-not-found",
  "revision-compacted",
  "precondition-failed",
  "too-large",
  "overloaded",
  "no-quorum",
  "deadline-exceeded",
);

const WRITE_PROBLEMS = problems(
  "forbidden",
  "precondition-failed",
  "too-large",
  "idempotency-key-reused",
  "overloaded",
  "no-quorum",
  "deadline-exceeded",
);

const readParams = { path: keyPath, query: readQuerySchema, header: readHeadersSchema };

export const keyPaths: ZodOpenApiPathsObject = {
  "/v1/{ns}/keys": {
    get: {
      tags: ["Keys"],
      operationId: "listKeys",
      summary: "List the keys of a group, or of the whole namespace",
      description:
        "Needs the scope `read`. In UTF-8 byte order, as of one instant a page. A page ends early where its values would be too many bytes: go on while there is a `cursor`. A group is listed by its leader. Without `group` the nearest replica lists the whole namespace, at `eventual` unless `session` is asked for; a transaction may then be seen in some of its groups and not yet in others.",
      requestParams: { path: namespacePath, query: listQuerySchema, header: listHeadersSchema },
      responses: {
        "200": {
          description: "A page of keys.",
          headers: receiptHeadersSchema,
          content: jsonContent(keyListSchema),
        },
        ...problems("forbidden", "overloaded", "no-quorum", "deadline-exceeded"),
      },
    },
  },
  "/v1/{ns}/keys/{key}": {
    get: {
      tags: ["Keys"],
      operationId: "getKey",
      summary: "Read a key",
      description:
        "Needs the scope `read`. The bytes as they were put. With `revision` the leader answers, whatever the level.",
      requestParams: readParams,
      responses: {
        "200": {
          description: "The value, with its media type as it was put.",
          headers: readHeaders,
          content: bytes,
        },
        "304": unchanged,
        ...READ_PROBLEMS,
      },
    },
    head: {
      tags: ["Keys"],
      operationId: "headKey",
      summary: "Look at a key without its value",
      description: "As `GET`, without a body.",
      requestParams: readParams,
      responses: {
        "200": { description: "The key is there.", headers: readHeaders },
        "304": unchanged,
        ...READ_PROBLEMS,
      },
    },
    put: {
      tags: ["Keys"],
      operationId: "putKey",
      summary: "Write a key",
      description: `Needs the scope \`write\`. Any bytes, ${VALUE_BYTES_MAX} at most, with their media type. Where both preconditions are given, both must hold.`,
      requestParams: { path: keyPath, query: putQuerySchema, header: writeHeadersSchema },
      requestBody: { content: bytes, required: false },
      responses: {
        "200": {
          description: "Written over an earlier value.",
          headers: putHeaders,
          content: jsonContent(putResultSchema),
        },
        "201": {
          description: "Created.",
          headers: putHeaders,
          content: jsonContent(putResultSchema),
        },
        ...WRITE_PROBLEMS,
      },
    },
    delete: {
      tags: ["Keys"],
      operationId: "deleteKey",
      summary: "Delete a key",
      description: "Needs the scope `write`. Deleting what is not there succeeds and says so.",
      requestParams: { path: keyPath, query: deleteQuerySchema, header: writeHeadersSchema },
      responses: {
        "200": {
          description: "It is not there now.",
          headers: writeHeaders,
          content: jsonContent(deleteResultSchema),
        },
        ...WRITE_PROBLEMS,
      },
    },
  },
};
