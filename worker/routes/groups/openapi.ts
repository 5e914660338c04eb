/** What the routes of groups say of themselves. */
import * as z from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { namespaceNameSchema } from "../../../shared/wire/common.ts";
import {
  groupHeadersSchema,
  groupNameSchema,
  groupSchema,
  handOverSchema,
  ledSchema,
} from "../../../shared/wire/groups.ts";
import { jsonBody, jsonContent, problems } from "../../openapi/parts.ts";

const requestParams = {
  path: z.object({ ns: namespaceNameSchema, group: groupNameSchema }),
  header: groupHeadersSchema,
};

export const groupPaths: ZodOpenApiPathsObject = {
  "/v1/{ns}/groups/{group}": {
    get: {
      tags: ["Groups"],
      operationId: "getGroup",
      summary: "Show how a group stands",
      description:
        "Needs the scope `read`, and a token whose prefix the group's name starts with. The rest of the path is the group, percent-decoded. The leader tells it under its lease.",
      requestParams,
      responses: {
        "200": { description: "The group.", content: jsonContent(groupSchema) },
        ...problems("forbidden", "too-large", "overloaded", "no-quorum", "deadline-exceeded"),
      },
    },
  },
  "/v1/{ns}/groups/{group}/leader": {
    post: {
      tags: ["Groups"],
      operationId: "handOver",
      summary: "Hand a group's leadership over",
      description:
        "Needs the scope `admin`, and a token whose prefix the group's name starts with. The group is what stands before the last `/leader`. Answers once the member is seen to lead; where it leads already, nothing changes. Writes wait meanwhile. A member that does not catch up within a second is a 503, and the leader stays.",
      requestParams,
      requestBody: jsonBody(handOverSchema),
      responses: {
        "200": { description: "The member leads.", content: jsonContent(ledSchema) },
        ...problems(
          "forbidden",
          "too-large",
          "unsupported-media-type",
          "overloaded",
          "no-quorum",
          "deadline-exceeded",
        ),
      },
    },
  },
};
