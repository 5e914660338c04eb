/**
 * From a call to its answer: one try after the other, within the call's time.
 *
 * Every try is bounded by itself and tells the service less time than it waits, so that what comes back is an answer
 * and not silence.
 */
import {
  type About,
  type Answer,
  type Expected,
  errorOf,
  networkError,
  problemOf,
  timeoutError,
} from "./answer.ts";
import { changed, HoldfastError } from "./errors.ts";
import {
  ATTEMPT_TIMEOUT_MS_DEFAULT,
  BINDING_URL,
  type CallOptions,
  type FetchFunction,
  type HoldfastOptions,
  TIMEOUT_MS_DEFAULT,
  type TokenSource,
} from "./options.ts";
import { orAborted, Patience } from "./patience.ts";
import { type Ports, platform } from "./ports.ts";
import { pauseBeforeRetry, type Repeatable } from "./retry.ts";
import type { Seen } from "./seen.ts";

/** One request of the API, which may be sent several times. */
export interface Call {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Behind `/v1/`, encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | null | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for each try, which is told how long it may take. */
  readonly body?: (attemptMs: number) => Body;
  readonly repeatable: Repeatable;
  readonly idempotencyKey?: string | null;
  /** Whether the service takes the header that says how long it may take. */
  readonly hasDeadline?: boolean;
  /** How long one try may take, where that is not the client's usual time. */
  readonly attemptMs?: number;
  /** How long the service waits for something beside that: it counts it beside the deadline, too. */
  readonly waitMs?: number;
  /** Problems that the caller takes for answers. */
  readonly expected?: Expected;
  /** Problems that are not tried again, whatever they say of themselves. */
  readonly final?: Expected;
  /** What has been seen: said with every try, and told what its answer shows. */
  readonly seen?: Seen;
  /** Told of every try that failed. */
  readonly onFailure?: (error: HoldfastError) => void;
}

interface Body {
  readonly content: string | Uint8Array;
  readonly contentType: string;
}

/** The longest deadline that the service takes. */
const SERVICE_DEADLINE_MS_MAX = 30_000;

/** How much less time than a try has the service is told, for its answer has to travel. */
const TRAVEL_MS = 500;

export class Transport {
  readonly ports: Ports;
  readonly attemptTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly #base: string;
  readonly #token: TokenSource;
  readonly #fetch: FetchFunction;
  readonly #timeoutMs: number;

  constructor(options: HoldfastOptions) {
    const { fetch = globalThis.fetch, url, ports } = options;
    // Not by `typeof`: some bindings can be called as functions are.
    const isBinding = "fetch" in fetch;
    // A binding's method belongs to the binding, and the platform's own function to nobody.
    this.#fetch = isBinding ? (to, init) => fetch.fetch(to, init) : (to, init) => fetch(to, init);
    if (url === undefined && !isBinding) throw new TypeError("a client needs the service's `url`");
    this.#base = baseOf(url ?? BINDING_URL);
    this.#token = options.token;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS_DEFAULT;
    this.attemptTimeoutMs = options.attemptTimeoutMs ?? ATTEMPT_TIMEOUT_MS_DEFAULT;
    this.signal = options.signal;
    this.ports = { ...platform, ...ports };
  }

  timeoutMsOf({ timeoutMs }: CallOptions): number {
    return timeoutMs ?? this.#timeoutMs;
  }

  /** The answer; every other end of the call is an error, or its caller's reason to abort it. */
  async send(call: Call, options: CallOptions): Promise<Answer> {
    const timeoutMs = this.timeoutMsOf(options);
    const patience = new Patience(this.ports, timeoutMs, [options.signal, this.signal]);
    try {
      return await this.#sendWithin(call, patience, timeoutMs);
    } finally {
      patience.end();
    }
  }

  async #sendWithin(call: Call, patience: Patience, timeoutMs: number): Promise<Answer> {
    const about = aboutOf(call);
    const firstAt = { now: this.ports.now(), wallNow: this.ports.wallNow() };
    let isCertain = true;
    for (let tries = 1; ; tries++) {
      patience.throwIfAborted();
      if (patience.leftMs <= 0) throw timeoutError(timeoutMs, about);
      const outcome = await this.#try(call, patience);
      if (!(outcome instanceof HoldfastError)) {
        return call.repeatable === "keyed" ? { ...outcome, sentAt: firstAt } : outcome;
      }
      call.onFailure?.(outcome);
      // An earlier try may yet have its effect, unless this one's answer stands for all under the key.
      isCertain = (isCertain && outcome.definite) || isForAll(outcome);
      const error =
        outcome.definite && !isCertain ? changed(outcome, { definite: false }) : outcome;
      const pauseMs = call.final?.includes(error.code as never)
        ? null
        : pauseBeforeRetry({
            error: outcome,
            repeatable: call.repeatable,
            tries,
            leftMs: patience.leftMs,
            random: this.ports.random(),
          });
      if (pauseMs === null) throw error;
      await this.ports.sleep(pauseMs, patience.signal);
    }
  }

  /** One try. Only its caller's reason to abort is thrown. */
  async #try(call: Call, outer: Patience): Promise<Answer | HoldfastError> {
    const about = aboutOf(call);
    const attemptMs = (call.attemptMs ?? this.attemptTimeoutMs) + (call.waitMs ?? 0);
    const limitMs = Math.min(attemptMs, outer.leftMs);
    const patience = new Patience(this.ports, limitMs, [outer.signal]);
    const said = call.seen?.bookmark ?? null;
    try {
      const sentAt = { now: this.ports.now(), wallNow: this.ports.wallNow() };
      const received = this.#receive(call, limitMs, patience.signal, about);
      const { response, bytes } = await orAborted(received, patience.signal);
      const { status, headers } = response;
      const shown = headers.get("Holdfast-Bookmark");
      if (response.ok || shown !== null) call.seen?.saw(shown, said);
      if (response.ok) return { status, headers, bytes, problem: null, sentAt };
      const problem = problemOf(headers, bytes);
      if (problem !== null && call.expected?.includes(problem.code)) {
        return { status, headers, bytes, problem, sentAt };
      }
      return errorOf(status, headers, problem, about);
    } catch (fault) {
      outer.throwIfAborted();
      if (fault instanceof HoldfastError) return fault;
      if (patience.signal.aborted) return timeoutError(limitMs, about);
      throw fault;
    } finally {
      patience.end();
    }
  }

  /** What a fetcher throws is a fault of the network; what else is thrown is somebody's mistake. */
  async #receive(call: Call, limitMs: number, signal: AbortSignal, about: About) {
    const { url, init } = await this.request(call, limitMs, signal);
    try {
      const response = await this.#fetch(url, init);
      return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
    } catch (cause) {
      throw networkError(cause, about);
    }
  }

  /** A call as `fetch` takes it. */
  async request(call: Call, limitMs: number, signal: AbortSignal) {
    const token = typeof this.#token === "string" ? this.#token : await this.#token();
    const headers = new Headers(call.headers);
    headers.set("Authorization", `Bearer ${token}`);
    const said = call.seen?.bookmark;
    if (said) headers.set("Holdfast-Bookmark", said);
    if (call.idempotencyKey) headers.set("Idempotency-Key", call.idempotencyKey);
    if (call.hasDeadline) {
      const deadlineMs = deadlineWithin(limitMs - (call.waitMs ?? 0));
      headers.set("Holdfast-Deadline-Ms", String(deadlineMs));
    }
    const init: RequestInit = { method: call.method, headers, signal, redirect: "manual" };
    if (call.body !== undefined) {
      const { content, contentType } = call.body(limitMs);
      headers.set("Content-Type", contentType);
      init.body = content as BodyInit;
    }
    return { url: `${this.#base}/v1/${call.path}${queryText(call.query ?? {})}`, init };
  }

  /** Sends once and gives the answer as it comes: for what streams. */
  fetch(url: string, init: RequestInit): Promise<Response> {
    return this.#fetch(url, init);
  }
}

export const aboutOf = ({ repeatable, idempotencyKey }: Call): About => ({
  isRead: repeatable === "read",
  idempotencyKey: idempotencyKey ?? null,
});

/** A refusal that the service records under the idempotency key: no other try under it can come to anything else. */
const isForAll = ({ code, idempotencyKey }: HoldfastError): boolean =>
  code === "precondition-failed" && idempotencyKey !== null;

/** What the service may take of a try's time. */
const deadlineWithin = (limitMs: number): number =>
  Math.round(
    Math.max(1, Math.min(SERVICE_DEADLINE_MS_MAX, limitMs - Math.min(TRAVEL_MS, limitMs / 4))),
  );

function baseOf(url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/+$/, "");
}

function queryText(query: NonNullable<Call["query"]>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : `${name}=${encodeURIComponent(value)}`,
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}
