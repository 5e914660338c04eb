/**
 * The objects' time, as a test moves it: it stands still until then, so that nothing runs out because a machine is slow,
 * and what is answered meanwhile was answered without waiting.
 *
 * It replaces `Date.now` and `setTimeout`, which the objects share with the test. A timer keeps calling back in the
 * object that set it, which looks whether its time has come: an object's I/O is no other's to touch. Time begins far
 * ahead of the platform's, so an alarm rings only when a test rings it.
 */
import { look } from "./look.ts";
import { network } from "./network.ts";

const AHEAD_MS = 24 * 3_600_000;

/** So many looks in a row with nothing under way, and everything that was sent has arrived. */
const QUIET_LOOKS = 3;

/** How often a timer looks, in real milliseconds. */
const TIMER_LOOK_MS = 1;

/** A timer that has not looked for so many looks belonged to an object that is gone. */
const DEAD_LOOKS = 25;

/** How long anything may take in the objects' time before it counts as never. */
export const NEVER_MS = 120_000;

/** How long anything may take in real time while the objects' stands still. */
const STUCK_MS = 4_000;

interface TestTimer {
  readonly at: number;
  readonly handle: ReturnType<typeof setInterval>;
  /** When it looked last, in looks of the test. */
  lookedAt: number;
}

const real = { now: Date.now, setTimeout, clearTimeout };

class Clock {
  now = 0;
  readonly #timers = new Set<TestTimer>();
  #looks = 0;

  install(): void {
    this.now = real.now() + AHEAD_MS;
    Date.now = () => this.now;
    const set = (ring: () => void, delayMs = 0): TestTimer => {
      const timer: TestTimer = {
        at: this.now + delayMs,
        lookedAt: this.#looks,
        handle: setInterval(() => {
          timer.lookedAt = this.#looks;
          if (this.now < timer.at) return;
          this.#clear(timer);
          ring();
        }, TIMER_LOOK_MS),
      };
      this.#timers.add(timer);
      return timer;
    };
    Object.assign(globalThis, {
      setTimeout: set,
      clearTimeout: (timer: TestTimer | null) => {
        if (timer !== null) this.#clear(timer);
      },
    });
  }

  uninstall(): void {
    Date.now = real.now;
    Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
  }

  #clear(timer: TestTimer): void {
    clearInterval(timer.handle);
    this.#timers.delete(timer);
  }

  /** Lets everything happen that takes no time. */
  async quiet(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_LOOKS; ) {
      await look();
      const moving = this.#anyDue() || network.isMoving();
      quiet = moving ? 0 : quiet + 1;
    }
  }

  #anyDue(): boolean {
    this.#looks += 1;
    let due = false;
    for (const timer of this.#timers) {
      if (this.#looks - timer.lookedAt > DEAD_LOOKS) this.#timers.delete(timer);
      else if (timer.at <= this.now) due = true;
    }
    return due;
  }

  /** Moves on to the next timer, or to `limit`; false where there is none before it. */
  #moveOn(limit: number): boolean {
    const next = Math.min(...[...this.#timers].map(({ at }) => at));
    if (next > limit) return false;
    this.now = Math.max(this.now, next);
    return true;
  }

  /** What is awaited, while time passes as it is waited for. */
  async until<T>(awaited: Promise<T>): Promise<T> {
    let over = false;
    const end = () => {
      over = true;
    };
    awaited.then(end, end);
    const never = this.now + NEVER_MS;
    for (let looks = 0; !over; ) {
      await this.quiet();
      if (over || this.#moveOn(never)) continue;
      looks += 1;
      if (looks > STUCK_MS / QUIET_LOOKS) throw new Error("it never comes");
    }
    return awaited;
  }

  /** What is awaited, although no time passes. */
  async atOnce<T>(awaited: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = real.setTimeout.call(
      globalThis,
      () => reject(new Error("it waits, though nothing should be open")),
      STUCK_MS,
    );
    return Promise.race([awaited, promise]).finally(() => real.clearTimeout(timer));
  }

  /** Lets time pass until then. */
  async pass(until: number): Promise<void> {
    do await this.quiet();
    while (this.#moveOn(until));
    this.now = Math.max(this.now, until);
    await this.quiet();
  }

  /** Lets time pass until no timer is set. */
  async rest(): Promise<void> {
    await this.pass(this.now);
    const never = this.now + NEVER_MS;
    while (this.#timers.size > 0) {
      if (!this.#moveOn(never)) throw new Error("timers are set without end");
      await this.quiet();
    }
  }
}

export const clock = new Clock();
