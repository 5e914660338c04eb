/** What a command works with: its process, the settings all commands share, and how it tells what it found. */
import type { Holdfast } from "../client/index.ts";
import { connect, type Settings } from "./connection.ts";
import { DONE } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { styled } from "./show/style.ts";

export interface Globals extends Settings {
  readonly json?: true | undefined;
}

export class Context {
  readonly io: Io;
  readonly #globals: () => Globals;
  exitCode = DONE;
  /** Under which a write was sent, if one was: what an interruption leaves open can be asked by it. */
  idempotencyKey: string | null = null;

  constructor(io: Io, globals: () => Globals) {
    this.io = io;
    this.#globals = globals;
  }

  get globals(): Globals {
    return this.#globals();
  }

  get wantsJson(): boolean {
    return this.globals.json === true;
  }

  connect(options?: { readonly outlastsSignals?: boolean }): Holdfast {
    return connect(this.io, this.globals, options);
  }

  /** The key that a write is sent under: the user's own, or a new one. */
  keyOfWrite(given: string | undefined): string {
    this.idempotencyKey = given ?? this.io.uniqueId();
    return this.idempotencyKey;
  }

  /** What was asked for. */
  async print(text: string): Promise<void> {
    await this.io.out.write(text);
  }

  /** A document for programs, in a line. */
  async printJson(document: unknown): Promise<void> {
    await this.io.out.write(`${JSON.stringify(document)}\n`);
  }

  /** What a person wants to know beside it: it would be in a program's way. */
  async note(text: string): Promise<void> {
    const { out, err } = this.io;
    if (out.isTerminal && err.isTerminal && !this.wantsJson) {
      await err.write(`${styled(err, "dim", text)}\n`);
    }
  }

  /** What has to be told, whoever listens. */
  async warn(text: string): Promise<void> {
    await this.io.err.write(`${text}\n`);
  }
}
