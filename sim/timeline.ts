/**
 * Virtual time: a queue of what is to happen, and a clock that moves only from one event to the next.
 *
 * Members' code is promise-based, so after each event everything it set off is run before the next begins.
 * All of it happens in microtasks, whose order the language defines: no timer, no wall clock, no input.
 */

/** True time in milliseconds since the world began. No member ever sees it. */
export type Time = number;

interface Event {
  readonly at: Time;
  /** Events of the same time happen in the order in which they were planned. */
  readonly order: number;
  readonly run: () => void;
}

/** Longer than any chain of promises between a port and the host's next call of one. */
const MICROTASKS_PER_EVENT = 16;

/** A hundred times what a run needs; one that goes on longer never ends. */
const EVENTS_MAX = 200_000;

export class Timeline {
  now: Time = 0;
  /** Called when an event and all it set off have happened. */
  afterEach: () => void = () => {};
  #planned = 0;
  #happened = 0;
  readonly #heap: Event[] = [];

  /** Whether more has happened than ever should. */
  get isEndless(): boolean {
    return this.#happened > EVENTS_MAX;
  }

  /** How many events are still to come. */
  get pending(): number {
    return this.#heap.length;
  }

  at(time: Time, run: () => void): void {
    this.#push({ at: Math.max(time, this.now), order: this.#planned++, run });
  }

  after(delay: number, run: () => void): void {
    this.at(this.now + delay, run);
  }

  /** Runs events until none is left or `until` says that this is enough. */
  async run(until: () => boolean): Promise<void> {
    while (!until() && !this.isEndless) {
      const event = this.#pop();
      if (event === undefined) return;
      this.now = event.at;
      this.#happened += 1;
      event.run();
      for (let turn = 0; turn < MICROTASKS_PER_EVENT; turn++) await undefined;
      this.afterEach();
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const moved = heap.pop();
    if (first === undefined || moved === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let below = heap[child];
      if (below === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && before(right, below)) {
        child += 1;
        below = right;
      }
      if (!before(below, moved)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = moved;
    return first;
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
