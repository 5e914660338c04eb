/**
 * What the client takes from its platform beside `fetch`: clocks, sleep and chance.
 *
 * They come in as one object, so that no test has to wait, and every test can say what the clock does.
 */

export interface Ports {
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
  /** Milliseconds on the clock that people read: it may jump, but goes on where the other one sleeps with the machine. */
  readonly wallNow: () => number;
  /** Ends after so many milliseconds, or as soon as the signal aborts. It never throws. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** A text that nobody else has. */
  readonly uniqueId: () => string;
}

/** Random bytes of a unique id: as many as a random UUID has. */
const ID_BYTES = 16;

/** The longest that timers can wait: more would end at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const platform: Ports = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  sleep,
  random: () => Math.random(),
  // Not `randomUUID`, which pages without TLS lack.
  uniqueId: () =>
    Array.from(crypto.getRandomValues(new Uint8Array(ID_BYTES)), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join(""),
};

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, Math.min(Math.max(ms, 0), TIMER_MS_MAX));
    signal.addEventListener("abort", wake);
  });
}
