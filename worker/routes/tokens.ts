/** `/v1/{ns}/tokens`: making, listing and revoking a namespace's tokens. */
import type { Hono } from "hono";
import { ulid } from "ulid";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { NamespaceRefusal } from "../../durable-objects/namespace.ts";
import { SETTINGS_BYTES_MAX, TOKEN_CACHE_MS } from "../../shared/limits.ts";
import {
  faultOfNewToken,
  isExpired,
  SECRET_BYTES,
  type TokenRecord,
  tokenText,
} from "../../shared/token.ts";
import type { Instant } from "../../shared/types.ts";
import {
  createdTokenSchema,
  createTokenSchema,
  revokedTokenSchema,
  tokenListSchema,
} from "../../shared/wire/tokens.ts";
import type { AppEnv } from "../context.ts";
import { requireScope } from "../grant.ts";
import { jsonResponse, readJson, requireAcceptsJson } from "../json.ts";
import { callNamespace } from "../namespaces/object.ts";
import { forgetToken, hashOfToken } from "../namespaces/tokens.ts";
import { jsonBody, jsonContent, namespacePath, problems, tokenPath } from "../openapi/parts.ts";
import { Problem } from "../problem.ts";

export function tokenRoutes(app: Hono<AppEnv>): void {
  app.post("/v1/:ns/tokens", async (c) => {
    const grant = requireScope(c, "admin");
    requireAcceptsJson(c);
    const asked = await readJson(c, createTokenSchema, SETTINGS_BYTES_MAX);
    const now = Date.now() as Instant;
    const record: TokenRecord = {
      id: ulid(now),
      scopes: asked.scopes,
      prefix: asked.prefix,
      createdAt: now,
      expiresAt: asked.expiresAt === null ? null : (new Date(asked.expiresAt).getTime() as Instant),
    };
    if (isExpired(record, now)) {
      throw new Problem("bad-request", "the token would have expired already", {
        errors: [{ path: "expiresAt", message: "must lie in the future" }],
      });
    }
    const fault = faultOfNewToken(grant, record);
    if (fault !== null) throw new Problem("forbidden", fault);
    const token = tokenText(record.id, drawSecret());
    const hash = await hashOfToken(token);
    const { name } = c.get("namespace");
    orThrow(
      await callNamespace(c.env, name, (namespace) => namespace.addToken({ ...record, hash })),
    );
    return jsonResponse(c, 201, { ...describe(record), token });
  });

  app.get("/v1/:ns/tokens", async (c) => {
    const grant = requireScope(c, "admin");
    requireAcceptsJson(c);
    const { name } = c.get("namespace");
    const { tokens } = orThrow(
      await callNamespace(c.env, name, (namespace) => namespace.tokens(grant.prefix)),
    );
    return jsonResponse(c, 200, { tokens: tokens.map(describe) });
  });

  app.delete("/v1/:ns/tokens/:id", async (c) => {
    const grant = requireScope(c, "admin");
    requireAcceptsJson(c);
    const { name } = c.get("namespace");
    const id = c.req.param("id");
    orThrow(
      await callNamespace(c.env, name, (namespace) => namespace.revokeToken(id, grant.prefix)),
    );
    forgetToken(name, id);
    return jsonResponse(c, 200, { id, revoked: true });
  });
}

/** The answer, unless the namespace's object refused. */
function orThrow<Answer extends { readonly type: string }>(
  answer: Answer,
): Exclude<Answer, NamespaceRefusal> {
  if (isRefusal(answer)) throw new Problem(answer.code, answer.detail);
  return answer as Exclude<Answer, NamespaceRefusal>;
}

const isRefusal = (answer: { readonly type: string }): answer is NamespaceRefusal =>
  answer.type === "refused";

/** Random bytes in base64url: what makes a token impossible to guess. */
function drawSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

const describe = ({ id, scopes, prefix, createdAt, expiresAt }: TokenRecord) => ({
  id,
  scopes,
  prefix,
  createdAt: new Date(createdAt).toISOString(),
  expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
});

export const tokenPaths: ZodOpenApiPathsObject = {
  "/v1/{ns}/tokens": {
    post: {
      tags: ["Tokens"],
      operationId: "createToken",
      summary: "Make a token",
      description:
        "Needs the scope `admin`. The token is shown this once. An admin token with a prefix or an expiry makes none that reach beyond them.",
      requestParams: { path: namespacePath },
      requestBody: jsonBody(createTokenSchema),
      responses: {
        "201": { description: "The token.", content: jsonContent(createdTokenSchema) },
        ...problems("forbidden", "namespace-not-found", "too-large", "unsupported-media-type"),
      },
    },
    get: {
      tags: ["Tokens"],
      operationId: "listTokens",
      summary: "List the tokens",
      description: "Needs the scope `admin`. Valid tokens, oldest first, without their secrets.",
      requestParams: { path: namespacePath },
      responses: {
        "200": { description: "The tokens.", content: jsonContent(tokenListSchema) },
        ...problems("forbidden", "namespace-not-found"),
      },
    },
  },
  "/v1/{ns}/tokens/{id}": {
    delete: {
      tags: ["Tokens"],
      operationId: "revokeToken",
      summary: "Revoke a token",
      description: `Needs the scope \`admin\`. It ceases to work everywhere within ${TOKEN_CACHE_MS / 1000} seconds.`,
      requestParams: { path: tokenPath },
      responses: {
        "200": { description: "Revoked.", content: jsonContent(revokedTokenSchema) },
        ...problems("forbidden", "namespace-not-found", "not-found"),
      },
    },
  },
};
