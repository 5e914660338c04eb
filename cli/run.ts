/** A whole command, from its arguments to its exit code. */
import { CommanderError } from "@commander-js/extra-typings";
import { DONE, USAGE } from "./exit-codes.ts";
import { failureOf, mistake } from "./failure.ts";
import type { Io } from "./io.ts";
import { programOf } from "./program.ts";
import { styled } from "./show/style.ts";

/** @param argv what follows the name of the program. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const { program, context, flush } = programOf(io);
  try {
    await program.parseAsync(argv, { from: "user" });
    return context.exitCode;
  } catch (fault) {
    // What it has to say it has said.
    if (fault instanceof CommanderError) return fault.exitCode === 0 ? DONE : USAGE;
    const { exitCode, lines, json } = failureOf(fault, context.idempotencyKey) ?? mistake(fault);
    if (context.wantsJson) await io.err.write(`${JSON.stringify({ error: json })}\n`);
    else if (lines.length > 0) {
      const [first = "", ...rest] = lines;
      const text = [`${styled(io.err, "red", "holdfast:")} ${first}`, ...rest].join("\n");
      await io.err.write(`${text}\n`);
    }
    return exitCode;
  } finally {
    await flush();
  }
}
