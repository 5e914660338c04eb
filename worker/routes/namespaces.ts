/** `/v1/{ns}`: creating a namespace and looking at it. */
import type { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { SETTINGS_BYTES_MAX } from "../../shared/limits.ts";
import { type NamespaceConfig, namespaceConfig, sameNamespace } from "../../shared/namespace.ts";
import {
  createNamespaceSchema,
  namespaceSchema,
  shownNamespaceSchema,
} from "../../shared/wire/namespaces.ts";
import { about } from "../about.ts";
import type { AppEnv, Env } from "../context.ts";
import { deploymentOf } from "../deployment.ts";
import { requireRoot } from "../grant.ts";
import { jsonResponse, readJson, requireAcceptsJson } from "../json.ts";
import { namespaceNotFound } from "../middleware/admit.ts";
import { createNamespace, findNamespace } from "../namespaces/configs.ts";
import { jsonBody, jsonContent, namespacePath, problems } from "../openapi/parts.ts";
import { Problem, problemResponse } from "../problem.ts";
import { lagsOf, replicaStatuses } from "../replicas/status.ts";

export function namespaceRoutes(app: Hono<AppEnv>): void {
  app.put("/v1/:ns", async (c) => {
    requireRoot(c);
    requireAcceptsJson(c);
    const name = c.req.param("ns");
    const settings = await readJson(c, createNamespaceSchema, SETTINGS_BYTES_MAX, {});
    if (settings.name !== undefined && settings.name !== name) throw renaming(name);
    const regions = defaultRegions(c.env);
    const asked = namespaceConfig(name, settings, regions);
    // What exists from the start is recorded as such before anybody can create it otherwise.
    const existing = await findNamespace(c.env, name, regions);
    const { created, config } =
      existing === null
        ? await createNamespace(c.env, asked)
        : { created: false, config: existing };
    if (!created && !sameNamespace(config, asked)) {
      return problemResponse(
        about(c),
        "namespace-exists",
        "it has other settings, and a namespace's settings never change",
        { extensions: { namespace: describe(config) } },
      );
    }
    return jsonResponse(c, created ? 201 : 200, describe(config));
  });

  app.get("/v1/:ns", async (c) => {
    requireAcceptsJson(c);
    const name = c.req.param("ns");
    const config = await findNamespace(c.env, name, defaultRegions(c.env));
    if (config === null) return namespaceNotFound(c, name);
    return jsonResponse(c, 200, { ...describe(config), replicas: await replicasOf(c.env, config) });
  });
}

async function replicasOf(env: Env, namespace: NamespaceConfig) {
  const statuses = await replicaStatuses(env, namespace, []);
  const lags = lagsOf(statuses);
  return statuses.map(({ region, status: { known, filled } }, at) => ({
    region,
    groups: known,
    lagMs: lags[at],
    filled,
  }));
}

const renaming = (name: string): Problem =>
  new Problem("bad-request", "a namespace cannot be given another name", {
    errors: [{ path: "name", message: `must be ${name}, as in the path` }],
  });

function defaultRegions(env: Env) {
  const deployment = deploymentOf(env);
  if (deployment.type === "not-configured") throw new Problem("not-configured", deployment.reason);
  return deployment.regions;
}

const describe = ({ name, regions, replicaRegions, historyMs }: NamespaceConfig) => ({
  name,
  regions,
  replicaRegions,
  historyMs,
});

export const namespacePaths: ZodOpenApiPathsObject = {
  "/v1/{ns}": {
    put: {
      tags: ["Namespaces"],
      operationId: "createNamespace",
      summary: "Create a namespace",
      description:
        "Needs the root token. Repeating it is safe: the same settings answer 200, others 409. What `GET` shows can be sent as it is.",
      requestParams: { path: namespacePath },
      requestBody: { ...jsonBody(createNamespaceSchema), required: false },
      responses: {
        "200": {
          description: "It exists with these settings.",
          content: jsonContent(namespaceSchema),
        },
        "201": { description: "Created.", content: jsonContent(namespaceSchema) },
        ...problems("forbidden", "namespace-exists", "too-large", "unsupported-media-type"),
      },
    },
    get: {
      tags: ["Namespaces"],
      operationId: "getNamespace",
      summary: "Show a namespace",
      description:
        "Any token of the namespace may look. Its replicas are asked how far they are; one that does not answer within 400 ms is left out.",
      requestParams: { path: namespacePath },
      responses: {
        "200": {
          description: "Its settings, and how far its replicas are.",
          content: jsonContent(shownNamespaceSchema),
        },
        ...problems("namespace-not-found"),
      },
    },
  },
};
