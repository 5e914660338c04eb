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

/** What a WebSocket's client may say, besides its token, among the protocols it offers. */
export const SUBPROTOCOL = "holdfast.v1";
const TOKEN_PROTOCOL = "bearer.";
const ENCODED_TOKEN_PROTOCOL = "base64url.bearer.";

/**
 * A request's token: of its `Authorization`, or, since a browser's WebSocket can set no header, among the protocols that it
 * offers. Kubernetes does the same.
 */
export function tokenOf(headers: Headers): string | null {
  const token = bearerToken(headers.get("Authorization"));
  if (token !== null || !isUpgrade(headers)) return token;
  for (const protocol of protocolsOf(headers)) {
    if (protocol.startsWith(TOKEN_PROTOCOL)) return protocol.slice(TOKEN_PROTOCOL.length);
    if (protocol.startsWith(ENCODED_TOKEN_PROTOCOL)) {
      return decodeBase64Url(protocol.slice(ENCODED_TOKEN_PROTOCOL.length));
    }
  }
  return null;
}

/** Whether a request wants to become a WebSocket. */
export const isUpgrade = (headers: Headers): boolean =>
  headers.get("Upgrade")?.toLowerCase() === "websocket";

/** The protocols that a WebSocket's client offers. */
export const protocolsOf = (headers: Headers): string[] =>
  (headers.get("Sec-WebSocket-Protocol") ?? "")
    .split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "");

function decodeBase64Url(text: string): string | null {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return null;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (unit) =>
      unit.charCodeAt(0),
    );
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
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
