/** What a token allows, and what its text looks like. */
import type { Instant } from "./types.ts";

export const SCOPES = ["read", "write", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

export interface Grant {
  readonly scopes: readonly Scope[];
  /** Keys the token may name: those that start with this. */
  readonly prefix: string;
  /** True for the deployment's root token, which may also create namespaces. */
  readonly root: boolean;
  /** When the token ceases to be valid; null where it does not. */
  readonly expiresAt: Instant | null;
}

/** What the deployment's root token allows: everything. */
export const ROOT_GRANT: Grant = { scopes: SCOPES, prefix: "", root: true, expiresAt: null };

/** A namespace's token as it is kept. */
export interface TokenRecord {
  readonly id: string;
  readonly scopes: readonly Scope[];
  readonly prefix: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
}

/** Whether `grant` allows `scope`. Each scope stands for itself alone. */
export function allowsScope(grant: Grant, scope: Scope): boolean {
  return grant.root || grant.scopes.includes(scope);
}

/** Whether `grant` allows a key. */
export function allowsKey(grant: Grant, key: string): boolean {
  return key.startsWith(grant.prefix);
}

/** Whether `grant` allows to see and to revoke a token. */
export function allowsToken(grant: Grant, token: { readonly prefix: string }): boolean {
  return token.prefix.startsWith(grant.prefix);
}

/**
 * Why the holder of `grant` may not make a token with this prefix and expiry; null where it may.
 *
 * `admin` may hand out any scope, for that is what the scope is for; but never reach beyond its own
 * prefix or outlive itself, or a restricted admin could lift its own restrictions.
 */
export function faultOfNewToken(
  grant: Grant,
  token: { readonly prefix: string; readonly expiresAt: Instant | null },
): string | null {
  if (!allowsToken(grant, token)) {
    return `this token may only make tokens whose prefix starts with ${JSON.stringify(grant.prefix)}`;
  }
  if (grant.expiresAt !== null && (token.expiresAt ?? Infinity) > grant.expiresAt) {
    return "this token may only make tokens that expire no later than itself";
  }
  return null;
}

export const isExpired = (token: { readonly expiresAt: Instant | null }, now: Instant): boolean =>
  token.expiresAt !== null && token.expiresAt <= now;

/** Every namespace token starts with this, so that scanners for leaked secrets can know it. */
const TOKEN_START = "hf_";
/** Characters of a ULID. */
const ID_CHARS = 26;
/** Bytes of a token's secret: as hard to guess as its SHA-256 is to invert. */
export const SECRET_BYTES = 32;
/** Characters of the secret in base64url without padding. */
const SECRET_CHARS = 43;
const TOKEN_PATTERN = /^hf_[0-7][0-9A-HJKMNP-TV-Z]{25}_[A-Za-z0-9_-]{43}$/;

export const TOKEN_CHARS = TOKEN_START.length + ID_CHARS + 1 + SECRET_CHARS;

export const tokenText = (id: string, secret: string): string => `${TOKEN_START}${id}_${secret}`;

/** The id within a token's text; null where the text is no token of a namespace. */
export function idOfToken(text: string): string | null {
  if (text.length !== TOKEN_CHARS || !TOKEN_PATTERN.test(text)) return null;
  return text.slice(TOKEN_START.length, TOKEN_START.length + ID_CHARS);
}
