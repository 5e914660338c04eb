/** What locks and elections have in common: acquiring, keeping and giving back something held by one at a time. */
import { bodyOf, type SentAt } from "./answer.ts";
import { HoldfastError } from "./errors.ts";
import { namedPath } from "./key-path.ts";
import { Lease, type LeaseCalls, Term } from "./lease.ts";
import type { CallOptions } from "./options.ts";
import { Patience } from "./patience.ts";
import type { Ports } from "./ports.ts";
import { backoff } from "./retry.ts";
import { ask, keyOfWrite, type Scope } from "./scope.ts";
import { aboutOf, type Call } from "./transport.ts";

export interface HoldOptions extends CallOptions {
  /** For how long it is held unless it is renewed, which the client does; 10 seconds by default. */
  readonly ttlMs?: number | undefined;
  /** For how long to wait while another holds it, in order of arrival. */
  readonly waitMs?: number | undefined;
}

export const TTL_MS_DEFAULT = 10_000;

/** How long a release is tried at least, however short the time to live. */
const RELEASE_MS_MIN = 1_000;

/** How long one request waits: proxies end those that are silent for a minute. */
const WAIT_MS_MAX = 50_000;

/** A request that took longer has waited for what it asked for. */
const PAUSE_AFTER_MS = 1_000;

/** What is to be held, and how the service calls things there. */
export interface Subject {
  readonly scope: Scope;
  readonly resource: "locks" | "elections";
  readonly name: string;
  /** The members of the request beside its times: who asks. */
  readonly asker: Readonly<Record<string, unknown>>;
}

/** Something held, until it is released or lost. */
export class Holding {
  /** The fencing token: it grows with every grant. Give it to whatever is protected, to refuse lower ones. */
  readonly token: number;
  readonly #lease: Lease;
  readonly #calls: Calls;
  readonly #patience: Patience;

  constructor(scope: Scope, options: HoldOptions, granted: Granted) {
    const { transport } = scope;
    this.token = granted.token;
    this.#calls = granted.calls;
    this.#lease = new Lease(transport.ports, granted.ttlMs, granted.sentAt, granted.calls);
    const signals = [options.signal, transport.signal];
    this.#patience = new Patience(transport.ports, Number.POSITIVE_INFINITY, signals);
    const { signal } = this.#patience;
    if (signal.aborted) this.#lease.abort(signal.reason);
    signal.addEventListener("abort", () => this.#lease.abort(signal.reason));
    this.#lease.keep();
  }

  /** Aborts when it is lost, with the error that says why; when its holder's own signal does; and when it is released. */
  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  /** Gives it back. That it had been lost before is `lock-lost`. */
  async release(): Promise<void> {
    try {
      await this.#lease.release();
    } catch (fault) {
      if (fault instanceof HoldfastError && fault.code === "lock-lost") throw fault;
      // Whatever else went wrong, it is given up, and ends by itself when its time to live is over.
    } finally {
      this.#patience.end();
    }
  }

  /** Does work under it, and gives it back. Work that has returned although it was lost is `lock-lost` as well. */
  async during<Value>(work: () => Value | Promise<Value>): Promise<Value> {
    let value: Value;
    try {
      value = await work();
    } catch (fault) {
      await this.release().catch(unlessLost);
      throw fault;
    }
    await this.release();
    return value;
  }

  /** Renews it with other members than before. */
  protected change(members: Readonly<Record<string, unknown>>): Promise<void> {
    return this.#calls.change(members);
  }
}

/** What was granted, and when that was asked for. */
interface Granted {
  readonly token: number;
  readonly ttlMs: number;
  readonly sentAt: SentAt;
  readonly calls: Calls;
}

interface Calls extends LeaseCalls {
  readonly change: (members: Readonly<Record<string, unknown>>) => Promise<void>;
}

/** Acquires it, waiting as long as it may. */
export async function acquire(
  subject: Subject,
  waitMs: number,
  options: HoldOptions,
): Promise<Granted> {
  const { transport } = subject.scope;
  const { ports } = transport;
  const patience = new Patience(ports, waitMs, [options.signal, transport.signal]);
  try {
    for (let tries = 1; ; tries++) {
      const askedAt = ports.now();
      const granted = await askFor(subject, patience.leftMs, options).catch((fault: unknown) => {
        if (patience.leftMs > 0 && isCode(fault, "lock-held")) return null;
        throw fault;
      });
      const fresh = granted === null ? null : await freshened(granted, ports);
      if (fresh !== null) return fresh;
      // Whoever has waited asks again at once; a refusal that came at once is not to be hurried.
      if (ports.now() - askedAt > PAUSE_AFTER_MS) tries = 1;
      await ports.sleep(backoff(tries, ports.random()), patience.signal);
      patience.throwIfAborted();
    }
  } finally {
    patience.end();
  }
}

async function askFor(subject: Subject, leftMs: number, options: HoldOptions): Promise<Granted> {
  const { scope, asker } = subject;
  const { transport } = scope;
  const ttlMs = options.ttlMs ?? TTL_MS_DEFAULT;
  const waitMs = Math.floor(Math.min(WAIT_MS_MAX, leftMs));
  const call: Call = {
    method: "POST",
    path: pathOf(subject),
    body: () => json({ ...asker, ttlMs, waitMs }),
    hasDeadline: true,
    waitMs,
    repeatable: "keyed",
    idempotencyKey: keyOfWrite(scope, undefined),
    final: ["lock-held"],
  };
  const timeoutMs = transport.timeoutMsOf(options) + waitMs;
  const answer = await ask(scope, call, { signal: options.signal, timeoutMs });
  const { token } = bodyOf<{ readonly token: number }>(answer, aboutOf(call));
  return { token, ttlMs, sentAt: answer.sentAt, calls: callsOf(subject, token, ttlMs) };
}

/**
 * Renewed, where waiting has used up some of the time to live, which counts from when the request was sent. Null where it
 * was lost meanwhile.
 */
async function freshened(granted: Granted, ports: Ports): Promise<Granted | null> {
  const { sentAt, ttlMs, calls } = granted;
  if (new Term(sentAt, ttlMs).untilRenewalMs(ports) > 0) return granted;
  const renewedAt = await calls.renew(ttlMs).catch(unlessLost);
  return renewedAt === null ? null : { ...granted, sentAt: renewedAt };
}

function callsOf(subject: Subject, token: number, ttlMs: number): Calls {
  const { scope } = subject;
  const { transport } = scope;
  const path = pathOf(subject);
  return {
    // It needs no key: to renew twice is to renew once. Each try counts from when it was sent itself.
    async renew(timeoutMs) {
      const call: Call = {
        method: "PUT",
        path,
        body: () => json({ token, ttlMs }),
        hasDeadline: true,
        attemptMs: timeoutMs,
        repeatable: "idempotent",
      };
      return (await ask(scope, call, { timeoutMs })).sentAt;
    },
    async change(members) {
      await write({ method: "PUT", path, body: () => json({ token, ttlMs, ...members }) });
    },
    async release() {
      // After its time to live there is nothing left to release.
      await write(
        { method: "DELETE", path, query: { token } },
        Math.min(Math.max(ttlMs, RELEASE_MS_MIN), transport.timeoutMsOf({})),
      );
    },
  };

  async function write(
    call: Pick<Call, "method" | "path" | "query" | "body">,
    timeoutMs?: number,
  ): Promise<void> {
    const idempotencyKey = keyOfWrite(scope, undefined);
    const keyed = { ...call, hasDeadline: true, repeatable: "keyed", idempotencyKey } as const;
    await ask(scope, keyed, { timeoutMs });
  }
}

const pathOf = ({ scope, resource, name }: Subject): string =>
  namedPath(scope.namespace, resource, name);

const json = (body: unknown) => ({
  content: JSON.stringify(body),
  contentType: "application/json",
});

const isCode = (fault: unknown, code: string): boolean =>
  fault instanceof HoldfastError && fault.code === code;

/** Null where it was lost; what else went wrong is thrown. */
function unlessLost(fault: unknown): null {
  if (isCode(fault, "lock-lost")) return null;
  throw fault;
}
