/** What a client is made with, and what any call may say. */
import type { Ports } from "./ports.ts";

/** `fetch` itself, or whatever has one: a service binding of a Worker. */
export type Fetcher = FetchFunction | { readonly fetch: FetchFunction };

export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

/** The root token or a namespace's token, or what gives one each time it is needed. */
export type TokenSource = string | (() => string | Promise<string>);

export interface HoldfastOptions {
  /** Where the service is. Behind a service binding any origin will do, and it may be left out. */
  readonly url?: string | URL | undefined;
  readonly token: TokenSource;
  /** What sends requests. The global `fetch` by default. */
  readonly fetch?: Fetcher | undefined;
  /** `default`, unless another is named. */
  readonly namespace?: string | undefined;
  /** How long a call may take in all, tries and pauses included. 30 seconds by default. */
  readonly timeoutMs?: number | undefined;
  /** How long one try of a call may take. 10 seconds by default. */
  readonly attemptTimeoutMs?: number | undefined;
  /** Aborts every call of this client, watches included. */
  readonly signal?: AbortSignal | undefined;
  /** Clocks, sleep and chance, for tests. */
  readonly ports?: Partial<Ports> | undefined;
}

export interface CallOptions {
  /** Aborts the call, which then throws the signal's reason. A write may have taken effect all the same. */
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take in all, tries and pauses included. */
  readonly timeoutMs?: number | undefined;
}

export interface WriteCallOptions extends CallOptions {
  /**
   * Names the write: a repeat under the same key within 24 hours has no second effect and gets the first answer. The
   * client makes one up for every write; give your own to be able to repeat it later, or after a restart. With null the
   * write carries none: it writes a row less, and is tried again only where it certainly had no effect.
   */
  readonly idempotencyKey?: string | null | undefined;
}

export const TIMEOUT_MS_DEFAULT = 30_000;
export const ATTEMPT_TIMEOUT_MS_DEFAULT = 10_000;
export const NAMESPACE_DEFAULT = "default";

/** What stands for the service behind a binding, where requests never leave the platform. */
export const BINDING_URL = "https://holdfast.invalid";
