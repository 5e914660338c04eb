/**
 * Who is asking: the root token, or a token of the namespace named in the path.
 *
 * The root token is compared at once and in constant time. A namespace's token is hashed, and compared
 * with what the namespace's object keeps of it. Paths outside any namespace (`/metrics`) take the
 * tokens of `default`: whoever administers that namespace runs the deployment.
 */
import { type Grant, ROOT_GRANT } from "../../shared/token.ts";
import type { Instant } from "../../shared/types.ts";
import type { Env } from "../context.ts";
import { grantOfToken } from "../namespaces/tokens.ts";

const SCHEME = "Bearer ";
const encoder = new TextEncoder();

/** The token of an `Authorization` header; null where there is none. */
export function bearerToken(header: string | null): string | null {
  if (header === null) return null;
  const scheme = header.slice(0, SCHEME.length);
  if (scheme !== SCHEME && scheme.toLowerCase() !== SCHEME.toLowerCase()) return null;
  const token = header.slice(SCHEME.length).trim();
  return token === "" ? null : token;
}

/** What the token allows in the namespace; null where it is not valid there. */
export function authenticate(
  env: Env,
  rootToken: Uint8Array,
  namespace: string,
  token: string,
): Grant | Promise<Grant | null> {
  if (isRootToken(token, rootToken)) return ROOT_GRANT;
  return grantOfToken(env, namespace, token, Date.now() as Instant);
}

/** Where a token's bytes are laid out to be compared; nothing awaits between writing and reading them. */
let scratch = new Uint8Array();

/** Takes as long for every token of the root token's length. */
export function isRootToken(token: string, rootToken: Uint8Array): boolean {
  if (scratch.byteLength !== rootToken.byteLength) scratch = new Uint8Array(rootToken.byteLength);
  const { read, written } = encoder.encodeInto(token, scratch);
  if (read !== token.length || written !== rootToken.byteLength) return false;
  return crypto.subtle.timingSafeEqual(scratch, rootToken);
}
