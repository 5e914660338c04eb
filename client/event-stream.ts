/**
 * A stream of server-sent events that goes on: when it breaks, falls silent or is ended by the service, it is taken up again
 * behind the last event that was seen.
 */
import { errorOf, networkError, problemOf, timeoutError, unexpected } from "./answer.ts";
import { HoldfastError } from "./errors.ts";
import { EventParser, type ServerEvent } from "./event-parser.ts";
import type { CallOptions } from "./options.ts";
import { orAborted, Patience } from "./patience.ts";
import { backoff } from "./retry.ts";
import { aboutOf, type Call, type Transport } from "./transport.ts";

export interface StreamOptions extends CallOptions {
  /** Where to go on: behind this position, as an earlier stream of the same kind told it. */
  readonly after?: string | undefined;
  /** How long the stream may be silent before it is taken for broken; the service sends a sign of life every 15 seconds. */
  readonly silenceMs?: number | undefined;
  /**
   * Told once, when the service has said where the stream begins: nothing from then on is missed. What was there before can
   * be read now.
   */
  readonly onBegin?: ((position: string) => void) | undefined;
}

const SILENCE_MS_DEFAULT = 45_000;

const RETRY_MS_DEFAULT = 1_000;

const EVENT_STREAM = "text/event-stream";

/** What has no effect, and so can be asked again as often as needed. */
export type StreamCall = Pick<Call, "path" | "query">;

export class EventStream {
  readonly #transport: Transport;
  readonly #call: Call;
  readonly #options: StreamOptions;
  #position: string | null;
  /** How soon to come back after an end that nobody explained. */
  #retryMs = RETRY_MS_DEFAULT;
  /** The service ended the stream because it was not read fast enough: nothing stands in the way of going on. */
  #wasCutOff = false;
  #hasBegun = false;
  /** The connection that is, or was last, has begun. */
  #isOpen = false;

  constructor(transport: Transport, call: StreamCall, options: StreamOptions) {
    this.#transport = transport;
    this.#call = { ...call, method: "GET", hasDeadline: true, repeatable: "read" };
    this.#options = options;
    this.#position = options.after ?? null;
  }

  /** Behind what has been seen; null before the service has said where the stream begins. */
  get position(): string | null {
    return this.#position;
  }

  /**
   * The events, each seen once. They end only with their consumer, or with an error: the caller's reason to abort, what
   * the service refuses, or that it could not be reached for as long as a call may take.
   */
  async *events(): AsyncGenerator<StreamEvent, void, undefined> {
    const { ports } = this.#transport;
    const signals = [this.#options.signal, this.#transport.signal];
    const whole = new Patience(ports, Number.POSITIVE_INFINITY, signals);
    const limitMs = this.#transport.timeoutMsOf(this.#options);
    /** Since when the service has not been reached, and how often it was tried. */
    let awaySince = ports.now();
    let failures = 0;
    try {
      for (;;) {
        let pauseMs = 0;
        this.#isOpen = false;
        try {
          for await (const event of this.#connection(whole)) if (isNews(event)) yield event;
          failures = 0;
          awaySince = ports.now();
          pauseMs = this.#retryMs * (0.5 + ports.random() / 2);
        } catch (fault) {
          whole.throwIfAborted();
          if (!(fault instanceof HoldfastError) || !fault.retryable) throw fault;
          failures = this.#isOpen ? 1 : failures + 1;
          if (this.#isOpen) awaySince = ports.now();
          pauseMs = Math.max(fault.retryAfterMs ?? 0, backoff(failures, ports.random()));
          if (ports.now() - awaySince + pauseMs >= limitMs) throw fault;
        }
        await ports.sleep(this.#wasCutOff ? 0 : pauseMs, whole.signal);
        whole.throwIfAborted();
      }
    } finally {
      whole.end();
    }
  }

  /** What one connection brings, until it ends. */
  async *#connection(whole: Patience): AsyncGenerator<ServerEvent, void, undefined> {
    const { ports } = this.#transport;
    this.#wasCutOff = false;
    const life = new Patience(ports, Number.POSITIVE_INFINITY, [whole.signal]);
    let reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
    try {
      const attemptMs = Math.min(
        this.#transport.attemptTimeoutMs,
        this.#transport.timeoutMsOf(this.#options),
      );
      const body = await this.#within(attemptMs, this.#open(attemptMs, life.signal), life);
      this.#isOpen = true;
      reader = body.getReader();
      const parser = new EventParser();
      const silenceMs = this.#options.silenceMs ?? SILENCE_MS_DEFAULT;
      for (;;) {
        const { done, value } = await this.#within(silenceMs, this.#read(reader), life);
        if (done) return;
        const events = parser.push(value);
        this.#retryMs = parser.retryMs ?? this.#retryMs;
        for (const event of events) {
          this.#position = event.id ?? this.#position;
          this.#tellBeginning();
          this.#wasCutOff = event.event === "cut-off";
          yield event;
        }
      }
    } finally {
      life.end();
      // Not every fetcher heeds the signal. What cancelling comes to matters no more: the connection is over.
      reader?.cancel().catch(() => {});
    }
  }

  #tellBeginning(): void {
    if (this.#hasBegun || this.#position === null) return;
    this.#hasBegun = true;
    this.#options.onBegin?.(this.#position);
  }

  async #open(limitMs: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const about = aboutOf(this.#call);
    const headers: Record<string, string> = { Accept: EVENT_STREAM };
    if (this.#position !== null) headers["Last-Event-ID"] = this.#position;
    const { url, init } = await this.#transport.request(
      { ...this.#call, headers },
      limitMs,
      signal,
    );
    const response = await this.#transport.fetch(url, init).catch((cause: unknown) => {
      throw networkError(cause, about);
    });
    const type = response.headers.get("Content-Type") ?? "";
    if (response.ok && response.body !== null && type.startsWith(EVENT_STREAM)) {
      return response.body;
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.ok) throw unexpected(response, about, "it is no stream of events");
    throw errorOf(response.status, response.headers, problemOf(response.headers, bytes), about);
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>) {
    return reader.read().catch((cause: unknown) => {
      throw networkError(cause, aboutOf(this.#call));
    });
  }

  /** What a promise comes to, unless it takes too long or the stream is to end. */
  async #within<Value>(limitMs: number, promise: Promise<Value>, life: Patience): Promise<Value> {
    const patience = new Patience(this.#transport.ports, limitMs, [life.signal]);
    try {
      return await orAborted(promise, patience.signal);
    } catch (fault) {
      if (patience.timedOut) throw timeoutError(limitMs, aboutOf(this.#call));
      throw fault;
    } finally {
      patience.end();
    }
  }
}

/** An event with something to say. */
export type StreamEvent = ServerEvent & { readonly data: string };

/** Events that say where the stream ends, which is taken care of here. */
const FAREWELLS: readonly string[] = ["cut-off", "end"];

const isNews = (event: ServerEvent): event is StreamEvent =>
  event.data !== null && !FAREWELLS.includes(event.event);
