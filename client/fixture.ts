/** A world for the client's tests: a service that answers as it is told, and clocks that go on only when nothing else can. */
import { Holdfast, type HoldfastOptions, type Ports } from "./index.ts";

export interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
  readonly json: unknown;
  readonly signal: AbortSignal;
  readonly redirect: string | undefined;
  /** When it was sent, on the world's clock. */
  readonly at: number;
}

/** An answer, a fault of the network, or silence. */
export type Reply = Response | Error | "silence";

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

export class World {
  readonly sent: Sent[] = [];
  readonly ports: Ports;
  #now = 0;
  #aheadMs = 0;
  #ids = 0;
  readonly #sleepers = new Set<Sleeper>();
  readonly #respond: (sent: Sent, count: number) => Reply | Promise<Reply>;

  /** @param respond answers a request, the first with a count of 1. */
  constructor(respond: (sent: Sent, count: number) => Reply | Promise<Reply>) {
    this.#respond = respond;
    this.ports = {
      now: () => this.#now,
      wallNow: () => 1_700_000_000_000 + this.#now + this.#aheadMs,
      sleep: (ms, signal) => this.sleep(ms, signal),
      random: () => 0.5,
      uniqueId: () => `id-${++this.#ids}`,
    };
  }

  get now(): number {
    return this.#now;
  }

  /** The clock that people read goes ahead of the other one, as while a machine sleeps. */
  suspend(ms: number): void {
    this.#aheadMs += ms;
  }

  connect(options: Partial<HoldfastOptions> = {}): Holdfast {
    const url = "https://holdfast.example";
    return new Holdfast({ url, token: "secret", fetch: this.fetch, ports: this.ports, ...options });
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const body = typeof init.body === "string" ? init.body : "";
    const signal = init.signal as AbortSignal;
    const sent: Sent = {
      method: init.method ?? "GET",
      url: new URL(url),
      headers: new Headers(init.headers),
      body,
      json: body.startsWith("{") ? JSON.parse(body) : undefined,
      signal,
      redirect: init.redirect,
      at: this.#now,
    };
    this.sent.push(sent);
    const reply = await this.#respond(sent, this.sent.length);
    if (reply === "silence") return new Promise(() => {});
    if (reply instanceof Error) throw reply;
    return reply;
  };

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        at: this.#now + Math.max(0, ms),
        wake: () => {
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", sleeper.wake);
    });
  }

  /** Runs until the promise is settled, going on to the next sleeper's time whenever nothing else can happen. */
  async until<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    for (;;) {
      await settled();
      if (isSettled) return promise;
      const next = [...this.#sleepers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined) throw new Error("nothing can happen any more");
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
  }

  /** The error that a promise comes to. */
  async failureOf(promise: Promise<unknown>): Promise<unknown> {
    return this.until(
      promise.then(
        (value) => {
          throw new Error(`it came to ${JSON.stringify(value)}`);
        },
        (error: unknown) => error,
      ),
    );
  }

  /** Lets time pass. */
  pass(ms: number): Promise<void> {
    return this.until(this.sleep(ms));
  }
}

/** All that can happen without time going on has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const RECEIPT = {
  "Holdfast-Revision": "7",
  "Holdfast-Consistency": "strong",
  "Holdfast-Region": "weur",
  "Holdfast-Term": "1.0",
  "Holdfast-Staleness-Ms": "0",
  "Holdfast-Bookmark": "1.a-7",
  "Holdfast-Cost": "calls=1, rows=2",
  "Holdfast-Request-Id": "request.1",
};

export const json = (
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Response => Response.json(body, { status, headers: { ...RECEIPT, ...headers } });

const PROBLEMS = {
  "key-not-found": [404, true, false],
  "not-found": [404, true, false],
  "transaction-not-found": [404, true, false],
  "precondition-failed": [412, true, false],
  "bad-request": [400, true, false],
  forbidden: [403, true, false],
  "transaction-conflict": [409, true, true],
  "lock-held": [409, true, true],
  "lock-lost": [409, true, false],
  "revision-compacted": [410, true, false],
  overloaded: [429, true, true],
  internal: [500, false, true],
  "no-quorum": [503, true, true],
  "deadline-exceeded": [504, false, true],
} as const;

export function problem(
  code: keyof typeof PROBLEMS,
  members: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Response {
  const [status, definite, retryable] = PROBLEMS[code];
  const body = { type: `/docs/errors#${code}`, title: code, status, detail: `it is ${code}` };
  return Response.json(
    { ...body, instance: "/", code, definite, retryable, ...members },
    { status, headers: { ...RECEIPT, ...headers, "Content-Type": "application/problem+json" } },
  );
}

/** A stream of server-sent events, as its test feeds it. */
export class Feed {
  readonly response: Response;
  /** Resolves when its reader has left. */
  readonly left: Promise<void>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(headers: Readonly<Record<string, string>> = {}) {
    let leave = () => {};
    this.left = new Promise((resolve) => {
      leave = resolve;
    });
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => leave(),
    });
    this.response = new Response(body, {
      headers: { ...RECEIPT, "Content-Type": "text/event-stream", ...headers },
    });
  }

  push(text: string): void {
    this.#controller?.enqueue(new TextEncoder().encode(text));
  }

  /** One event, as the service writes it. */
  event(event: string, id: string, data: unknown = {}): void {
    this.push(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  end(): void {
    this.#controller?.close();
  }

  break(): void {
    this.#controller?.error(new TypeError("terminated"));
  }
}
