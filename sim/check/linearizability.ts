/**
 * Is there one order of a history's operations, each at an instant between its call and its return, that a
 * sequential object could have shown?
 *
 * Source: Wing & Gong 1993, with the memory of visited configurations of Lowe 2017 ("Testing for
 * linearizability"), as Porcupine does it. Operations that never returned may take effect at any time after
 * their call, or, by coming last, never.
 */

export interface Interval {
  readonly invokedAt: number;
  /** Infinite where nobody heard whether it took effect. */
  readonly returnedAt: number;
}

export interface Model<State, Op> {
  readonly initial: State;
  /** The state after `operation`, or null where it could not have answered as it did. */
  step(state: State, operation: Op): State | null;
  /** The same for equal states, different for different ones. */
  key(state: State): string;
}

export type Verdict = "linearizable" | "not-linearizable" | "gave-up";

/** Far more than a history of a run needs; a search that goes on longer says so rather than never ending. */
const STEPS_MAX = 200_000;

/** One end of an operation in the list of events that the search walks. */
interface Event<Op> {
  readonly operation: Op;
  readonly number: number;
  readonly isCall: boolean;
  /** The return that belongs to a call. */
  match: Event<Op> | null;
  previous: Event<Op> | null;
  next: Event<Op> | null;
}

export function checkLinearizability<State, Op extends Interval>(
  model: Model<State, Op>,
  operations: readonly Op[],
): Verdict {
  const head = linkEvents(operations);
  const done = new Set<number>();
  const visited = new Set<string>();
  const taken: { readonly call: Event<Op>; readonly before: State }[] = [];
  let state = model.initial;
  let event = head.next;
  for (let steps = 0; event !== null; steps++) {
    if (steps > STEPS_MAX) return "gave-up";
    if (event.isCall) {
      const after = model.step(state, event.operation);
      if (after !== null && isNew(visited, done, event.number, model.key(after))) {
        taken.push({ call: event, before: state });
        done.add(event.number);
        state = after;
        unlink(event);
        event = head.next;
      } else {
        event = event.next;
      }
      continue;
    }
    // An operation returned without having been placed: take the last choice back.
    const last = taken.pop();
    if (last === undefined) return "not-linearizable";
    state = last.before;
    done.delete(last.call.number);
    relink(last.call);
    event = last.call.next;
  }
  return "linearizable";
}

function isNew(visited: Set<string>, done: Set<number>, next: number, state: string): boolean {
  const placed = [...done, next].sort((a, b) => a - b).join(",");
  const configuration = `${placed} ${state}`;
  if (visited.has(configuration)) return false;
  visited.add(configuration);
  return true;
}

/** All calls and returns in order of time. At one instant calls come first: such operations are concurrent. */
function linkEvents<Op extends Interval>(operations: readonly Op[]): Event<Op> {
  const calls: { readonly at: number; readonly event: Event<Op> }[] = [];
  const returns: { readonly at: number; readonly event: Event<Op> }[] = [];
  for (const [number, operation] of operations.entries()) {
    const back: Event<Op> = {
      operation,
      number,
      isCall: false,
      match: null,
      previous: null,
      next: null,
    };
    const call: Event<Op> = { ...back, isCall: true, match: back };
    calls.push({ at: operation.invokedAt, event: call });
    returns.push({ at: operation.returnedAt, event: back });
  }
  const inOrder = [...calls, ...returns].sort((a, b) => compare(a.at, b.at));
  const head: Event<Op> = {
    operation: null as never,
    number: -1,
    isCall: true,
    match: null,
    previous: null,
    next: null,
  };
  let last = head;
  for (const { event } of inOrder) {
    last.next = event;
    event.previous = last;
    last = event;
  }
  return head;
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function unlink<Op>(call: Event<Op>): void {
  for (const event of [call, call.match]) {
    if (event === null) continue;
    if (event.previous !== null) event.previous.next = event.next;
    if (event.next !== null) event.next.previous = event.previous;
  }
}

function relink<Op>(call: Event<Op>): void {
  for (const event of [call.match, call]) {
    if (event === null) continue;
    if (event.previous !== null) event.previous.next = event;
    if (event.next !== null) event.next.previous = event;
  }
}
