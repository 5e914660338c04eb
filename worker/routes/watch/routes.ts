/** `GET /v1/{ns}/watch`: changes of a key, a group or a prefix, as they happen. */
import type { Context, Hono } from "hono";
import { groupOf } from "../../../shared/group.ts";
import { allowsKey, type Grant } from "../../../shared/token.ts";
import { type WatchQuery, watchQuerySchema } from "../../../shared/wire/watch.ts";
import type { AppEnv } from "../../context.ts";
import { requireScope } from "../../grant.ts";
import { Problem } from "../../problem.ts";
import { changeEvent, streamPrefix, streamWatch } from "../../watch/answer.ts";
import { queryStart } from "../keys/address.ts";
import { readQuery } from "../keys/query.ts";

export function watchRoutes(app: Hono<AppEnv>): void {
  app.get("/v1/:ns/watch", watch);
}

function watch(c: Context<AppEnv>): Promise<Response> {
  const grant = requireScope(c, "read");
  const { url } = c.req.raw;
  const at = queryStart(url);
  const query: WatchQuery = readQuery(at < 0 ? "" : url, Math.max(at, 0), watchQuerySchema);
  const { key, group, prefix, from = null, values = true } = query;
  const rest = { values, from, lastEventId: query["last-event-id"] };
  const toEvent = changeEvent(values);
  if (key !== undefined) {
    requireKey(grant, key);
    return streamWatch(
      c,
      { group: groupOf(key), selector: { type: "key", key }, ...rest },
      toEvent,
    );
  }
  requirePrefix(grant, prefix ?? "");
  if (group === undefined) {
    const ask = { prefix: prefix ?? "", values, lastEventId: query["last-event-id"] };
    return streamPrefix(c, ask, toEvent);
  }
  const selector = { type: "prefix", prefix: prefix ?? "" } as const;
  return streamWatch(c, { group, selector, ...rest }, toEvent);
}

function requireKey(grant: Grant, key: string): void {
  if (allowsKey(grant, key)) return;
  throw forbidden(`this token is for keys that start with ${JSON.stringify(grant.prefix)}`);
}

/** A watch that a token's prefix would cut short is refused rather than passed off as whole. */
function requirePrefix(grant: Grant, prefix: string): void {
  if (prefix.startsWith(grant.prefix)) return;
  const own = JSON.stringify(grant.prefix);
  throw forbidden(
    `this token watches keys that start with ${own}; give that as \`prefix\`, or a longer one`,
  );
}

const forbidden = (detail: string): Problem => new Problem("forbidden", detail);
