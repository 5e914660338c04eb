/**
 * What this isolate knows of namespaces' tokens, for a bounded time: a revoked token works no longer than
 * that anywhere.
 *
 * An unknown id is remembered as well. Ids are drawn when a token is made, so one that nobody knows now
 * will never become valid, and whoever goes on asking with it costs no further call.
 */
import type { StoredToken } from "../../durable-objects/namespace-store.ts";
import { TOKEN_CACHE_MS, TOKENS_CACHED_MAX } from "../../shared/limits.ts";
import { type Grant, idOfToken, isExpired } from "../../shared/token.ts";
import { addMs, type Instant } from "../../shared/types.ts";
import type { Env } from "../context.ts";
import { callNamespace } from "./object.ts";

interface Known {
  readonly token: StoredToken | null;
  /** Counted from before it was asked for, so that nothing is believed too long. */
  readonly until: Instant;
}

const known = new Map<string, Known>();
const encoder = new TextEncoder();

/** What a token of the namespace allows; null where the text is none that is valid now. */
export async function grantOfToken(
  env: Env,
  namespace: string,
  text: string,
  now: Instant,
): Promise<Grant | null> {
  const id = idOfToken(text);
  if (id === null) return null;
  const token = await tokenOf(env, namespace, id, now);
  const hash = await hashOfToken(text);
  if (token === null || isExpired(token, now)) return null;
  if (!crypto.subtle.timingSafeEqual(hash, token.hash)) return null;
  return {
    scopes: token.scopes,
    prefix: token.prefix,
    root: false,
    expiresAt: token.expiresAt,
  };
}

/** What is kept of a token. A fast hash serves: the secret is random, and nobody can go through 2^256. */
export async function hashOfToken(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

/** Makes this isolate ask anew for a token, which it has just revoked itself. */
export function forgetToken(namespace: string, id: string): void {
  known.delete(placeOf(namespace, id));
}

async function tokenOf(
  env: Env,
  namespace: string,
  id: string,
  now: Instant,
): Promise<StoredToken | null> {
  const place = placeOf(namespace, id);
  const remembered = known.get(place);
  if (remembered !== undefined && now < remembered.until) return remembered.token;
  const token = await callNamespace(env, namespace, (object) => object.token(id));
  // The oldest go first. Deleting before setting moves a place to the end.
  known.delete(place);
  for (const oldest of known.keys()) {
    if (known.size < TOKENS_CACHED_MAX) break;
    known.delete(oldest);
  }
  known.set(place, { token, until: addMs(now, TOKEN_CACHE_MS) });
  return token;
}

const placeOf = (namespace: string, id: string): string => `${namespace}/${id}`;
