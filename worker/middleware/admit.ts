/**
 * The way in, for every request: its id, who is asking, and which namespace it is about.
 *
 * One middleware rather than one a concern, and no promise where none is needed: this is on the path of
 * every read and write. What is refused here is refused before anything else is looked at.
 */
import type { Context, MiddlewareHandler } from "hono";
import { DEFAULT_NAMESPACE, isNamespaceName } from "../../shared/namespace.ts";
import { ROOT_GRANT } from "../../shared/token.ts";
import { about, rawPath } from "../about.ts";
import type { AppEnv } from "../context.ts";
import { type Deployment, deploymentOf } from "../deployment.ts";
import { findNamespace, knownNamespace } from "../namespaces/configs.ts";
import { problemResponse } from "../problem.ts";
import { nextRequestId } from "../request-id.ts";
import { authenticate, tokenOf } from "./authenticate.ts";
import { count } from "./count.ts";

type Configured = Extract<Deployment, { type: "configured" }>;

/** A refusal, or null where the request may pass. */
type Verdict = Response | null;

export const admit: MiddlewareHandler<AppEnv> = async (c, next) => {
  c.set("requestId", nextRequestId());
  const verdict = judge(c);
  const refusal = verdict instanceof Promise ? await verdict : verdict;
  if (refusal === null) await next();
  else c.res = refusal;
  count(c);
};

function judge(c: Context<AppEnv>): Verdict | Promise<Verdict> {
  // The path that routes are matched by: whatever is decided here is decided of the same text.
  const { path } = c.req;
  if (path === "/healthz") return null;
  const deployment = deploymentOf(c.env);
  if (deployment.type === "not-configured") {
    return problemResponse(about(c), "not-configured", deployment.reason);
  }
  if (isPublic(path)) return null;

  const token = tokenOf(c.req.raw.headers);
  if (token === null) return unauthenticated(c, "the request carries no `Authorization: Bearer`");
  const named = namespaceIn(path);
  if (named !== null && !isNamespaceName(named)) {
    return problemResponse(about(c), "bad-request", "the namespace's name is malformed", {
      errors: [{ path: "ns", message: "must be 1 to 63 of a-z, 0-9 and -" }],
    });
  }
  const grant = authenticate(c.env, deployment.rootToken, named ?? DEFAULT_NAMESPACE, token);
  if (grant === ROOT_GRANT) {
    c.set("grant", grant);
    return judgePath(c, deployment, path, named);
  }
  return judgeGrant(c, deployment, path, named, grant);
}

async function judgeGrant(
  c: Context<AppEnv>,
  deployment: Configured,
  path: string,
  named: string | null,
  pending: ReturnType<typeof authenticate>,
): Promise<Verdict> {
  const grant = await pending;
  if (grant === null) return unauthenticated(c, "the token is not valid here");
  c.set("grant", grant);
  return judgePath(c, deployment, path, named);
}

function judgePath(
  c: Context<AppEnv>,
  deployment: Configured,
  path: string,
  named: string | null,
): Verdict | Promise<Verdict> {
  // What could be decoded has been: a percent sign that is left is an escaped one, or a mistake.
  if (path.includes("%") && !isDecodable(rawPath(c.req.raw.url))) {
    return problemResponse(about(c), "bad-request", "the path is not percent-encoded UTF-8", {
      errors: [{ path: "path", message: "must be percent-encoded UTF-8" }],
    });
  }
  if (path.startsWith("/dev/") && !deployment.dev) {
    return problemResponse(about(c), "not-found", "there is nothing at this path");
  }
  // The namespace itself may yet have to be created; all below it needs it to exist.
  if (named === null || path.length === "/v1/".length + named.length) return null;
  const config = knownNamespace(named);
  if (config === undefined) return judgeNamespace(c, deployment, named);
  c.set("namespace", config);
  return null;
}

async function judgeNamespace(
  c: Context<AppEnv>,
  deployment: Configured,
  name: string,
): Promise<Verdict> {
  const config = await findNamespace(c.env, name, deployment.regions);
  if (config === null) return namespaceNotFound(c, name);
  c.set("namespace", config);
  return null;
}

export const namespaceNotFound = (c: Context<AppEnv>, name: string): Response =>
  problemResponse(about(c), "namespace-not-found", `there is no namespace ${name}`);

function unauthenticated(c: Context<AppEnv>, detail: string): Response {
  return problemResponse(about(c), "unauthenticated", detail, {
    headers: { "WWW-Authenticate": 'Bearer realm="holdfast"' },
  });
}

/** What is served without a token: the description of the API, and the page that shows it. */
const isPublic = (path: string): boolean =>
  path === "/openapi.json" || path === "/docs" || path.startsWith("/docs/");

/** The namespace that a path names, as it stands there; null for a path outside any. */
function namespaceIn(path: string): string | null {
  if (!path.startsWith("/v1/")) return null;
  const end = path.indexOf("/", "/v1/".length);
  return end < 0 ? path.slice("/v1/".length) : path.slice("/v1/".length, end);
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
