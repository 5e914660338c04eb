/**
 * A namespace, as a Durable Object: one an entire namespace, asked rarely, since every isolate remembers
 * what it answered.
 *
 * Refusals are answers, never exceptions: an exception's own properties do not survive the journey.
 * Every call may be made twice, by the runtime or by a Worker that lost its answer, and means the same.
 */
import { DurableObject } from "cloudflare:workers";
import type { ErrorCode } from "../shared/errors.ts";
import { TOKENS_MAX } from "../shared/limits.ts";
import type { NamespaceConfig } from "../shared/namespace.ts";
import { allowsToken, type TokenRecord } from "../shared/token.ts";
import type { Instant } from "../shared/types.ts";
import { NamespaceStore, type StoredToken } from "./namespace-store.ts";
import { ObjectSql } from "./sql.ts";

export type NamespaceRefusal = {
  readonly type: "refused";
  readonly code: ErrorCode;
  readonly detail: string;
};

const refuse = (code: ErrorCode, detail: string): NamespaceRefusal => ({
  type: "refused",
  code,
  detail,
});

const NOT_FOUND = refuse("namespace-not-found", "this namespace was never created");

export class Namespace extends DurableObject {
  readonly #store = new NamespaceStore(new ObjectSql(this.ctx.storage.sql));

  /** The settings; null for a namespace that was never created. */
  config(): NamespaceConfig | null {
    return this.#store.config;
  }

  /** Creates the namespace unless it exists. The answer's settings are those that count. */
  create(asked: NamespaceConfig): { created: boolean; config: NamespaceConfig } {
    return this.#store.create(asked);
  }

  /** What a token's id stands for; null where it was never given out, or was revoked. */
  token(id: string): StoredToken | null {
    return this.#store.token(id);
  }

  /** The namespace's valid tokens under `prefix`, oldest first. */
  tokens(prefix: string): { type: "tokens"; tokens: TokenRecord[] } | NamespaceRefusal {
    if (this.#store.config === null) return NOT_FOUND;
    const tokens = this.#store
      .tokens(now())
      .filter((token) => token.prefix.startsWith(prefix))
      .map(({ hash: _, ...token }) => token);
    return { type: "tokens", tokens };
  }

  addToken(token: StoredToken): { type: "added" } | NamespaceRefusal {
    if (this.#store.config === null) return NOT_FOUND;
    this.#store.purge(now());
    if (this.#store.tokens(now()).length >= TOKENS_MAX && this.#store.token(token.id) === null) {
      return refuse(
        "bad-request",
        `the namespace has ${TOKENS_MAX} tokens, and no more may be made before one is revoked`,
      );
    }
    this.#store.add(token);
    return { type: "added" };
  }

  /** Revokes a token, by someone who may touch those under `prefix`. */
  revokeToken(id: string, prefix: string): { type: "revoked" } | NamespaceRefusal {
    if (this.#store.config === null) return NOT_FOUND;
    const token = this.#store.token(id);
    if (token === null) return refuse("not-found", "the namespace has no token of this id");
    if (!allowsToken({ scopes: [], prefix, root: false, expiresAt: null }, token)) {
      return refuse("forbidden", `that token reaches beyond ${JSON.stringify(prefix)}`);
    }
    this.#store.remove(id);
    return { type: "revoked" };
  }
}

const now = (): Instant => Date.now() as Instant;
