/** `holdfast lock NAME -- COMMAND…`. */
import type { Command } from "@commander-js/extra-typings";
import { duration, name } from "../argument-values.ts";
import type { Context } from "../context.ts";
import { NOT_FOUND } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { runWhileHeld } from "../holding-program.ts";
import { inLine } from "../show/text.ts";
import { UsageError } from "../usage-error.ts";

interface Options {
  readonly ttl?: number | undefined;
  readonly wait?: number | true | undefined;
  readonly holder?: string | undefined;
  readonly show?: true | undefined;
}

export function addLock(program: Command, context: Context): void {
  program
    .command("lock")
    .summary("run a command while holding a lock")
    .description(
      "Run a command while holding a lock, and give its exit code. The lock is renewed as long as it runs. If it is " +
        "lost all the same, the command gets SIGTERM before another holder can have the lock, and the exit code is 4.",
    )
    .argument("<name>", "", name)
    .argument("[command...]", "behind --")
    .option(
      "--ttl <duration>",
      "how soon others can have it should this machine die (default: 10s)",
      duration,
    )
    .option(
      "--wait [duration]",
      "wait while another holds it, in order of arrival (default: do not)",
      duration,
    )
    .option("--holder <name>", "who holds it, for others to see; the same name takes it over")
    .option("--show", "say who holds it")
    .addHelpText(
      "after",
      `${examples(
        "lock nightly-report --wait -- ./report.sh",
        "lock deploy --wait 30s --holder ada -- npm run deploy",
        `lock billing -- sh -c 'holdfast transact --if-lock billing=$HOLDFAST_FENCING_TOKEN --put bill/7=paid'`,
        "lock nightly-report --show",
      )}
The command's environment has HOLDFAST_LOCK and HOLDFAST_FENCING_TOKEN, a number that grows with every grant, for
whatever it changes to refuse lower ones; and HOLDFAST_URL, HOLDFAST_TOKEN and HOLDFAST_NAMESPACE as they are here.
`,
    )
    .action((lock, command, options) => run(context, lock, command, options));
}

async function run(
  context: Context,
  lock: string,
  command: readonly string[],
  { ttl: ttlMs, wait, holder = context.io.self(), show: shows }: Options,
): Promise<void> {
  if (shows === true) return show(context, lock);
  if (command.length === 0) {
    throw new UsageError(
      `what is to run under it? holdfast lock ${inLine(lock)} -- COMMAND; or --show`,
    );
  }
  const holding = await context.connect({ outlastsSignals: true }).locks.acquire(lock, {
    ...{ ttlMs, holder },
    waitMs: wait === true ? Number.POSITIVE_INFINITY : (wait ?? 0),
    signal: context.io.interrupted,
  });
  const held = { holding, what: `lock ${inLine(lock)}`, env: { HOLDFAST_LOCK: lock } };
  context.exitCode = await runWhileHeld(context, held, command);
}

async function show(context: Context, name: string): Promise<void> {
  const lock = await context.connect().locks.get(name);
  if (lock === null) context.exitCode = NOT_FOUND;
  if (context.wantsJson) return context.printJson(lock);
  if (lock === null) return context.print(`nobody holds ${inLine(name)}\n`);
  const { holder, token, expiresAt } = lock;
  await context.print(
    `${inLine(name)} is held by ${inLine(holder)} under token ${token}, until ${expiresAt} unless renewed\n`,
  );
}
