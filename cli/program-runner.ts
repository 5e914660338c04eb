/** Another program, run with this one's streams, until it ends. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { BY_SIGNAL } from "./exit-codes.ts";

export interface Running {
  /** Its exit code; that of a program ended by a signal is 128 and the signal's number. */
  readonly exitCode: Promise<number>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Why it was never started; null where it was. */
  readonly notStarted?: () => string | null;
}

export type RunProgram = (
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
) => Running;

/** What a shell says of a program that it cannot find, or not run. */
const NO_SUCH_PROGRAM = 127;
const NOT_RUNNABLE = 126;

export const runProgram: RunProgram = (command, args, env) => {
  const child = spawn(command, args, { stdio: "inherit", env });
  let why: string | null = null;
  const exitCode = new Promise<number>((resolve) => {
    child.on("error", (fault: NodeJS.ErrnoException) => {
      // A signal that could not be sent says nothing of how it ends.
      if (child.pid !== undefined) return;
      const isThere = fault.code !== "ENOENT";
      why = isThere ? `it cannot be run: ${fault.message}` : "there is no such program";
      resolve(isThere ? NOT_RUNNABLE : NO_SUCH_PROGRAM);
    });
    child.on("exit", (code, signal) => {
      resolve(code ?? BY_SIGNAL + (signal === null ? 0 : constants.signals[signal]));
    });
  });
  return { exitCode, kill: (signal) => void child.kill(signal), notStarted: () => why };
};
