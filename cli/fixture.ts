/** Whole commands in memory: a service that answers as it is told, streams that remember, programs that obey. */
import { type Reply, type Sent, World } from "../client/fixture.ts";
import type { Interrupted, Io, Sink } from "./io.ts";
import { run } from "./run.ts";

export class Recorded implements Sink {
  readonly isTerminal: boolean;
  readonly hasColors = false;
  readonly columns = 80;
  readonly #chunks: Uint8Array[] = [];

  constructor(isTerminal: boolean) {
    this.isTerminal = isTerminal;
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  readonly write = async (chunk: string | Uint8Array): Promise<void> => {
    this.#chunks.push(Buffer.from(chunk));
  };
}

/** A program that has been started, and ends when the test says so. */
export class Started {
  /** Why it was never started. */
  why: string | null = null;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signals: NodeJS.Signals[] = [];
  readonly exitCode: Promise<number>;
  end: (exitCode: number) => void = () => {};

  constructor(command: readonly string[], env: Started["env"]) {
    this.command = command;
    this.env = env;
    this.exitCode = new Promise((resolve) => {
      this.end = resolve;
    });
  }
}

export interface Setting {
  readonly respond?: (sent: Sent, count: number) => Reply | Promise<Reply>;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly isTerminal?: boolean;
  /** Told of each program as it starts. */
  readonly onProgram?: (program: Started) => void;
  /** Told of each signal that a program gets. */
  readonly onSignal?: (program: Started, signal: NodeJS.Signals) => void;
}

/** Where commands are typed. */
export class Shell {
  readonly world: World;
  readonly out: Recorded;
  readonly err: Recorded;
  /** What was sent in each request, to the byte. */
  readonly bodies: Uint8Array[] = [];
  readonly #interruption = new AbortController();
  readonly #io: Io;

  constructor(setting: Setting = {}) {
    const { respond = () => new Error("nobody answers"), env = {}, isTerminal = false } = setting;
    this.world = new World(respond);
    this.out = new Recorded(isTerminal);
    this.err = new Recorded(isTerminal);
    this.#io = {
      out: this.out,
      err: this.err,
      readInput: async () => Buffer.from(setting.input ?? ""),
      readFile: async (path) => {
        const content = setting.files?.[path];
        if (content === undefined) throw new Error("there is no such file");
        return Buffer.from(content);
      },
      env,
      fetch: (url, init) => {
        this.bodies.push(Buffer.from((init.body as string | Uint8Array | undefined) ?? ""));
        return this.world.fetch(url, init);
      },
      ports: this.world.ports,
      wallNow: this.world.ports.wallNow,
      sleep: (ms, signal) => this.world.sleep(ms, signal),
      interrupted: this.#interruption.signal,
      uniqueId: this.world.ports.uniqueId,
      self: () => "this",
      isInTerminal: isTerminal,
      runProgram: (command, args, childEnv) => {
        const program = new Started([command, ...args], childEnv);
        setting.onProgram?.(program);
        return {
          exitCode: program.exitCode,
          kill(signal) {
            program.signals.push(signal);
            setting.onSignal?.(program, signal);
          },
          notStarted: () => program.why,
        };
      },
    };
  }

  get sent(): readonly Sent[] {
    return this.world.sent;
  }

  interrupt(interrupted: Interrupted): void {
    this.#interruption.abort(interrupted);
  }

  /** The exit code. */
  run(...argv: readonly string[]): Promise<number> {
    return this.world.until(run(argv, this.#io));
  }
}
