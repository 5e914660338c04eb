/**
 * The shortest way: a read at `eventual` that this isolate was asked for a moment ago, in the same words.
 *
 * Everything that its URL says has been checked then, so it is found by the URL as it stands, before the app is asked:
 * no routing, no schema, no promise. Whatever could make a difference (another token than the root's, a precondition, a
 * bookmark, a deadline, a key that is absent) takes the long way, which serves from the same memory.
 */
import type { Hono } from "hono";
import { bookmarkOf } from "../../../shared/bookmark.ts";
import { formatEtag } from "../../../shared/etag.ts";
import type { Instant, Ms, Revision } from "../../../shared/types.ts";
import type { AppEnv, Env } from "../../context.ts";
import { deploymentOf } from "../../deployment.ts";
import { memory } from "../../isolate.ts";
import { ageOf, type Pattern, type Remembered } from "../../memory.ts";
import { type CountedRoute, countMemoryHit, countRequest, UNMATCHED } from "../../metrics.ts";
import { bearerToken, isRootToken } from "../../middleware/authenticate.ts";
import { nextRequestId } from "../../request-id.ts";
import { FROM_REGION_HEADER } from "../../whereabouts.ts";
import { serves } from "./levels.ts";
import { costText, weakHeaders } from "./receipt.ts";
import { KEY_PATH } from "./routes.ts";

/** The answer; null where the request is to take the long way. */
export function answerAtOnce(request: Request, env: Env, app: Hono<AppEnv>): Response | null {
  if (request.method !== "GET") return null;
  const entry = memory.recallNamed(request.url);
  if (entry === null || entry.record === null) return null;
  const { headers } = request;
  if (!isPlain(headers) || !isRoot(headers, env)) return null;
  const now = Date.now() as Instant;
  if (!serves(entry, now)) return null;
  countMemoryHit();
  countRequest(routeOf(app), 200);
  const { value, revision } = entry.record;
  entry.pattern ??= patternOf(entry, revision, value.contentType);
  setOwn(entry.pattern, ageOf(entry, now));
  return new Response(value.bytes, entry.pattern.response);
}

/**
 * Sets what is one answer's alone. It is set in the pattern, for the answer copies that in any case: to set it in the
 * answer would make an object of the answer's headers, which nobody else needs. Making and collecting such objects is
 * what a read from memory costs beside one that answers a constant, after the headers' own bytes.
 */
function setOwn(pattern: Pattern, stalenessMs: Ms | null): void {
  const { headers } = pattern;
  // Many reads of a hot key come in one millisecond. None tells no age after one that did: an entry that serves was
  // current before it was sent for, and that was before now.
  if (stalenessMs !== null && stalenessMs !== pattern.stalenessMs) {
    headers.set("Holdfast-Staleness-Ms", String(stalenessMs));
    pattern.stalenessMs = stalenessMs;
  }
  headers.set("Holdfast-Request-Id", nextRequestId());
}

/** Whether none of a read's headers says anything. */
const isPlain = (headers: Headers): boolean =>
  !headers.has("If-None-Match") &&
  !headers.has("If-Match") &&
  !headers.has("Holdfast-Bookmark") &&
  !headers.has("Holdfast-Deadline-Ms");

function isRoot(headers: Headers, env: Env): boolean {
  const deployment = deploymentOf(env);
  if (deployment.type !== "configured") return false;
  // What it says is checked even where it does not matter.
  if (deployment.dev && headers.has(FROM_REGION_HEADER)) return false;
  const token = bearerToken(headers.get("Authorization"));
  return token !== null && isRootToken(token, deployment.rootToken);
}

/** A response to copy from costs less than its headers among other properties, each of which is looked for. */
function patternOf(
  { namespace, group, index, region }: Remembered,
  revision: Revision,
  contentType: string,
): Pattern {
  const headers = {
    ...weakHeaders({
      requestId: "",
      level: "eventual",
      region,
      bookmark: bookmarkOf(namespace, group, index),
      cost: costText(0, 0),
      timing: "memory;dur=0",
      stalenessMs: null,
    }),
    "Cache-Control": "no-cache",
    "Holdfast-Revision": String(revision),
    ETag: formatEtag(revision),
    "Content-Type": contentType,
  };
  const response = new Response(null, { headers });
  return { response, headers: response.headers, stalenessMs: null };
}

let route: CountedRoute | null = null;

/** The route that would have taken the request, as requests are counted by it. */
function routeOf(app: Hono<AppEnv>): CountedRoute {
  route ??=
    app.routes.find(({ method, path }) => method === "GET" && path === KEY_PATH) ?? UNMATCHED;
  return route;
}
