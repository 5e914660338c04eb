/**
 * Whether the service can be reached at all.
 *
 * The client tries again whatever may pass. Where nobody listens at an address, there is no such host or its certificate
 * is not trusted, a person is better told at once; unless it has answered before, for then it will be back.
 */
import type { FetchFunction } from "../client/index.ts";

export class Unreachable extends Error {
  override readonly name = "Unreachable";
  readonly url: URL;

  constructor(url: URL, reason: string, cause: unknown) {
    super(reason, { cause });
    this.url = url;
  }
}

/** Codes of Node's errors, in words. No request leaves before a connection stands, so none has had an effect. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED$/, "nobody listens there"],
  [/^(ENOTFOUND|EAI_NODATA|EAI_NONAME)$/, "there is no such host"],
  [/^EAI_AGAIN$/, "its name could not be looked up"],
  [/^(EHOSTUNREACH|ENETUNREACH|ENETDOWN)$/, "there is no way to it"],
  [/^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/, "its certificate is not good"],
];

export class Reach {
  readonly #url: URL;
  readonly #fetch: FetchFunction;
  readonly #givenUp = new AbortController();
  /** Whether any request may have left. */
  #mayHaveArrived = false;

  constructor(url: URL, fetch: FetchFunction) {
    this.#url = url;
    this.#fetch = fetch;
  }

  /** Aborts with {@link Unreachable}. */
  get signal(): AbortSignal {
    return this.#givenUp.signal;
  }

  readonly fetch: FetchFunction = async (url, init) => {
    try {
      const response = await this.#fetch(url, init);
      this.#mayHaveArrived = true;
      return response;
    } catch (fault) {
      const reason = reasonIn(fault);
      if (reason === undefined) this.#mayHaveArrived = true;
      else if (!this.#mayHaveArrived) {
        this.#givenUp.abort(new Unreachable(this.#url, reason, fault));
      }
      throw fault;
    }
  };
}

function reasonIn(fault: unknown): string | undefined {
  for (let error = fault; error instanceof Error; error = error.cause) {
    const code = "code" in error ? String(error.code) : "";
    const found = REASONS.find(([pattern]) => pattern.test(code));
    if (found !== undefined) return found[1];
  }
  return undefined;
}
