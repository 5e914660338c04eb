/**
 * What the command line takes from its process: streams, files, the environment, the network, signals, other programs.
 *
 * They come in as one object, so that tests run whole commands in memory.
 */
import type { FetchFunction, Ports } from "../client/index.ts";
import type { RunProgram } from "./program-runner.ts";

/** Standard output, or standard error. */
export interface Sink {
  /** Ends when the chunk is on its way, so that whoever writes much does not run ahead of whoever reads. */
  readonly write: (chunk: string | Uint8Array) => Promise<void>;
  /** Whether a person looks at it. */
  readonly isTerminal: boolean;
  readonly hasColors: boolean;
  /** How many characters a line of the terminal has. */
  readonly columns: number;
}

export interface Io {
  readonly out: Sink;
  readonly err: Sink;
  /** All of standard input. */
  readonly readInput: () => Promise<Uint8Array>;
  readonly readFile: (path: string) => Promise<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: FetchFunction;
  /** Clocks and chance of the client; the platform's own where they are left out. */
  readonly ports?: Partial<Ports>;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** Ends after so many milliseconds, or as soon as the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Aborts, with an {@link Interrupted}, when the user wants an end. */
  readonly interrupted: AbortSignal;
  /** A text that nobody else has. */
  readonly uniqueId: () => string;
  /** Names this process as no other is named: who holds what it acquires. */
  readonly self: () => string;
  /** Whether Ctrl-C reaches the programs that this one runs without its doing. */
  readonly isInTerminal: boolean;
  readonly runProgram: RunProgram;
}

/** The user pressed Ctrl-C, or somebody sent a signal. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}
