/**
 * Interactive transactions, optimistically: read, compute, commit on the condition that nothing read has changed, and
 * try again if it has.
 *
 * Reads are strong, each of its own instant; what was computed from reads that do not belong together is never committed,
 * for one of their conditions then fails. Keys that must be seen at one instant even before that are read together.
 */
import { HoldfastError } from "./errors.ts";
import { Keys } from "./keys.ts";
import { type Condition, op, type PutStepOptions, when } from "./operations.ts";
import type { CallOptions } from "./options.ts";
import { Patience } from "./patience.ts";
import { backoff } from "./retry.ts";
import type { Scope } from "./scope.ts";
import { sendTransaction } from "./send-transaction.ts";
import { resultOf } from "./transaction-results.ts";
import { type Held, WriteBuffer } from "./write-buffer.ts";

export interface TransactOptions extends CallOptions {
  /** How often the work is done anew at most; as often as the time allows by default. */
  readonly retries?: number | undefined;
  /** How long the service tries each commit while others hold the keys, up to 30 seconds; 5 by default. */
  readonly deadlineMs?: number | undefined;
}

/** How a value is checked as it is read. */
type Check<Value> = (value: unknown) => Value;

/** A key as it was read: the revision is what commits are conditional on. */
interface Read {
  readonly held: Held;
  readonly revision: number | null;
  /** The same for what was read together. */
  readonly instant: number;
}

/** A transaction while it is worked on. Nothing is written before the work is done. */
export class Interactive {
  readonly #scope: Scope;
  readonly #options: () => CallOptions;
  readonly #reads = new Map<string, Promise<Read>>();
  readonly #writes = new WriteBuffer();
  #instants = 0;
  #isOver = false;

  constructor(scope: Scope, options: () => CallOptions) {
    this.#scope = scope;
    this.#options = options;
  }

  /** A key's value as this transaction sees it, its own writes included; null where there is none. */
  async get<Value = unknown>(key: string, as?: Check<Value>): Promise<Value | null> {
    const held = await this.#see(key);
    return checked(held, as);
  }

  /** Whether there is such a key: tells an absent one from one that holds null. */
  async has(key: string): Promise<boolean> {
    return (await this.#see(key)) !== null;
  }

  /** The values of several keys, read at one instant. */
  async getMany<Value = unknown>(
    keys: readonly string[],
    as?: Check<Value>,
  ): Promise<(Value | null)[]> {
    this.#assertOpen();
    const needed = new Set(keys.filter((key) => this.#isToRead(key)));
    if (needed.size > 0) this.#readTogether([...needed]);
    return Promise.all(keys.map((key) => this.get(key, as)));
  }

  put(key: string, value: unknown, options: PutStepOptions = {}): void {
    this.#assertOpen();
    this.#writes.put(key, value, options);
  }

  delete(key: string): void {
    this.#assertOpen();
    this.#writes.delete(key);
  }

  /** Adds to a JSON safe integer without reading it: others who add do not stand in the way. */
  add(key: string, by: number): void {
    this.#assertOpen();
    this.#writes.add(key, by);
  }

  /** Adds to the end of a JSON array without reading it. */
  append(key: string, ...values: readonly unknown[]): void {
    this.#assertOpen();
    this.#writes.append(key, values);
  }

  /** Whether it took effect: not where something read has changed. */
  async commit(deadlineMs: number | undefined): Promise<boolean> {
    this.#isOver = true;
    const then = this.#writes.operations;
    const conditions: Condition[] = [];
    const instants = new Set<number>();
    for (const [key, pending] of this.#reads) {
      const { revision, instant } = await pending;
      conditions.push(revision === null ? when.absent(key) : when.revision(key, revision));
      instants.add(instant);
    }
    // What was read at one instant, or not at all, needs no second look.
    if (then.length === 0 && instants.size <= 1) return true;
    const body = { if: conditions, then, else: [] };
    const { result } = await sendTransaction(this.#scope, body, {
      ...this.#options(),
      deadlineMs,
    });
    return result.succeeded;
  }

  /** No more calls: the work has failed. */
  end(): void {
    this.#isOver = true;
  }

  async #see(key: string): Promise<Held> {
    this.#assertOpen();
    if (!this.#writes.needsRead(key)) return this.#writes.over(key, null);
    if (this.#isToRead(key)) {
      this.#remember(key, this.#read(key));
    }
    const read = await this.#reads.get(key);
    return this.#writes.over(key, read?.held ?? null);
  }

  #isToRead(key: string): boolean {
    return this.#writes.needsRead(key) && !this.#reads.has(key);
  }

  async #read(key: string): Promise<Read> {
    const instant = this.#instants++;
    const options = { ...this.#options(), consistency: "strong" } as const;
    const { value, revision } = await new Keys(this.#scope).get(key, options);
    return { held: revision === null ? null : { value }, revision, instant };
  }

  #readTogether(keys: readonly string[]): void {
    const instant = this.#instants++;
    const body = { if: [], then: keys.map((key) => op.get(key)), else: [] };
    const sent = sendTransaction(this.#scope, body, this.#options());
    for (const [position, key] of keys.entries()) {
      const read = sent.then(({ result: { results } }) => readOf(results[position], instant));
      this.#remember(key, read);
    }
  }

  /** A read that fails has seen nothing. */
  #remember(key: string, read: Promise<Read>): void {
    this.#reads.set(key, read);
    read.catch(() => this.#reads.delete(key));
  }

  #assertOpen(): void {
    if (this.#isOver) throw new Error("the transaction is over: its work has returned");
  }
}

function readOf(result: Parameters<typeof resultOf>[1] | undefined, instant: number): Read {
  if (result === undefined) throw new TypeError("the service left a result out");
  const { value, revision } = resultOf(undefined, result) as {
    readonly value: unknown;
    readonly revision: number | null;
  };
  return { held: revision === null ? null : { value }, revision, instant };
}

const checked = <Value>(held: Held, as: Check<Value> | undefined): Value | null => {
  if (held === null) return null;
  return as === undefined ? (held.value as Value) : as(held.value);
};

/** How soon work is done anew, at first. */
const PAUSE_MS_FIRST = 10;

export async function transact<Value>(
  scope: Scope,
  work: (transaction: Interactive) => Value | Promise<Value>,
  options: TransactOptions,
): Promise<Value> {
  const { transport } = scope;
  const { ports } = transport;
  const { signal, retries = Number.POSITIVE_INFINITY, deadlineMs } = options;
  const timeoutMs = transport.timeoutMsOf(options);
  const patience = new Patience(ports, timeoutMs, [signal, transport.signal]);
  try {
    for (let tries = 1; ; tries++) {
      patience.throwIfAborted();
      const transaction = new Interactive(scope, () => ({ signal, timeoutMs: patience.leftMs }));
      const value = await worked(transaction, work);
      if (await transaction.commit(deadlineMs)) return value;
      const pauseMs = backoff(tries, ports.random(), PAUSE_MS_FIRST);
      if (tries > retries || pauseMs >= patience.leftMs) throw conflict(tries);
      await ports.sleep(pauseMs, patience.signal);
    }
  } finally {
    patience.end();
  }
}

async function worked<Value>(
  transaction: Interactive,
  work: (transaction: Interactive) => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await work(transaction);
  } catch (fault) {
    transaction.end();
    throw fault;
  }
}

const conflict = (tries: number): HoldfastError =>
  new HoldfastError({
    code: "transaction-conflict",
    detail: `what the transaction read had changed each time it was to be committed, ${tries} times`,
    definite: true,
    retryable: true,
  });
