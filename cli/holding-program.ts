/**
 * A program that runs while something is held: a lock, or leadership.
 *
 * It is told to stop as soon as that is lost, before another holder can have it, and killed where it does not. Whatever it
 * changes elsewhere it guards by the fencing token, for nothing else keeps a program that slept from going on too late.
 */
import { HoldfastError, type Holding } from "../client/index.ts";
import { childSettings } from "./connection.ts";
import type { Context } from "./context.ts";
import { CONFLICT } from "./exit-codes.ts";
import { Interrupted } from "./io.ts";
import type { Running } from "./program-runner.ts";
import { inLine } from "./show/text.ts";

/** How long a program has to stop before it is killed. */
const STOP_MS = 5_000;

export interface Held {
  readonly holding: Holding;
  /** What of, in words: `lock billing`. */
  readonly what: string;
  /** Tells the program what is held. */
  readonly env: Readonly<Record<string, string>>;
}

/** Gives the exit code of the whole. */
export async function runWhileHeld(
  context: Context,
  { holding, what, env }: Held,
  [command = "", ...args]: readonly string[],
): Promise<number> {
  const { io } = context;
  const program = io.runProgram(command, args, {
    ...io.env,
    ...childSettings(io, context.globals),
    ...env,
    HOLDFAST_FENCING_TOKEN: String(holding.token),
  });
  const stopping = stopWith(context, holding.signal, program, what);
  const exitCode = await program.exitCode;
  stopping.over();
  const wasLost = await isLost(holding);
  if (wasLost && !stopping.told) {
    await context.warn(`holdfast: the ${what} was lost before ${inLine(command)} ended`);
  }
  const fault = program.notStarted?.();
  if (fault) await context.warn(`holdfast: ${inLine(command)}: ${fault}`);
  return wasLost ? CONFLICT : exitCode;
}

interface Stopping {
  /** Whether the user knows why. */
  readonly told: boolean;
  /** The program has ended. */
  readonly over: () => void;
}

/** Stops the program when what it runs under is lost, and hands the user's own signals on. */
function stopWith(context: Context, signal: AbortSignal, program: Running, what: string): Stopping {
  const ended = new AbortController();
  let told = false;
  const stop = async () => {
    const { reason } = signal;
    if (reason instanceof Interrupted) {
      // A terminal's Ctrl-C has reached the program already.
      if (reason.signal !== "SIGINT" || !context.io.isInTerminal) program.kill(reason.signal);
      return;
    }
    told = true;
    program.kill("SIGTERM");
    const why = reason instanceof HoldfastError ? reason.detail : String(reason);
    await context.warn(`holdfast: the ${what} was lost, ${inLine(why)}; stopping the program`);
    await context.io.sleep(STOP_MS, ended.signal);
    if (!ended.signal.aborted) program.kill("SIGKILL");
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop);
  return {
    get told() {
      return told;
    },
    over: () => {
      ended.abort();
      signal.removeEventListener("abort", stop);
    },
  };
}

/** Gives it back, and says whether it had been lost by then: what the program did was not protected to its end. */
async function isLost(holding: Holding): Promise<boolean> {
  try {
    await holding.release();
    return false;
  } catch (fault) {
    if (fault instanceof HoldfastError && fault.code === "lock-lost") return true;
    throw fault;
  }
}
