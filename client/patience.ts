/** How long a call may take, and who may end it earlier: one signal for all that belongs to the call. */
import type { Ports } from "./ports.ts";

/** Why a call was aborted by its own timeout, as opposed to its caller. */
export const TIMED_OUT = Symbol("timed out");

/** A signal that aborts as soon as one of others does, or the time is over. */
export class Patience {
  readonly #ports: Ports;
  readonly #endsAt: number;
  readonly #controller = new AbortController();
  readonly #unlink: (() => void)[] = [];

  /** @param timeoutMs infinite for no limit. */
  constructor(
    ports: Ports,
    timeoutMs: number,
    signals: readonly (AbortSignal | null | undefined)[],
  ) {
    this.#ports = ports;
    this.#endsAt = ports.now() + timeoutMs;
    for (const signal of signals) if (signal) this.#link(signal);
    if (Number.isFinite(timeoutMs)) this.#wait();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get timedOut(): boolean {
    return this.signal.reason === TIMED_OUT;
  }

  get leftMs(): number {
    return this.timedOut ? 0 : Math.max(0, this.#endsAt - this.#ports.now());
  }

  /** Forgets the other signals and stops the clock. To be called when the work is done, however it ended. */
  end(): void {
    for (const unlink of this.#unlink.splice(0)) unlink();
    this.#controller.abort();
  }

  /** Throws the caller's reason, as `fetch` does, where the caller has aborted. */
  throwIfAborted(): void {
    if (this.signal.aborted && !this.timedOut) throw this.signal.reason;
  }

  #link(signal: AbortSignal): void {
    const abort = () => this.#controller.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
    this.#unlink.push(() => signal.removeEventListener("abort", abort));
  }

  async #wait(): Promise<void> {
    while (!this.signal.aborted) {
      const leftMs = this.#endsAt - this.#ports.now();
      if (leftMs <= 0) return this.#controller.abort(TIMED_OUT);
      await this.#ports.sleep(leftMs, this.signal);
    }
  }
}

/** What the promise comes to, unless the signal aborts first. */
export async function orAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  const { promise: aborted, reject } = deferred<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function deferred<Value>() {
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<Value>((_, refuse) => {
    reject = refuse;
  });
  return { promise, reject };
}
