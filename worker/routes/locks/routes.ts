/** `/v1/{ns}/locks/{name}` and `/v1/{ns}/elections/{name}`: mutual exclusion with fencing tokens. */
import type { Hono } from "hono";
import * as z from "zod";
import { LOCK_BODY_BYTES_MAX } from "../../../shared/limits.ts";
import {
  acquireSchema,
  campaignSchema,
  releaseQuerySchema,
  renewElectionSchema,
  renewSchema,
} from "../../../shared/wire/locks.ts";
import { rawPath } from "../../about.ts";
import type { AppEnv } from "../../context.ts";
import { readJson, requireAcceptsJson } from "../../json.ts";
import { queryStart } from "../keys/address.ts";
import { type KeyContext, requireKey } from "../keys/exchange.ts";
import { readQuery } from "../keys/query.ts";
import { nameAt, nameBeforeLast } from "../path-name.ts";
import { type Dialect, ELECTIONS, LOCKS, lockJson } from "./dialect.ts";
import { change, held, keyOf, lost, type Subject, show } from "./exchange.ts";
import { observe } from "./observe.ts";

/** All that follows, slashes and line feeds too. */
const NAME = ":name{[^]+}";

const OBSERVE = "/observe";

const NO_QUERY = z.strictObject({});

export function lockRoutes(app: Hono<AppEnv>): void {
  const locks = `/v1/:ns/locks/${NAME}`;
  app.get(locks, (c) => show(c, subjectOf(c, LOCKS, "read")));
  app.post(locks, async (c) => {
    const subject = subjectOf(c, LOCKS, "write");
    const { holder, ttlMs, waitMs } = await readJson(c, acquireSchema, LOCK_BODY_BYTES_MAX);
    return acquire(c, subject, { holder, ttlMs, waitMs, value: null });
  });
  app.put(locks, async (c) => {
    const subject = subjectOf(c, LOCKS, "write");
    return renew(c, subject, await readJson(c, renewSchema, LOCK_BODY_BYTES_MAX));
  });
  app.delete(locks, (c) => release(c, subjectOf(c, LOCKS, "write")));

  const elections = `/v1/:ns/elections/${NAME}`;
  // Either path matches the other's pattern too, so that the router takes any of them: the path itself decides.
  app.get(`${elections}${OBSERVE}`, showOrObserve);
  app.get(elections, showOrObserve);
  app.post(elections, async (c) => {
    const subject = subjectOf(c, ELECTIONS, "write");
    const { candidate, value, ...rest } = await readJson(c, campaignSchema, LOCK_BODY_BYTES_MAX);
    return acquire(c, subject, { holder: candidate, value: value ?? null, ...rest });
  });
  app.put(elections, async (c) => {
    const subject = subjectOf(c, ELECTIONS, "write");
    return renew(c, subject, await readJson(c, renewElectionSchema, LOCK_BODY_BYTES_MAX));
  });
  app.delete(elections, (c) => release(c, subjectOf(c, ELECTIONS, "write")));
}

function showOrObserve(c: KeyContext): Promise<Response> {
  const isObserved = rawPath(c.req.raw.url).endsWith(OBSERVE);
  return isObserved ? observe(c, electionObserved(c)) : show(c, subjectOf(c, ELECTIONS, "read"));
}

/** The election of `…/observe`. One whose name ends like that is named with its slash encoded. */
function electionObserved(c: KeyContext): Subject {
  const name = nameBeforeLast(c.req.raw.url, "name");
  requireKey(c, "read", name);
  return { dialect: ELECTIONS, name };
}

/** Whom the URL names. A token with a prefix may use those whose name starts with it. */
function subjectOf(c: KeyContext, dialect: Dialect, scope: "read" | "write"): Subject {
  const name = nameAt(c.req.raw.url, "name");
  requireKey(c, scope, name);
  requireAcceptsJson(c);
  const at = c.req.method === "DELETE" ? -1 : queryStart(c.req.raw.url);
  if (at >= 0) readQuery(c.req.raw.url, at, NO_QUERY);
  return { dialect, name };
}

type Grant = Pick<ReturnType<typeof acquireSchema.parse>, "holder" | "ttlMs" | "waitMs"> & {
  readonly value: string | null;
};

function acquire(c: KeyContext, subject: Subject, { waitMs, ...grant }: Grant): Promise<Response> {
  const key = keyOf(subject);
  const wish = {
    conditions: [{ type: "free", key, holder: grant.holder }],
    operations: [{ type: "grant", key, ...grant }],
    waitMs,
  } as const;
  return change(c, subject, wish, {
    held: (lock) => lockJson(subject.dialect, subject.name, lock),
    refused: (lock) => held(subject, lock),
  });
}

type Renewal = ReturnType<typeof renewElectionSchema.parse>;

function renew(
  c: KeyContext,
  subject: Subject,
  { token, ttlMs, value }: Omit<Renewal, "value"> & { value?: string | undefined },
): Promise<Response> {
  const key = keyOf(subject);
  const wish = {
    conditions: [{ type: "held", key, token }],
    operations: [
      { type: "renew", key, ttlMs: ttlMs ?? null, ...(value !== undefined && { value }) },
    ],
  } as const;
  return change(c, subject, wish, {
    held: (lock) => lockJson(subject.dialect, subject.name, lock),
    refused: (lock) => lost(subject, lock),
  });
}

function release(c: KeyContext, subject: Subject): Promise<Response> {
  const { url } = c.req.raw;
  const at = queryStart(url);
  const { token } = readQuery(url, at < 0 ? url.length : at, releaseQuerySchema);
  const key = keyOf(subject);
  const wish = {
    conditions: [{ type: "held", key, token }],
    operations: [{ type: "delete", key }],
  } as const;
  return change(c, subject, wish, {
    held: (lock) => lockJson(subject.dialect, subject.name, lock),
    refused: (lock) => lost(subject, lock),
  });
}
