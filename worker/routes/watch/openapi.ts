/** What the route of watches says of itself. */
import * as z from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { receiptHeadersSchema } from "../../../shared/wire/keys-headers.ts";
import {
  watchEventSchema,
  watchHeadersSchema,
  watchQuerySchema,
} from "../../../shared/wire/watch.ts";
import { SUBPROTOCOL } from "../../middleware/authenticate.ts";
import { namespacePath, problems } from "../../openapi/parts.ts";
import { EVENT_STREAM } from "../../watch/sse-sink.ts";

const event = z.string().meta({
  description:
    "Server-sent events (HTML Living Standard): `id`, `event` and `data` as in WatchEvent.",
  example:
    'id: 7\nevent: put\ndata: {"key":"users/42","revision":7,"value":{"name":"Ada"},"encoding":"json","contentType":"application/json"}\n\n',
});

export const watchPaths: ZodOpenApiPathsObject = {
  "/v1/{ns}/watch": {
    get: {
      tags: ["Watch"],
      operationId: "watch",
      summary: "Watch a key, a group or a prefix",
      description: `Needs the scope \`read\`. Of a key or group the leader tells every change, in order, none missing and none twice, through failovers, from any revision that is still kept. Of a prefix a replica tells each key's changes in order. As server-sent events; or as a WebSocket on the same address, whose messages are WatchEvent as JSON. A browser's WebSocket says its token among its protocols: \`${SUBPROTOCOL}, bearer.<token>\`. A client that reads too slowly gets \`cut-off\` as the last event, with the position to resume from.`,
      requestParams: { path: namespacePath, query: watchQuerySchema, header: watchHeadersSchema },
      responses: {
        "101": {
          description: "A WebSocket, where the request asks for one.",
          content: { "application/json": { schema: watchEventSchema } },
        },
        "200": {
          description: "The changes, as they happen.",
          headers: receiptHeadersSchema,
          content: { [EVENT_STREAM]: { schema: event } },
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
};
