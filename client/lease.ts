/**
 * What is held for a time and has to be renewed: a lock, or leadership.
 *
 * Its holder may rely on it for its time to live, counted from when the request that was answered was sent, never from
 * the answer, which may have been under way for long. It counts on two clocks, and the one that is ahead decides: the
 * one that only goes forward may stand still while a machine sleeps. The service counts longer than any holder does.
 */
import type { SentAt } from "./answer.ts";
import { HoldfastError } from "./errors.ts";
import type { Ports } from "./ports.ts";
import { backoff } from "./retry.ts";

/** How much of its time to live has passed when it is renewed. */
const RENEW_SHARE = 1 / 3;

/** How long before its end it is given up: whoever hears of it must have the time to stop. */
const MARGIN_MS_MAX = 500;
const MARGIN_SHARE = 1 / 5;

/** Until when a lease can be relied on, and when it is to be renewed. */
export class Term {
  readonly #sentAt: SentAt;
  readonly #ttlMs: number;

  constructor(sentAt: SentAt, ttlMs: number) {
    this.#sentAt = sentAt;
    this.#ttlMs = ttlMs;
  }

  leftMs(ports: Ports): number {
    const marginMs = Math.min(MARGIN_MS_MAX, this.#ttlMs * MARGIN_SHARE);
    return this.#ttlMs - marginMs - this.#passedMs(ports);
  }

  untilRenewalMs(ports: Ports): number {
    return this.#ttlMs * RENEW_SHARE - this.#passedMs(ports);
  }

  #passedMs({ now, wallNow }: Ports): number {
    return Math.max(now() - this.#sentAt.now, wallNow() - this.#sentAt.wallNow);
  }
}

/** What a lease's keeper asks of the service. */
export interface LeaseCalls {
  /** Renews it, in one try that takes no longer than it is given; gives when that was sent. */
  readonly renew: (timeoutMs: number) => Promise<SentAt>;
  readonly release: () => Promise<void>;
}

/** Renews a lease until it is released or lost. */
export class Lease {
  readonly #ports: Ports;
  readonly #ttlMs: number;
  readonly #calls: LeaseCalls;
  readonly #held = new AbortController();
  /** Ends the sleep between renewals. */
  readonly #ended = new AbortController();
  #term: Term;
  #lost: HoldfastError | null = null;
  /** Why the last renewal came to nothing. */
  #fault: unknown;

  constructor(ports: Ports, ttlMs: number, sentAt: SentAt, calls: LeaseCalls) {
    this.#ports = ports;
    this.#ttlMs = ttlMs;
    this.#calls = calls;
    this.#term = new Term(sentAt, ttlMs);
  }

  /** Aborts when the lease is lost, with the error that says why, or when its holder is to stop. */
  get signal(): AbortSignal {
    return this.#held.signal;
  }

  /** Has the holder stop, for a reason of its own. */
  abort(reason: unknown): void {
    this.#held.abort(reason);
  }

  /** Renews it as long as it is held. */
  async keep(): Promise<void> {
    for (let tries = 1; !this.#ended.signal.aborted; ) {
      const pauseMs =
        tries === 1
          ? this.#term.untilRenewalMs(this.#ports)
          : backoff(tries - 1, this.#ports.random());
      const leftMs = this.#term.leftMs(this.#ports);
      await this.#ports.sleep(Math.min(pauseMs, leftMs), this.#ended.signal);
      if (this.#ended.signal.aborted) return;
      tries = (await this.#renew()) ? 1 : tries + 1;
    }
  }

  /** Whether it was renewed. Where it was not, it may be lost, or the next try may do better. */
  async #renew(): Promise<boolean> {
    const leftMs = this.#term.leftMs(this.#ports);
    if (leftMs <= 0) {
      this.#lose(notRenewed(this.#fault));
      return false;
    }
    try {
      // A try that hangs leaves time for another one.
      const sentAt = await this.#calls.renew(Math.min(leftMs, this.#ttlMs * RENEW_SHARE));
      this.#term = new Term(sentAt, this.#ttlMs);
      return true;
    } catch (fault) {
      if (fault instanceof HoldfastError && fault.code === "lock-lost") this.#lose(fault);
      this.#fault = fault;
      return false;
    }
  }

  /** Gives it back. It throws `lock-lost` where it was lost before: then its time is over or all but over. */
  async release(): Promise<void> {
    this.#ended.abort();
    if (this.#lost !== null) throw this.#lost;
    await this.#calls.release();
  }

  #lose(error: HoldfastError): void {
    if (this.#ended.signal.aborted) return;
    this.#lost = error;
    this.#ended.abort();
    this.#held.abort(error);
  }
}

/** Nobody says that it is lost, but nothing says any more that it is not. */
const notRenewed = (cause: unknown): HoldfastError =>
  new HoldfastError({
    code: "lock-lost",
    detail: "it could not be renewed in time",
    definite: true,
    retryable: false,
    cause,
  });
