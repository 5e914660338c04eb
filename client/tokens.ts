/** Tokens: who may do what in a namespace. */
import { bodyOf } from "./answer.ts";
import type { CreatedToken, NewToken, RevokedToken, Token, Tokens as TokenList } from "./api.ts";
import type { CallOptions } from "./options.ts";
import type { Scope } from "./scope.ts";
import { aboutOf, type Call } from "./transport.ts";

export class Tokens {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** Makes a token, and shows it this once. */
  create(token: NewToken, options: CallOptions = {}): Promise<CreatedToken> {
    const body = { content: JSON.stringify(token), contentType: "application/json" };
    return this.#ask<CreatedToken>(
      { method: "POST", path: this.#path, body: () => body, repeatable: "never" },
      options,
    );
  }

  /** The valid tokens, oldest first, without their secrets. */
  async list(options: CallOptions = {}): Promise<readonly Token[]> {
    const call = { method: "GET", path: this.#path, repeatable: "read" } as const;
    return (await this.#ask<TokenList>(call, options)).tokens;
  }

  /** Has a token cease to work, everywhere within half a minute. */
  revoke(id: string, options: CallOptions = {}): Promise<RevokedToken> {
    const path = `${this.#path}/${encodeURIComponent(id)}`;
    return this.#ask<RevokedToken>({ method: "DELETE", path, repeatable: "never" }, options);
  }

  get #path(): string {
    return `${this.#scope.namespace}/tokens`;
  }

  async #ask<Body>(call: Call, options: CallOptions): Promise<Body> {
    return bodyOf<Body>(await this.#scope.transport.send(call, options), aboutOf(call));
  }
}
